"""Sharing an item from the item's own page: with a channel, or with an agent in a direct message."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chat.cards import ItemRef
from chat.drafts import InputPaths
from chat.identity import Identity
from chat.message_text import TextPart
from chat.operation import Transaction, operation
from chat.operations.destinations import CHANNEL_PATH, Destination, find_sent_to, open_destination
from chat.ports import Chat
from chat.sending import MessageDraft, check_content, write_message
from chat.sharing import CardsPart, SharedItem, ask_for_items
from chat.viewer import require_agent
from models.rows import MessageRow

SHARE_PATHS = InputPaths(channel=CHANNEL_PATH, card=lambda _: ("entity",))


@dataclass(frozen=True)
class ShareDraft:
    item: ItemRef
    destination: Destination
    body: str
    client_key: str | None

    def message(self, channel_id: UUID) -> MessageDraft:
        return MessageDraft(channel_id, self.body, client_key=self.client_key, cards=(self.item,))


async def share_item(chat: Chat, identity: Identity, draft: ShareDraft) -> MessageRow:
    """Returns the message with the card, as `send_message` does. Raises Refused as `send_message` does."""
    check_content([TextPart(draft.body), CardsPart((draft.item,))], draft.client_key, SHARE_PATHS)
    sent = await _find_sent(chat, identity, draft)
    if sent is not None:
        return sent
    items = await ask_for_items(chat.cards, require_agent(identity), [draft.item], SHARE_PATHS.card)
    return await _write(chat, identity, draft, items)


@operation
async def _find_sent(tx: Transaction, draft: ShareDraft) -> MessageRow | None:
    return await find_sent_to(tx, draft.destination, draft.client_key, draft.message, SHARE_PATHS)


@operation
async def _write(tx: Transaction, draft: ShareDraft, items: Sequence[SharedItem]) -> MessageRow:
    """Opens the direct message, unless it exists, and writes the message, both in one transaction."""
    channel_id = await open_destination(tx, draft.destination)
    return await write_message(tx, draft.message(channel_id), items, SHARE_PATHS)
