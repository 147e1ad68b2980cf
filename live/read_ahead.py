"""Reading what all streams of a change need, before any of them runs."""

import asyncio
from collections.abc import Collection, Iterable
from contextlib import suppress
from uuid import UUID

from chat.access import Pair
from live.records import ChangeRecord
from loaders import Loaders

SECONDS = 3.0
"""How long reading ahead may take. After that, the streams read what is missing themselves."""


async def read_ahead(
    loaders: Loaders,
    concerned: Iterable[tuple[ChangeRecord, Collection[str]]],
    behind: Iterable[ChangeRecord] = (),
) -> None:
    """Reads, for each change and the agents whom it may concern, whether the chat is enabled for the agents, their
    quiet times and their seats in the channel, and the message. Also reads the messages of the changes that some
    streams have not delivered yet. Each is one statement, and all run at the same time.

    Otherwise every stream would wait for these reads one after the other. Never raises: a stream repeats a read that
    failed, and reports the error."""
    agents: set[str] = set()
    seats: set[Pair] = set()
    messages: set[UUID] = set()
    for record, agent_ids in concerned:
        agents.update(agent_ids)
        if agent_ids and record.change.channel_id is not None:
            seats.update((agent_id, record.change.channel_id) for agent_id in agent_ids)
        if agent_ids and record.change.message_id is not None:
            messages.add(record.change.message_id)
    if messages:
        messages.update(record.change.message_id for record in behind if record.change.message_id is not None)
    with suppress(TimeoutError):
        async with asyncio.timeout(SECONDS):
            await asyncio.gather(
                loaders.viewers.load_many(agents),
                loaders.quiet_times.load_many(agents if messages else ()),
                loaders.seats.load_many(seats),
                loaders.message_rows.load_many(messages),
                return_exceptions=True,
            )
