"""Sending a message to a channel, or to an agent in a direct message that may not exist yet."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from chat.drafts import InputPaths
from chat.locking import require_viewer
from chat.membership import require_active_agents
from chat.operation import Transaction
from chat.operations.open_direct_message import find_direct_channel, open_direct_channel
from chat.sending import MessageDraft, client_key_conflict, find_sent_message, is_client_key_used
from models.rows import MessageRow

CHANNEL_PATH = ("destination", "channelId")
AGENT_PATH = ("destination", "agentId")


@dataclass(frozen=True)
class ToAgent:
    agent_id: str


@dataclass(frozen=True)
class ToChannel:
    channel_id: UUID


Destination = ToAgent | ToChannel
DraftFor = Callable[[UUID], MessageDraft]
"""Returns the draft of the message for the channel with this id."""


async def find_sent_to(
    tx: Transaction, destination: Destination, client_key: str | None, draft_for: DraftFor, paths: InputPaths
) -> MessageRow | None:
    """Returns the message that this client key sent before, if any. Raises Refused if the viewer cannot post there.
    This check comes before the call to a source module, so that an answer of the module never hides it."""
    channel_id = await _existing_channel(tx, destination)
    if channel_id is not None:
        return await find_sent_message(tx, draft_for(channel_id), paths)
    assert isinstance(destination, ToAgent)
    viewer = await require_viewer(tx)
    await require_active_agents(tx, [destination.agent_id], *AGENT_PATH)
    if not await is_client_key_used(tx, viewer.agent_id, client_key):
        return None
    # A concurrent call with this key may have created the direct message meanwhile.
    channel_id = await _existing_channel(tx, destination)
    if channel_id is None:
        raise client_key_conflict()
    return await find_sent_message(tx, draft_for(channel_id), paths)


async def open_destination(tx: Transaction, destination: Destination) -> UUID:
    """Returns the channel's id. Opens the direct message unless it exists. Locks nothing: an existing channel is locked
    before the viewer's permissions are read, as in every write."""
    channel_id = await _existing_channel(tx, destination)
    if channel_id is not None:
        return channel_id
    assert isinstance(destination, ToAgent)
    return await open_direct_channel(tx, await require_viewer(tx), destination.agent_id, *AGENT_PATH)


async def _existing_channel(tx: Transaction, destination: Destination) -> UUID | None:
    """Returns None if there is no direct message with the agent yet."""
    match destination:
        case ToChannel(channel_id):
            return channel_id
        case ToAgent(agent_id):
            return await find_direct_channel(tx, agent_id, *AGENT_PATH)
