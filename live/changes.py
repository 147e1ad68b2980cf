"""Reading the order of changes from the database, for the hub (live) and for one stream (replay)."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from chat.change_kinds import ADDRESSING_KINDS, PEOPLE_KINDS
from execution import pause_if_due
from live.addresses import Addressees, AddressKind
from live.change_statements import (
    ADDRESSEES,
    ADDRESSES_OF_AGENT,
    AGENTS,
    CHANGES_OF_AGENT,
    CHANNELS_OF_MEMBERS,
    CLOCKS,
    DAY,
    NEXT,
    SCOPE,
)
from live.days import ALL_DAYS, Days
from live.records import ChangeRecord
from live.scopes import Scope
from loaders.uncancelled import uncancelled
from models.database import Connection, Database, Record
from models.rows import ChangeRow, to_row

Agents = Mapping[int, Sequence[str]]
"""The agents whom changes are about, by the number of the change."""

AddresseesOfRevisions = Mapping[tuple[UUID | None, int | None], Addressees]
"""To whom messages are addressed, by the message and its revision that was the first to do so."""


class Clock(NamedTuple):
    """The account's last change. Its day is between `day` and `last_day`: while servers are upgraded, those of the
    last release write changes with the database's day, and do not write the day of the clock."""

    change: int = 0
    day: date = date.min
    last_day: date = date.max


@uncancelled
async def read_next(
    database: Database, account_id: str, cursor: int, days: Days, followed_channels: Callable[[], Collection[UUID]]
) -> list[ChangeRecord]:
    """Returns the account's next changes after the cursor, which are in these days, at most 500."""
    async with database.connection(account_id) as connection:
        records = await NEXT.fetch(connection, account_id=account_id, after=cursor, **days.parameters)
        changes = [to_row(ChangeRow, record) for record in records]
        agents = await _agents(connection, account_id, changes)
        addressees = await _addressees(connection, account_id, changes)
        return await _records(connection, account_id, changes, agents, addressees, followed_channels)


@uncancelled
async def read_scope(
    database: Database, account_id: str, scope: Scope, cursor: int, upto: int, days: Days
) -> list[ChangeRecord]:
    """Returns the next changes in (cursor, upto], which are in these days, that the scope contains, at most 500."""
    async with database.connection(account_id) as connection:
        records = await SCOPE.fetch(
            connection,
            account_id=account_id,
            agent_id=scope.agent_id,
            ids=list(scope.channel_ids),
            address_kinds=list(scope.address_kinds),
            after=cursor,
            upto=upto,
            **days.parameters,
        )
        changes = [to_row(ChangeRow, record) for record in records]
        about = await _agent_alone(connection, account_id, changes, scope.agent_id)
        addressed = await _addressed_to_agent(connection, account_id, changes, scope.agent_id)
        return await _records(connection, account_id, changes, about, addressed, lambda: scope.channel_ids)


@uncancelled
async def read_clocks(database: Database, account_ids: Collection[str]) -> dict[str, Clock]:
    """Returns the last change of each of these accounts."""
    async with database.connection(None) as connection:
        records = await CLOCKS.fetch(connection, account_ids=list(account_ids))
    return {account_id: Clock(*clock) for account_id, *clock in records}


@uncancelled
async def days_after(database: Database, account_id: str, cursor: int, within: Days = ALL_DAYS) -> Days | None:
    """Returns the days in which the changes after the cursor are; None if the next change was pruned or does not exist.
    Pruning deletes from the start, so if the next change exists, later ones do too."""
    async with database.connection(account_id) as connection:
        found = await DAY.fetch(connection, account_id=account_id, change=cursor + 1, **within.parameters)
    return Days.since(found[0][0]) if found else None


