"""Sharing from an item's own screen: to a channel, or to an agent, whose direct message is opened only once it is sure
that there is something to say in it."""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from chat.cards import ItemRef
from chat.entering import enter
from chat.errors import Refused
from chat.identity import Identity
from chat.operation import Transaction, operation
from chat.operations.open_direct_message import open_direct_message, pair_of
from chat.operations.send_message import MessageDraft, check_draft, send_message, write_message
from chat.ports import Chat
from chat.sharing import ask_for_items
from chat.viewer import agent_of
from models import Channel, Message


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


async def share_item(chat: Chat, identity: Identity, draft: ShareDraft) -> Message:
    """Returns the message that carries the card, as `send_message` does; raises Refused."""
    match draft.destination:
        case ToChannel(channel_id):
            return await _share_in_channel(chat, identity, draft, channel_id)
        case ToAgent(agent_id):
            return await _share_with_agent(chat, identity, draft, agent_id)


async def _share_in_channel(chat: Chat, identity: Identity, draft: ShareDraft, channel_id: UUID) -> Message:
    try:
        return await send_message(chat, identity, _message(draft, channel_id))
    except Refused as refused:
        if refused.path != ("channelId",):
            raise
        # A hidden channel is refused where a malformed id of one is: in the input as the client gave it.
        raise Refused(refused.code, refused.message, "destination", "channelId") from None


async def _share_with_agent(chat: Chat, identity: Identity, draft: ShareDraft, agent_id: str) -> Message:
    existing = await find_direct_message(chat, identity, agent_id)
    if existing is not None:
        return await send_message(chat, identity, _message(draft, existing))
    message = _message(draft, UUID(int=0))
    check_draft(message)
    items = await ask_for_items(chat.cards, agent_of(identity), message.cards, "entity")
    opened = await open_direct_message(chat, identity, agent_id)
    return await write_message(chat, identity, replace(message, channel_id=opened), items)


@operation
async def find_direct_message(tx: Transaction, agent_id: str) -> UUID | None:
    """Returns the pair's channel, None where they never talked."""
    viewer = await enter(tx)
    found: UUID | None = await tx.session.scalar(select(col(Channel.channel_id)).where(*pair_of(viewer, agent_id)))
    return found


def _message(draft: ShareDraft, channel_id: UUID) -> MessageDraft:
    return MessageDraft(channel_id, draft.body, client_key=draft.client_key, cards=(draft.item,))
