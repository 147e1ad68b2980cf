"""An account with any number of messages, laid out in the tables as after a year of real use.

Messages are written in the order of their time, so those of one channel are spread over the whole table. Writing them
channel by channel would make every page of history unrealistically fast. As after pruning, `changes` holds only the
last 14 days.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, Text, TextClause, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine
from uuid_utils.compat import uuid7

from chat.naming import fold
from models import Account, AccountClock, Agent, Channel, Member
from models.enums import ChannelKind, MemberRole
from server.addresses import async_url

AGENTS = 200
MEMBERS = 20
YEAR = timedelta(days=365)
LONG_SHARE = 8
"""The long channel holds one eighth of all messages."""

UNREAD = 10
"""Unread messages of every member in every channel."""

VIEWER = "agent-000"

EVERYDAY = """
    left(repeat('A sentence of an everyday conversation. ', 6), 30 + (seq * 37 % 200)::int)
    || CASE WHEN seq % 10 = 0 THEN ' [@' || neighbour_id || '](mention://user/' || neighbour_id || ')' ELSE '' END
"""
"""The text of a message, as an SQL expression over its row of `draft`."""


@dataclass(frozen=True)
class AccountPlan:
    """The size of an account.

    The viewer is a member of the first 200 channels: the long one, then the direct ones, then others. That puts
    every kind of channel into their sidebar.
    """

    account_id: str
    channels: int
    messages: int
    body: str = EVERYDAY

    @property
    def lengths(self) -> list[int]:
        """The number of messages of each channel. The long channel comes first and takes the remainder."""
        each = (self.messages - self.messages // LONG_SHARE) // (self.channels - 1)
        return [self.messages - each * (self.channels - 1), *[each] * (self.channels - 1)]

    @property
    def direct_channels(self) -> int:
        return min(self.channels // 10, AGENTS - 1)

    @property
    def channels_of_viewer(self) -> int:
        return min(self.channels, 200)


@dataclass(frozen=True)
class GeneratedAccount:
    """An account in the database, with the ids that requests need."""

    account_id: str
    long_channel_id: UUID
    middle_ids: Sequence[UUID]
    """Messages from the middle half of the long channel, in random order."""


async def generate(database_url: str, plan: AccountPlan) -> GeneratedAccount:
    """Returns the account after writing it. Raises AssertionError if it breaks an invariant of the schema."""
    async with _transaction(database_url) as connection:
        generated = await _write(connection, plan)
        # Without statistics of the new account, the planner would choose nested loops over all messages.
        await connection.execute(text("ANALYZE"))
        await _check(connection, plan)
        return generated


async def generate_without_statistics(database_url: str, plan: AccountPlan) -> GeneratedAccount:
    """Returns the account after writing it, without letting the planner know of it. Its invariants are not checked,
    which would take long."""
    async with _transaction(database_url) as connection:
        return await _write(connection, plan)


async def vacuum(database_url: str) -> None:
    """Does the work of autovacuum and the checkpointer now, so that they do not disturb the measurement."""
    engine = create_async_engine(async_url(database_url), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text("VACUUM ANALYZE"))
        await connection.execute(text("CHECKPOINT"))
    await engine.dispose()


@asynccontextmanager
async def _transaction(database_url: str) -> AsyncIterator[AsyncConnection]:
    # Not the application's pool: its limit of 10 seconds per statement is too short for these.
    engine = create_async_engine(async_url(database_url))
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


async def _write(connection: AsyncConnection, plan: AccountPlan) -> GeneratedAccount:
    now = datetime.now(UTC)
    channels = list(_channels(plan, now - YEAR))
    await _add_rows(connection, plan, channels, now - YEAR)
    # The statements take every id from existing rows, so foreign keys need not be checked row by row.
    await connection.execute(text("SET LOCAL session_replication_role = replica"))
    parameters = {"account_id": plan.account_id, "start": now - YEAR, "year": YEAR, "now": now}
    for statement in _statements(plan):
        wanted = {name: parameters[name] for name in statement.compile().params}
        await connection.execute(statement, wanted)
    long_channel_id = channels[0].channel_id
    middle_ids = (await connection.scalars(_MIDDLE, {"channel_id": long_channel_id})).all()
    return GeneratedAccount(plan.account_id, long_channel_id, middle_ids)


async def _add_rows(connection: AsyncConnection, plan: AccountPlan, channels: list[Channel], start: datetime) -> None:
    """Writes everything except the messages through the models, which fill in the defaults."""
    async with AsyncSession(connection) as session:
        session.add(Account(account_id=plan.account_id, name=plan.account_id, chat_enabled=True, created_at=start))
        session.add(AccountClock(account_id=plan.account_id, change=plan.messages))
        await session.flush()
        session.add_all(_agents(plan))
        await session.flush()
        session.add_all(channels)
        await session.flush()
        session.add_all(member for index, channel in enumerate(channels) for member in _members(plan, index, channel))
        await session.flush()


def _agents(plan: AccountPlan) -> Iterator[Agent]:
    for number in range(AGENTS):
        name = f"Agent {number:03}"
        yield Agent(account_id=plan.account_id, agent_id=_agent_id(number), name=name, sort_name=fold(name))


def _channels(plan: AccountPlan, start: datetime) -> Iterator[Channel]:
    for index, length in enumerate(plan.lengths):
        direct = 1 <= index <= plan.direct_channels
        name = None if direct else f"Channel {index:04}"
        yield Channel(
            account_id=plan.account_id,
            channel_id=uuid7(),
            kind=ChannelKind.DIRECT if direct else (ChannelKind.PUBLIC, ChannelKind.PRIVATE)[index % 2],
            name=name,
            sort_name=fold(name or ""),
            direct_low=VIEWER if direct else None,
            direct_high=_agent_id(index) if direct else None,
            created_by=_agent_ids(plan, index)[0],
            created_at=start,
            last_activity_at=start,
            last_seq=length,
            post_count=length if direct else length - 1,
            member_count=len(_agent_ids(plan, index)),
        )


def _members(plan: AccountPlan, index: int, channel: Channel) -> Iterator[Member]:
    owned = channel.kind != ChannelKind.DIRECT
    for agent_id in _agent_ids(plan, index):
        yield Member(
            account_id=plan.account_id,
            channel_id=channel.channel_id,
            agent_id=agent_id,
            role=MemberRole.OWNER if owned and agent_id == channel.created_by else MemberRole.MEMBER,
            joined_at=channel.created_at,
            read_seq=channel.last_seq - UNREAD,
            read_posts=channel.post_count - UNREAD,
        )


def _agent_ids(plan: AccountPlan, index: int) -> list[str]:
    """Returns the members of channel `index`: two in a direct channel, twenty elsewhere."""
    if 1 <= index <= plan.direct_channels:
        return [VIEWER, _agent_id(index)]
    others = [_agent_id(1 + (index * 7 + step) % (AGENTS - 1)) for step in range(MEMBERS - 1)]
    return [VIEWER if index < plan.channels_of_viewer else _agent_id(1 + (index * 7 + MEMBERS) % (AGENTS - 1)), *others]


def _agent_id(number: int) -> str:
    return f"agent-{number:03}"


# One row per message, in chronological order. If the message has a mention, it mentions `neighbour_id`: each member in
# turn, but never the author.
_DRAFT = text(
    """
    CREATE TEMPORARY TABLE draft ON COMMIT DROP AS
    SELECT *, row_number() OVER (ORDER BY moment, channel_id) AS change,
           lag(message_id, 3) OVER (PARTITION BY channel_id ORDER BY seq) AS earlier_id
      FROM (
            SELECT channel_id, seq, kind <> 'DIRECT' AND seq = 1 AS opening,
                   seq - (kind <> 'DIRECT')::int AS post_number, moment, uuidv7(moment - now()) AS message_id,
                   agent_ids[1 + seq % member_count] AS author_id,
                   agent_ids[1 + (seq + 1 + seq / 10 % (member_count - 1)) % member_count] AS neighbour_id
              FROM channels
              JOIN (SELECT channel_id, array_agg(agent_id ORDER BY agent_id) AS agent_ids
                      FROM members WHERE account_id = :account_id GROUP BY channel_id) AS grouped USING (channel_id)
             CROSS JOIN LATERAL generate_series(1, last_seq) AS seq
             CROSS JOIN LATERAL (
                    SELECT CAST(:start AS timestamptz) + CAST(:year AS interval) * (
                           (seq - abs(hashtext(channel_id::text) % 1000) / 1000.0) / last_seq) AS moment
                  ) AS time
             WHERE account_id = :account_id
           ) AS numbered
    """
)

_MESSAGES = """
    INSERT INTO messages (account_id, message_id, channel_id, seq, post_number, author_id, body, system_event,
                          system_agent_ids, reply_to_id, created_at, revision)
    SELECT :account_id, message_id, channel_id, seq, post_number, author_id,
           CASE WHEN opening THEN '' ELSE {body} END,
           CASE WHEN opening THEN 'CREATED' END,
           CASE WHEN opening THEN '{{}}'::text[] END,
           CASE WHEN seq % 5 = 0 THEN earlier_id END,
           moment, 1
      FROM draft
     ORDER BY change
