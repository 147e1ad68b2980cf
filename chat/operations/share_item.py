"""Sharing an item from the item's own page: with a channel, or with an agent in a direct message."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chat.cards import ItemRef
from chat.drafts import InputPaths
from chat.identity import Identity
from chat.locking import require_viewer
from chat.membership import require_active_agents
from chat.message_text import TextPart
from chat.operation import Transaction, operation
from chat.operations.open_direct_message import find_direct_channel, open_direct_channel
from chat.operations.send_message import send_message
from chat.ports import Chat
from chat.sending import (
    MessageDraft,
    check_content,
    client_key_conflict,
    find_sent_message,
    is_client_key_used,
    write_message,
)
from chat.sharing import CardsPart, SharedItem, ask_for_items
from chat.viewer import require_agent
from models.rows import MessageRow

SHARE_PATHS = InputPaths(channel=("destination", "channelId"), card=lambda _: ("entity",))
AGENT_PATH = ("destination", "agentId")


@dataclass(frozen=True)
class ToAgent:
    agent_id: str


@dataclass(frozen=True)
class ToChannel:
    channel_id: UUID


@dataclass(frozen=True)
class ShareDraft:
    item: ItemRef
    destination: ToAgent | ToChannel
    body: str
    client_key: str | None

    def message(self, channel_id: UUID) -> MessageDraft:
        return MessageDraft(channel_id, self.body, client_key=self.client_key, cards=(self.item,))


async def share_item(chat: Chat, identity: Identity, draft: ShareDraft) -> MessageRow:
    """Returns the message with the card, as `send_message` does. Raises Refused as `send_message` does."""
    match draft.destination:
        case ToChannel(channel_id):
            return await send_message(chat, identity, draft.message(channel_id), SHARE_PATHS)
        case ToAgent(agent_id):
            return await _share_with_agent(chat, identity, draft, agent_id)


async def _share_with_agent(chat: Chat, identity: Identity, draft: ShareDraft, agent_id: str) -> MessageRow:
    check_content([TextPart(draft.body), CardsPart((draft.item,))], draft.client_key, SHARE_PATHS)
    sent = await _find_sent_or_check_agent(chat, identity, draft, agent_id)
    if sent is not None:
        return sent
    items = await ask_for_items(chat.cards, require_agent(identity), [draft.item], SHARE_PATHS.card)
    return await _write_to_agent(chat, identity, draft, agent_id, items)


@operation
async def _find_sent_or_check_agent(tx: Transaction, draft: ShareDraft, agent_id: str) -> MessageRow | None:
    """Returns the message that this client key sent before, if any. Raises Refused if the viewer cannot post to the
    agent. This check comes before the call to the source module, so that an answer of the module never hides it."""
    channel_id = await find_direct_channel(tx, agent_id, *AGENT_PATH)
    if channel_id is None:
        viewer = await require_viewer(tx)
        await require_active_agents(tx, [agent_id], *AGENT_PATH)
        if not await is_client_key_used(tx, viewer.agent_id, draft.client_key):
            return None
        # A concurrent call with this key may have created the direct message meanwhile.
        channel_id = await find_direct_channel(tx, agent_id, *AGENT_PATH)
        if channel_id is None:
            raise client_key_conflict()
    return await find_sent_message(tx, draft.message(channel_id), SHARE_PATHS)


@operation
async def _write_to_agent(tx: Transaction, draft: ShareDraft, agent_id: str, items: Sequence[SharedItem]) -> MessageRow:
    """Opens the direct message, unless it exists, and writes the message, both in one transaction. An existing channel
    is locked before the viewer's permissions are read, as in every write."""
    channel_id = await find_direct_channel(tx, agent_id, *AGENT_PATH)
    if channel_id is None:
        channel_id = await open_direct_channel(tx, await require_viewer(tx), agent_id, *AGENT_PATH)
    return await write_message(tx, draft.message(channel_id), items, SHARE_PATHS)
