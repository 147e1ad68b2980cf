"""A live event whose message names many agents, for many readers, does not block the event loop."""

import asyncio
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import orjson
from graphql import parse

from chat.viewer import Viewer
from execution import Event, Loader
from loaders import DataSources, Loaders
from models.enums import AgentRole, SendKey, SystemEvent
from models.rows import AgentRow, MessageRow
from schema.context import EventContext, Services
from schema.messages import Message
from server.http.operations import _result
from server.schema import ChatExecutor, schema
from subscriptions.event_types import MessageAdded
from tests.support.event_loop import measured_blocking

AGENTS = [f"agent-{number}" for number in range(1_000)]
READERS = 500
BLOCKED = 0.15
"""Seconds. Completing the agents for each reader took 0.7 seconds in one turn."""

DOCUMENT = parse("subscription { chatMessageAdded { message { seq systemEvent { kind agents { id name role } } } } }")


class MemoryLoaders(Loaders):
    """Loaders that know the agents."""

    def __init__(self) -> None:
        super().__init__(cast("DataSources", None), "one")

    @property
    def agents(self) -> Loader[str, AgentRow | None]:
        async def read(keys: list[str]) -> list[AgentRow | None]:
            return [agent(key) for key in keys]

        return Loader(read)


def agent(agent_id: str) -> AgentRow:
    return AgentRow(
        agent_id=agent_id,
        name=agent_id.title(),
        sort_name=agent_id,
        avatar_url=None,
        role=AgentRole.AGENT,
        active=True,
        send_key=SendKey.ENTER,
    )


def message() -> MessageRow:
    """Returns a row of its own for each reader, as loaders do that read messages with access checks."""
    return MessageRow(
        message_id=UUID(int=1),
        channel_id=UUID(int=2),
        seq=1,
        post_number=0,
        author_id=AGENTS[0],
        body="",
        system_event=SystemEvent.ADDED,
        system_agent_ids=list(AGENTS),
        system_before=None,
        system_after=None,
        reply_to_id=None,
        created_at=datetime.now(UTC),
        edited_at=None,
        deleted_at=None,
        revision=0,
    )


async def test_a_system_message_of_a_thousand_agents_reaches_hundreds_of_readers() -> None:
    context = EventContext(MemoryLoaders(), cast("Services", None))
    executor = ChatExecutor.build(schema._schema, DOCUMENT)
    assert isinstance(executor, ChatExecutor)

    async def deliver(number: int) -> bytes:
        reader = Viewer(agent(AGENTS[number]), cast("Any", None))
        added = MessageAdded(
            message=Message(row=message(), reader=reader), alert=False, position="1", previous_position="0"
        )
        return (await _result(executor.execute_event(Event(added, context)))).encode()

    async with measured_blocking() as blocking:
        results = await asyncio.gather(*map(deliver, range(READERS)))
    assert len(set(results)) == 1
    delivered = orjson.loads(results[0])["data"]["chatMessageAdded"]["message"]["systemEvent"]["agents"]
    assert [each["id"] for each in delivered] == AGENTS
    assert blocking.longest < BLOCKED