async def _records(
    connection: Connection,
    account_id: str,
    changes: Sequence[ChangeRow],
    agents: Agents,
    addressees: AddresseesOfRevisions,
    followed_channels: Callable[[], Collection[UUID]],
) -> list[ChangeRecord]:
    channels = await _channels_of_members(connection, account_id, changes, followed_channels)
    return [
        ChangeRecord(
            change,
            channel_ids=frozenset([change.channel_id] if change.channel_id else channels.get(change.change, ())),
            agents=frozenset(agents.get(change.change, ())),
            addressees=addressees.get((change.message_id, change.revision), {}),
        )
        for change in changes
    ]


async def _channels_of_members(
    connection: Connection,
    account_id: str,
    changes: Sequence[ChangeRow],
    followed_channels: Callable[[], Collection[UUID]],
) -> Mapping[int, Sequence[UUID]]:
    """Returns, for each change of agents, those of the followed channels that the agents are members of."""
    found: dict[int, list[UUID]] = defaultdict(list)
    numbers = [change.change for change in changes if change.kind in PEOPLE_KINDS]
    if numbers:
        ids = list(followed_channels())
        for change, channel_id in await CHANNELS_OF_MEMBERS.fetch(
            connection, account_id=account_id, changes=numbers, ids=ids, **Days.of(changes).parameters
        ):
            found[change].append(channel_id)
    return found


async def _agents(connection: Connection, account_id: str, changes: Sequence[ChangeRow]) -> Agents:
    """Returns the agents whom each of these changes is about."""
    found: dict[int, list[str]] = defaultdict(list)
    numbers = _that_may_be_about_agents(changes)
    if numbers:
        days = Days.of(changes).parameters
        for change, agent_id in await AGENTS.fetch(connection, account_id=account_id, changes=numbers, **days):
            found[change].append(agent_id)
    return found


async def _agent_alone(connection: Connection, account_id: str, changes: Sequence[ChangeRow], agent_id: str) -> Agents:
    """Returns the agent for each of these changes that is about them: other agents of a change do not matter to the
    agent's stream, and there may be thousands."""
    numbers = _that_may_be_about_agents(changes)
    if not numbers:
        return {}
    found = await CHANGES_OF_AGENT.fetch(
        connection, account_id=account_id, agent_id=agent_id, changes=numbers, **Days.of(changes).parameters
    )
    return {change: [agent_id] for (change,) in found}


def _that_may_be_about_agents(changes: Sequence[ChangeRow]) -> list[int]:
    return [change.change for change in changes if change.message_id is None]


async def _addressees(connection: Connection, account_id: str, changes: Sequence[ChangeRow]) -> AddresseesOfRevisions:
    """Returns to whom each of these messages is addressed."""
    message_ids = _that_may_address(changes)
    if not message_ids:
        return {}
    return await _by_revision(await ADDRESSEES.fetch(connection, account_id=account_id, message_ids=message_ids))


async def _addressed_to_agent(
    connection: Connection, account_id: str, changes: Sequence[ChangeRow], agent_id: str
) -> AddresseesOfRevisions:
    """Returns which of these messages are addressed to the agent."""
    message_ids = _that_may_address(changes)
    if not message_ids:
        return {}
    return await _by_revision(
        await ADDRESSES_OF_AGENT.fetch(connection, account_id=account_id, message_ids=message_ids, agent_id=agent_id)
    )


async def _by_revision(records: Iterable[Record]) -> AddresseesOfRevisions:
    """Returns the addressees of the records. Pauses between them, because each may have thousands of agents."""
    found: dict[tuple[UUID | None, int | None], dict[AddressKind, frozenset[str]]] = defaultdict(dict)
    for kind, message_id, revision, agent_ids in records:
        await pause_if_due()
        found[message_id, revision][AddressKind(kind)] = frozenset(agent_ids)
    return found


def _that_may_address(changes: Sequence[ChangeRow]) -> list[UUID]:
    """Returns the messages of the changes, each once."""
    return list({change.message_id for change in changes if change.kind in ADDRESSING_KINDS and change.message_id})