"""

_MENTIONS = text(
    """
    INSERT INTO mentions (account_id, message_id, place, target, agent_id, reachable)
    SELECT :account_id, message_id, 0, 'AGENT', neighbour_id, true
      FROM draft WHERE seq % 10 = 0 ORDER BY change
    """
)

_MENTIONED = text(
    """
    INSERT INTO mentioned_agents (account_id, agent_id, channel_id, seq, message_id, revision)
    SELECT :account_id, neighbour_id, channel_id, seq, message_id, 1
      FROM draft WHERE seq % 10 = 0 ORDER BY change
    """
)

_REACTIONS = text(
    """
    INSERT INTO reactions (account_id, message_id, emoji, agent_id, created_at)
    SELECT :account_id, message_id, emoji, CASE emoji WHEN '👍' THEN neighbour_id ELSE author_id END, moment
      FROM draft CROSS JOIN unnest(ARRAY['👍', '🎉']) AS emoji
     WHERE seq % 4 = 0 ORDER BY change
    """
)

_CHANGES = text(
    """
    INSERT INTO changes (account_id, change, day, kind, channel_id, message_id, revision, created_at)
    SELECT :account_id, change, CAST(moment AT TIME ZONE 'UTC' AS date), 'MESSAGE_ADDED', channel_id, message_id, 1,
           moment
      FROM draft
     WHERE change >= (SELECT min(change) FROM draft WHERE moment > CAST(:now AS timestamptz) - interval '14 days')
     ORDER BY change
    """
)

_ACTIVITY = text(
    """
    UPDATE channels SET last_activity_at = moment
      FROM draft
     WHERE account_id = :account_id AND draft.channel_id = channels.channel_id AND seq = last_seq
    """
)


def _statements(plan: AccountPlan) -> list[TextClause]:
    messages = text(_MESSAGES.format(body=plan.body))
    statements = (_DRAFT, messages, _MENTIONS, _MENTIONED, _REACTIONS, _CHANGES, _ACTIVITY)
    return [statement.bindparams(bindparam("account_id", type_=Text)) for statement in statements]


_MIDDLE = text(
    """
    SELECT message_id FROM draft
     WHERE channel_id = :channel_id
       AND seq BETWEEN (SELECT max(seq) / 4 FROM draft WHERE channel_id = :channel_id)
                   AND (SELECT max(seq) * 3 / 4 FROM draft WHERE channel_id = :channel_id)
     ORDER BY md5(message_id::text) LIMIT 1000
    """
)

# The invariants that the code relies on without checking: `seq` and `post_number` have no gaps, counters equal the
# numbers of rows, read markers lie within the channel, and the clock equals the last change.
_VIOLATIONS = text(
    """
    WITH counted AS (
        SELECT channel_id, count(*) AS messages, max(seq) AS last_seq, min(seq) AS first_seq,
               count(*) FILTER (WHERE system_event IS NULL) AS posts,
               count(DISTINCT post_number) FILTER (WHERE system_event IS NULL) AS numbers,
               max(post_number) AS last_number
          FROM messages WHERE account_id = :account_id GROUP BY channel_id
    ), member_counts AS (
        SELECT channel_id, count(*) AS members FROM members WHERE account_id = :account_id GROUP BY channel_id
    )
    SELECT (SELECT count(*)
              FROM channels LEFT JOIN counted USING (channel_id) LEFT JOIN member_counts USING (channel_id)
             WHERE account_id = :account_id
               AND (channels.last_seq, channels.last_seq, 1::bigint, post_count, post_count, post_count, member_count)
                   IS DISTINCT FROM (messages, counted.last_seq, first_seq, posts, numbers, last_number, members))
         + (SELECT count(*) FROM members JOIN messages USING (account_id, channel_id)
             WHERE account_id = :account_id AND seq = read_seq AND read_posts <> post_number)
         + (SELECT count(*) FROM account_clocks
             WHERE account_id = :account_id
               AND change <> (SELECT max(change) FROM changes WHERE account_id = :account_id))
         + abs(:messages - (SELECT sum(messages) FROM counted))
    """
).bindparams(bindparam("account_id", type_=Text), bindparam("messages", type_=BigInteger))


async def _check(connection: AsyncConnection, plan: AccountPlan) -> None:
    violations = await connection.scalar(_VIOLATIONS, {"account_id": plan.account_id, "messages": plan.messages})
    if violations:
        raise AssertionError(f"The generated account {plan.account_id} violates invariants in {violations} rows.")
