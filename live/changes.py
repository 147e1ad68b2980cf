"""Reading the order of changes from the database, for the hub (live) and for one stream (replay)."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select, text, true, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from chat.access import ids_table
from chat.change_kinds import ADMISSION_KINDS, MEMBERSHIP_KINDS, MENTIONING_KINDS
from live.feed import ChangeRecord
from live.scopes import Scope
from loaders.batches import Sessions
from loaders.uncancelled import uncancelled
from models import AccountClock, Change, MentionedAgent, Message
from models.columns import is_one_of

BATCH = 500


@uncancelled
async def read_next(sessions: Sessions, account_id: str, cursor: int) -> list[ChangeRecord]:
    """Returns the account's next changes after the cursor, at most 500."""
    async with sessions() as session:
        changes = (
            await session.scalars(
                select(Change)
                .where(col(Change.account_id) == account_id, col(Change.change) > cursor)
                .order_by(col(Change.change))
                .limit(BATCH)
            )
        ).all()
        return await _records(session, account_id, changes)


@uncancelled
async def read_scope(sessions: Sessions, account_id: str, scope: Scope, cursor: int, upto: int) -> list[ChangeRecord]:
    """Returns the next changes in (cursor, upto] that the scope contains, at most 500.

    LATERAL reads one index range per channel: `channel_id IN (…)` over many channels took eighteen times as long.
    """
    asked = ids_table(list(scope.channel_ids))
    after = and_(col(Change.account_id) == account_id, col(Change.change) > cursor, col(Change.change) <= upto)
    in_channel = _limited(select(col(Change.change)).where(after, col(Change.channel_id) == asked.c.id)).lateral(
        "in_channel"
    )
    of_channels = select(in_channel.c.change).select_from(asked).join(in_channel, true())
    of_agent = _limited(
        select(col(Change.change)).where(
            after,
            col(Change.agent_id) == scope.agent_id,
            col(Change.message_id).is_(None),
            col(Change.kind).in_([*MEMBERSHIP_KINDS, *ADMISSION_KINDS]),
        )
    )
    of_account = _limited(
        select(col(Change.change)).where(
            after,
            col(Change.channel_id).is_(None),
            or_(col(Change.agent_id).is_(None), col(Change.agent_id) == scope.agent_id),
        )
    )
    of_mentions = [_mentioning(agent_id, after) for agent_id in scope.mentions_of]
    branches = [select(branch.subquery().c.change) for branch in (of_agent, of_account, *of_mentions)]
    numbers = union(of_channels, *branches).subquery()
    # MATERIALIZED makes the planner find the numbers first, through the ranges, whatever it estimates for the join.
    page = _limited(select(numbers.c.change)).cte("page").prefix_with("MATERIALIZED")
    async with sessions() as session:
        changes = (
            await session.scalars(
                select(Change)
                .join(page, col(Change.change) == page.c.change)
                .where(col(Change.account_id) == account_id)
                .order_by(col(Change.change))
            )
        ).all()
        return await _records(session, account_id, changes)


def _mentioning(agent_id: str, after: ColumnElement[bool]) -> Select[int]:
    """Returns a SELECT of the changes that mention the agent for the first time. LIMIT makes the planner look up each
    change by its message instead of reading all messages that ever mentioned the agent."""
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
            col(MentionedAgent.agent_id) == agent_id,
            col(MentionedAgent.revision) == col(Change.revision),
        )
        .limit(1)
        .correlate(Change)
        .lateral("mention")
    )
    changes = select(col(Change.change)).join(mention, true())
    return _limited(changes.where(after, col(Change.kind).in_(MENTIONING_KINDS)))


def _limited(numbers: Select[int]) -> Select[int]:
    """Limits each branch of the union to the size of a batch."""
    return numbers.order_by(text("change")).limit(BATCH)


@uncancelled
async def read_clocks(sessions: Sessions, account_ids: Collection[str]) -> dict[str, int]:
    """Returns the last change of each of these accounts."""
    async with sessions() as session:
        rows = await session.execute(
            select(col(AccountClock.account_id), col(AccountClock.change)).where(
                is_one_of(col(AccountClock.account_id), account_ids)
            )
        )
        return {row.account_id: row.change for row in rows}


@uncancelled
async def is_kept(sessions: Sessions, account_id: str, change: int) -> bool:
    """Returns whether the change has not been pruned. Pruning deletes from the start, so later changes exist too."""
    async with sessions() as session:
        found = await session.scalar(
            select(col(Change.change)).where(col(Change.account_id) == account_id, col(Change.change) == change)
        )
        return found is not None


async def _records(session: AsyncSession, account_id: str, changes: Sequence[Change]) -> list[ChangeRecord]:
    mentioned = await _newly_mentioned(session, account_id, changes)
    return [
        ChangeRecord(change, frozenset(mentioned.get((change.message_id, change.revision), ()))) for change in changes
    ]


async def _newly_mentioned(
    session: AsyncSession, account_id: str, changes: Sequence[Change]
) -> dict[tuple[UUID | None, int | None], set[str]]:
    """Returns the agents whom each of these messages mentions, by the revision that was the first to mention them."""
    message_ids = [change.message_id for change in changes if change.kind in MENTIONING_KINDS and change.message_id]
    found: dict[tuple[UUID | None, int | None], set[str]] = defaultdict(set)
    if not message_ids:
        return found
    rows = await session.execute(
        select(col(MentionedAgent.message_id), col(MentionedAgent.revision), col(MentionedAgent.agent_id)).where(
            col(MentionedAgent.account_id) == account_id, is_one_of(col(MentionedAgent.message_id), message_ids)
        )
    )
    for message_id, revision, agent_id in rows:
        found[message_id, revision].add(agent_id)
    return found
