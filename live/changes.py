"""Reading the order of changes from the database, for the hub (live) and for one stream (replay)."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, bindparam, select, text, true, union
from sqlmodel import col

from chat.change_kinds import MENTIONING_KINDS
from live.records import ChangeRecord
from live.scopes import Scope
from loaders.uncancelled import uncancelled
from models import AccountClock, Change, ChangedAgent, MentionedAgent, Message
from models.columns import ACCOUNT_ID, IDENTIFIER, is_one_of, is_one_of_members
from models.database import Connection, Database
from models.enums import ChangeKind
from models.rows import ChangeRow, columns, to_row
from models.statements import Statement, keys_table

BATCH = 500

Agents = Mapping[int, Sequence[str]]
"""The agents whom changes are about, by the number of the change."""


def _select_scope() -> Select[*tuple[Any, ...]]:
    """Returns a SELECT of the changes in (after, upto] of the channels `ids`, of the agent and of the account, and of
    those that mention one of `mentioned_ids`.

    LATERAL reads one index range per channel: `channel_id IN (…)` over many channels took eighteen times as long.
    """
    is_in_range = and_(
        col(Change.account_id) == ACCOUNT_ID,
        col(Change.change) > bindparam("after"),
        col(Change.change) <= bindparam("upto"),
    )
    keys = keys_table(id=IDENTIFIER)
    of_channel = select(col(Change.change)).where(is_in_range, col(Change.channel_id) == keys.c.id)
    in_channel = _limited(of_channel).lateral("in_channel")
    of_channels = select(in_channel.c.change).select_from(keys).join(in_channel, true())
    of_agent = select(col(ChangedAgent.change)).where(
        col(ChangedAgent.account_id) == ACCOUNT_ID,
        col(ChangedAgent.agent_id) == bindparam("agent_id"),
        col(ChangedAgent.change) > bindparam("after"),
        col(ChangedAgent.change) <= bindparam("upto"),
    )
    of_account = select(col(Change.change)).where(
        is_in_range,
        col(Change.channel_id).is_(None),
        is_one_of_members(col(Change.kind), [ChangeKind.SETTINGS_CHANGED]),
    )
    branches = [select(_limited(branch).subquery().c.change) for branch in (of_agent, of_account)]
    numbers = union(of_channels, *branches, _select_mentioning(is_in_range)).subquery()
    # MATERIALIZED makes the planner find the numbers first, through the ranges, whatever it estimates for the join.
    page = _limited(select(numbers.c.change)).cte("page").prefix_with("MATERIALIZED")
    return (
        select(*columns(ChangeRow))
        .join(page, col(Change.change) == page.c.change)
        .where(col(Change.account_id) == ACCOUNT_ID)
        .order_by(col(Change.change))
    )


def _select_mentioning(is_in_range: ColumnElement[bool]) -> Select[int]:
    """Returns a SELECT of the changes that mention an agent of `mentioned_ids` for the first time. LIMIT makes the
    planner look up each change by its message instead of reading all messages that ever mentioned the agent."""
    keys = keys_table("mentioned", mentioned_id=Text)
    mention = (
        select(col(MentionedAgent.seq))
        .join(
            Message,
            and_(
                col(Message.account_id) == col(MentionedAgent.account_id),
                col(Message.channel_id) == col(MentionedAgent.channel_id),
                col(Message.seq) == col(MentionedAgent.seq),
            ),
        )
        .where(
            col(Message.account_id) == col(Change.account_id),
            col(Message.message_id) == col(Change.message_id),
            col(MentionedAgent.agent_id) == keys.c.mentioned_id,
            col(MentionedAgent.revision) == col(Change.revision),
        )
        .limit(1)
        .correlate(Change, keys)
        .lateral("mention")
    )
    changes = select(col(Change.change)).join(mention, true())
    of_agent = changes.where(is_in_range, is_one_of_members(col(Change.kind), MENTIONING_KINDS)).correlate(keys)
    mentioning = _limited(of_agent).lateral("mentioning")
    return select(mentioning.c.change).select_from(keys).join(mentioning, true())


def _limited(numbers: Select[int]) -> Select[int]:
    """Limits each branch of the union to the size of a batch."""
    return numbers.order_by(text("change")).limit(BATCH)


_NEXT = Statement(
    select(*columns(ChangeRow))
    .where(col(Change.account_id) == ACCOUNT_ID, col(Change.change) > bindparam("after"))
    .order_by(col(Change.change))
    .limit(BATCH)
)
_SCOPE = Statement(_select_scope())
_CLOCKS = Statement(
    select(col(AccountClock.account_id), col(AccountClock.change)).where(
        is_one_of(col(AccountClock.account_id), "account_ids")
    )
)
_AGENTS = Statement(
    select(col(ChangedAgent.change), col(ChangedAgent.agent_id)).where(
        col(ChangedAgent.account_id) == ACCOUNT_ID, is_one_of(col(ChangedAgent.change), "changes")
    )
)
_CHANGES_OF_AGENT = Statement(
    select(col(ChangedAgent.change)).where(
        col(ChangedAgent.account_id) == ACCOUNT_ID,
        col(ChangedAgent.agent_id) == bindparam("agent_id"),
        is_one_of(col(ChangedAgent.change), "changes"),
    )
)
_CHANGE = Statement(
    select(col(Change.change)).where(col(Change.account_id) == ACCOUNT_ID, col(Change.change) == bindparam("change"))
)
_MENTIONED = Statement(
    select(col(MentionedAgent.message_id), col(MentionedAgent.revision), col(MentionedAgent.agent_id)).where(
        col(MentionedAgent.account_id) == ACCOUNT_ID, is_one_of(col(MentionedAgent.message_id), "message_ids")
    )
)


@uncancelled
async def read_next(database: Database, account_id: str, cursor: int) -> list[ChangeRecord]:
    """Returns the account's next changes after the cursor, at most 500."""
    async with database.connection(account_id) as connection:
        records = await _NEXT.fetch(connection, account_id=account_id, after=cursor)
        changes = [to_row(ChangeRow, record) for record in records]
        return await _records(connection, account_id, changes, await _agents(connection, account_id, changes))


