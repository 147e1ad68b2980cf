"""Reading the order of changes from the database: what the hub reads live, and what a stream replays."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select, text, true, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from chat.access import asked_ids
from loaders.batches import Sessions
from loaders.shared import to_the_end
from models import AccountClock, Change, MentionedAgent, Message
from models.enums import ChangeKind
from subscriptions.feed import Fact
from subscriptions.scopes import Scope

BATCH = 500

MEMBERSHIP = (ChangeKind.MEMBER_ADDED, ChangeKind.MEMBER_REMOVED)
MENTIONING = (ChangeKind.MESSAGE_ADDED, ChangeKind.MESSAGE_EDITED)
GATE = (ChangeKind.AGENT_DEACTIVATED, ChangeKind.AGENT_REACTIVATED, ChangeKind.AGENT_CHANGED)
"""Changes of one agent that no channel tells of."""


@to_the_end
async def read_next(sessions: Sessions, account_id: str, cursor: int) -> list[Fact]:
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
        return await _facts(session, account_id, changes)


@to_the_end
async def read_scope(sessions: Sessions, account_id: str, scope: Scope, cursor: int, upto: int) -> list[Fact]:
    """Returns the next changes in (cursor, upto] that the scope is concerned with, at most 500.

    Each channel is a range of the index: `channel_id IN (…)` over many channels took eighteen times as long.
    """
    asked = asked_ids(list(scope.channel_ids))
    after = and_(col(Change.account_id) == account_id, col(Change.change) > cursor, col(Change.change) <= upto)
    in_channel = _first(select(col(Change.change)).where(after, col(Change.channel_id) == asked.c.id)).lateral(
        "in_channel"
    )
    of_channels = select(in_channel.c.change).select_from(asked).join(in_channel, true())
    of_agent = _first(
        select(col(Change.change)).where(
            after,
            col(Change.agent_id) == scope.agent_id,
            col(Change.message_id).is_(None),
            col(Change.kind).in_([*MEMBERSHIP, *GATE]),
        )
    )
    of_account = _first(
        select(col(Change.change)).where(
            after,
            col(Change.channel_id).is_(None),
            or_(col(Change.agent_id).is_(None), col(Change.agent_id) == scope.agent_id),
        )
    )
    of_mentions = [_mentioning(agent_id, after) for agent_id in scope.mentions_of]
    branches = [select(branch.subquery().c.change) for branch in (of_agent, of_account, *of_mentions)]
    numbers = union(of_channels, *branches).subquery()
    # Materialized: the page is found first, by its ranges, whatever the planner thinks of the rest.
    page = _first(select(numbers.c.change)).cte("page").prefix_with("MATERIALIZED")
    async with sessions() as session:
        changes = (
            await session.scalars(
                select(Change)
                .join(page, col(Change.change) == page.c.change)
                .where(col(Change.account_id) == account_id)
                .order_by(col(Change.change))
            )
        ).all()
        return await _facts(session, account_id, changes)


def _mentioning(agent_id: str, after: ColumnElement[bool]) -> Select[int]:
    """The changes that mention the agent since then: each is looked up by its message, whatever the planner thinks of
    all messages that ever mentioned them; LIMIT lets it not do otherwise."""
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
    return _first(changes.where(after, col(Change.kind).in_(MENTIONING)))


def _first(numbers: Select[int]) -> Select[int]:
    """As many as a page takes, in their order: no branch of it reads further."""
    return numbers.order_by(text("change")).limit(BATCH)


@to_the_end
async def read_clocks(sessions: Sessions, account_ids: Collection[str]) -> dict[str, int]:
    """Returns the last change of each of these accounts."""
    async with sessions() as session:
        rows = await session.execute(
            select(col(AccountClock.account_id), col(AccountClock.change)).where(
                col(AccountClock.account_id).in_(account_ids)
            )
        )
        return {row.account_id: row.change for row in rows}


@to_the_end
async def is_kept(sessions: Sessions, account_id: str, change: int) -> bool:
    """Old changes are pruned from the start, so one that is there has all that follow it."""
    async with sessions() as session:
        found = await session.scalar(
            select(col(Change.change)).where(col(Change.account_id) == account_id, col(Change.change) == change)
        )
        return found is not None


async def _facts(session: AsyncSession, account_id: str, changes: Sequence[Change]) -> list[Fact]:
    mentioned = await _newly_mentioned(session, account_id, changes)
    return [Fact(change, frozenset(mentioned.get((change.message_id, change.revision), ()))) for change in changes]


async def _newly_mentioned(
    session: AsyncSession, account_id: str, changes: Sequence[Change]
) -> dict[tuple[UUID | None, int | None], set[str]]:
    """Returns whom a message mentions since one of its revisions; an edit mentions only those it names anew."""
    message_ids = [change.message_id for change in changes if change.kind in MENTIONING and change.message_id]
    found: dict[tuple[UUID | None, int | None], set[str]] = defaultdict(set)
    if not message_ids:
        return found
    rows = await session.execute(
        select(col(MentionedAgent.message_id), col(MentionedAgent.revision), col(MentionedAgent.agent_id)).where(
            col(MentionedAgent.account_id) == account_id, col(MentionedAgent.message_id).in_(message_ids)
        )
    )
    for message_id, revision, agent_id in rows:
        found[message_id, revision].add(agent_id)
    return found
