"""Forwarding a message: to a channel, or to an agent in a direct message."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from chat.cards import ItemRef
from chat.copied_files import AttachmentFiles, CopiedFiles, copy_files, delete_copies, read_files
from chat.drafts import InputPaths
from chat.errors import Refused
from chat.forwarding import ForwardPart, read_card_refs, read_original
from chat.identity import Identity
from chat.message_text import TextPart
from chat.operation import Transaction, operation
from chat.operations.destinations import CHANNEL_PATH, Destination, find_sent_to, open_destination
from chat.ports import Chat
from chat.sending import MessageDraft, check_content, write_message
from chat.sharing import SharedItem, ask_for_items
from chat.viewer import require_agent
from models.rows import MessageRow

FORWARD_PATHS = InputPaths(channel=CHANNEL_PATH, card=lambda _: ("messageId",))


@dataclass(frozen=True)
class ForwardDraft:
    """`body` is the text that the forwarder adds, which may be empty."""

    message_id: UUID
    destination: Destination
    body: str
    client_key: str | None

    def message(self, channel_id: UUID) -> MessageDraft:
        return MessageDraft(channel_id, self.body, client_key=self.client_key, forwarded_id=self.message_id)


@dataclass(frozen=True)
class _SentOrOriginal:
    """The message that the client key sent before, if any, and otherwise the items of the original's cards and its
    files."""

    sent: MessageRow | None
    refs: Sequence[ItemRef] = ()
    files: Sequence[AttachmentFiles] = ()


async def forward_message(chat: Chat, identity: Identity, draft: ForwardDraft) -> MessageRow:
    """Returns the new message, or the one that this client key sent before, even if the original was deleted since.

    The forwarder shares the original's cards again, so the source modules are queried for the forwarder, between two
    transactions, and its files are copied. The second transaction reads the original again. Raises Refused as
    `share_item` does: SHARE_DENIED if the forwarder may not see one of the items, so that a forward is never
    incomplete.
    """
    check_content([TextPart(draft.body), ForwardPart(draft.message_id)], draft.client_key, FORWARD_PATHS)
    found = await _find_sent_or_original(chat, identity, draft)
    if found.sent is not None:
        return found.sent
    items = await ask_for_items(chat.cards, require_agent(identity), found.refs, FORWARD_PATHS.card)
    copied = await copy_files(chat, identity, found.files)
    try:
        return await _write(chat, identity, draft, items, copied)
    except Refused:
        await delete_copies(chat.files, copied)
        raise


@operation
async def _find_sent_or_original(tx: Transaction, draft: ForwardDraft) -> _SentOrOriginal:
    sent = await find_sent_to(tx, draft.destination, draft.client_key, draft.message, FORWARD_PATHS)
    if sent is not None:
        return _SentOrOriginal(sent)
    await read_original(tx, require_agent(tx.identity).agent_id, draft.message_id)
    return _SentOrOriginal(None, await read_card_refs(tx, draft.message_id), await read_files(tx, draft.message_id))


@operation
async def _write(
    tx: Transaction, draft: ForwardDraft, items: Sequence[SharedItem], copied: CopiedFiles | None
) -> MessageRow:
    """Opens the direct message, unless it exists, and writes the message, both in one transaction."""
    channel_id = await open_destination(tx, draft.destination)
    message = replace(draft.message(channel_id), copied_files=copied)
    return await write_message(tx, message, items, FORWARD_PATHS)
