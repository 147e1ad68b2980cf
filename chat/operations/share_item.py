"""Sharing from an item's own screen: to a channel, or to an agent, whose direct message is opened only once it is sure
that there is something to say in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chat.cards import ItemRef
from chat.entering import enter
from chat.identity import Identity
from chat.membership import known_agents
from chat.operation import Transaction, operation
from chat.operations.open_direct_message import find_pair, open_pair
from chat.operations.send_message import (
    InputPaths,
    MessageDraft,
    check_content,
    check_unused,
    send_message,
    sent_or_may_post,
    written,
)
from chat.ports import Chat
from chat.sharing import SharedItem, ask_for_items
from chat.viewer import agent_of
from models import Message

SHARING = InputPaths(channel=("destination", "channelId"), card=lambda _: ("entity",))
PEER = ("destination", "agentId")


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


async def share_item(chat: Chat, identity: Identity, draft: ShareDraft) -> Message:
    """Returns the message that carries the card, as `send_message` does; raises Refused."""
    match draft.destination:
        case ToChannel(channel_id):
            return await send_message(chat, identity, draft.message(channel_id), SHARING)
        case ToAgent(agent_id):
            return await _share_with_agent(chat, identity, draft, agent_id)


async def _share_with_agent(chat: Chat, identity: Identity, draft: ShareDraft, agent_id: str) -> Message:
    check_content(draft.body, [draft.item], draft.client_key, SHARING)
    shared = await find_shared_or_check_peer(chat, identity, draft, agent_id)
    if shared is not None:
        return shared
    items = await ask_for_items(chat.cards, agent_of(identity), [draft.item], SHARING.card)
    return await write_to_agent(chat, identity, draft, agent_id, items)


@operation
async def find_shared_or_check_peer(tx: Transaction, draft: ShareDraft, agent_id: str) -> Message | None:
    """Returns what the client key shared before; raises Refused where nothing can be said to the agent. The module is
    asked afterwards, so that what it says of the item never hides who cannot be written to."""
    channel_id = await find_pair(tx, agent_id, *PEER)
    if channel_id is not None:
        return await sent_or_may_post(tx, draft.message(channel_id), SHARING)
    viewer = await enter(tx)
    await known_agents(tx, [agent_id], *PEER)
    await check_unused(tx, viewer.agent_id, draft.client_key)
    return None


@operation
async def write_to_agent(tx: Transaction, draft: ShareDraft, agent_id: str, items: Sequence[SharedItem]) -> Message:
    """Opens the direct message and writes in it, both or neither. Where it is already there it is locked first, before
    the asker's rights, as in every write."""
    channel_id = await find_pair(tx, agent_id, *PEER) or await open_pair(tx, await enter(tx), agent_id, *PEER)
    return await written(tx, draft.message(channel_id), items, SHARING)