@uncancelled
async def read_scope(database: Database, account_id: str, scope: Scope, cursor: int, upto: int) -> list[ChangeRecord]:
    """Returns the next changes in (cursor, upto] that the scope contains, at most 500."""
    async with database.connection(account_id) as connection:
        records = await _SCOPE.fetch(
            connection,
            account_id=account_id,
            agent_id=scope.agent_id,
            ids=list(scope.channel_ids),
            mentioned_ids=list(scope.mentions_of),
            after=cursor,
            upto=upto,
        )
        changes = [to_row(ChangeRow, record) for record in records]
        of_agent = await _agent_alone(connection, account_id, changes, scope.agent_id)
        return await _records(connection, account_id, changes, of_agent)


@uncancelled
async def read_clocks(database: Database, account_ids: Collection[str]) -> dict[str, int]:
    """Returns the last change of each of these accounts."""
    async with database.connection(None) as connection:
        records = await _CLOCKS.fetch(connection, account_ids=list(account_ids))
    return {record[0]: record[1] for record in records}


@uncancelled
async def is_kept(database: Database, account_id: str, change: int) -> bool:
    """Returns whether the change has not been pruned. Pruning deletes from the start, so later changes exist too."""
    async with database.connection(account_id) as connection:
        return bool(await _CHANGE.fetch(connection, account_id=account_id, change=change))


async def _records(
    connection: Connection, account_id: str, changes: Sequence[ChangeRow], agents: Agents
) -> list[ChangeRecord]:
    mentioned = await _newly_mentioned(connection, account_id, changes)
    return [
        ChangeRecord(
            change,
            agents=frozenset(agents.get(change.change, ())),
            mentioned=frozenset(mentioned.get((change.message_id, change.revision), ())),
        )
        for change in changes
    ]


async def _agents(connection: Connection, account_id: str, changes: Sequence[ChangeRow]) -> Agents:
    """Returns the agents whom each of these changes is about."""
    found: dict[int, list[str]] = defaultdict(list)
    numbers = _that_may_be_about_agents(changes)
    if numbers:
        for change, agent_id in await _AGENTS.fetch(connection, account_id=account_id, changes=numbers):
            found[change].append(agent_id)
    return found


async def _agent_alone(connection: Connection, account_id: str, changes: Sequence[ChangeRow], agent_id: str) -> Agents:
    """Returns the agent for each of these changes that is about them: other agents of a change do not matter to the
    agent's stream, and there may be thousands."""
    numbers = _that_may_be_about_agents(changes)
    if not numbers:
        return {}
    found = await _CHANGES_OF_AGENT.fetch(connection, account_id=account_id, agent_id=agent_id, changes=numbers)
    return {change: [agent_id] for (change,) in found}


def _that_may_be_about_agents(changes: Sequence[ChangeRow]) -> list[int]:
    return [change.change for change in changes if change.message_id is None]


async def _newly_mentioned(
    connection: Connection, account_id: str, changes: Sequence[ChangeRow]
) -> dict[tuple[UUID | None, int | None], set[str]]:
    """Returns the agents whom each of these messages mentions, by the revision that was the first to mention them."""
    message_ids = [change.message_id for change in changes if change.kind in MENTIONING_KINDS and change.message_id]
    found: dict[tuple[UUID | None, int | None], set[str]] = defaultdict(set)
    if not message_ids:
        return found
    records = await _MENTIONED.fetch(connection, account_id=account_id, message_ids=message_ids)
    for message_id, revision, agent_id in records:
        found[message_id, revision].add(agent_id)
    return found
