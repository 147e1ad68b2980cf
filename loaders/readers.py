"""Who has read messages of an announcement. Nothing is stored per message: an agent has read a message if their read
marker is at it or after it.

The caller has checked that the viewer may know.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Select, Text, and_, bindparam, select, true
from sqlmodel import col

from loaders.pages import Page, PageRequest, to_page
from models import Agent, Member
from models.columns import ACCOUNT_ID, IDENTIFIER, TIMESTAMPTZ
from models.database import Connection
from models.statements import Conditions, FilteredStatement, keys_table, one_row, sql


class MessagePlace(NamedTuple):
    """A message's place in its channel, when it was sent, and its author, who does not count as a reader."""

    channel_id: UUID
    seq: int
    created_at: datetime
    author_id: str


ReadersKey = tuple[MessagePlace, PageRequest]
"""A message, and the page of its readers."""

# Reads the members of each channel once, however many of its messages are counted. `width_bucket` gives the first and
# the last of the messages that a member can have read: a new member's marker is at the end, but they have not read what
# was sent before they joined. It needs times in order, and concurrent messages may have been sent in another order than
# that of their `seq`. MATERIALIZED keeps PostgreSQL from reading the members once for each message.
_READ_COUNTS = sql(
    """
    WITH keys AS (
        SELECT * FROM unnest(:channel_ids, :seqs, :times, :author_ids) AS keys (channel_id, seq, created_at, author_id)
    ), listed AS (
        SELECT channel_id, array_agg(seq ORDER BY seq) AS seqs, array_agg(time ORDER BY seq) AS times
          FROM (
                SELECT DISTINCT channel_id, seq, max(created_at) OVER (PARTITION BY channel_id ORDER BY seq) AS time
                  FROM keys
               ) AS messages
         GROUP BY channel_id
    ), counted AS MATERIALIZED (
        SELECT listed.channel_id, reader.first_read, reader.last_read, count(*) AS readers
          FROM listed
               CROSS JOIN LATERAL (
                SELECT seqs[width_bucket(joined_at - interval '1 microsecond', times) + 1] AS first_read,
                       seqs[width_bucket(read_seq, seqs)] AS last_read
                  FROM members
                 WHERE account_id = :account_id AND channel_id = listed.channel_id AND read_seq >= seqs[1]
                   AND (
                        SELECT active FROM agents
                         WHERE account_id = :account_id AND agents.agent_id = members.agent_id
                       )
                OFFSET 0
               ) AS reader
         GROUP BY listed.channel_id, reader.first_read, reader.last_read
    )
    SELECT channel_id, seq, created_at, author_id, (
            SELECT coalesce(sum(readers), 0)
              FROM counted
             WHERE counted.channel_id = keys.channel_id AND first_read <= keys.seq AND last_read >= keys.seq
           ) - (
            SELECT count(*)
              FROM members
             WHERE account_id = :account_id AND channel_id = keys.channel_id AND agent_id = keys.author_id
               AND read_seq >= keys.seq AND joined_at <= keys.created_at
               AND (SELECT active FROM agents WHERE account_id = :account_id AND agents.agent_id = members.agent_id)
           )
      FROM keys
    """,
    account_id=Text,
    channel_ids=ARRAY(IDENTIFIER),
    seqs=ARRAY(BigInteger),
    times=ARRAY(TIMESTAMPTZ),
    author_ids=ARRAY(Text),
)


def _select_readers(conditions: Conditions) -> Select[*tuple[Any, ...]]:
    """The readers are in the order of the key of `members`, so that a page ends the walk through the channel."""
    keys = keys_table(channel_id=IDENTIFIER, seq=BigInteger, time=TIMESTAMPTZ, author_id=Text)
    is_active = and_(
        col(Agent.account_id) == ACCOUNT_ID, col(Agent.agent_id) == col(Member.agent_id), col(Agent.active)
    )
    active = one_row(select(col(Agent.agent_id)).where(is_active).correlate(Member), "active")
    readers = (
        select(col(Member.agent_id))
        .join(active, true())
        .where(
            col(Member.account_id) == ACCOUNT_ID,
            col(Member.channel_id) == keys.c.channel_id,
            col(Member.read_seq) >= keys.c.seq,
            col(Member.joined_at) <= keys.c.time,
            col(Member.agent_id) != keys.c.author_id,
            *conditions,
        )
        .order_by(col(Member.agent_id))
        .limit(bindparam("limit"))
        .lateral("reader")
    )
    return (
        select(keys.c.channel_id, keys.c.seq, keys.c.time, keys.c.author_id, readers.c.agent_id)
        .select_from(keys)
        .join(readers, true())
        .order_by(readers.c.agent_id)
    )


_READERS = FilteredStatement(_select_readers, col(Member.agent_id) > bindparam("after_id"))


async def load_read_counts(
    connection: Connection, account_id: str, keys: list[MessagePlace]
) -> dict[MessagePlace, int]:
    """Returns how many active members have read each message, without its author."""
    records = await _READ_COUNTS.fetch(connection, account_id=account_id, **_arrays(keys))
    return {MessagePlace(*place): int(count) for *place, count in records}


async def load_readers(connection: Connection, account_id: str, keys: list[ReadersKey]) -> dict[ReadersKey, Page[str]]:
    """Returns pages of the active members who have read each message, without its author, ordered by id."""
    found: dict[ReadersKey, Page[str]] = {}
    for request in {request for _, request in keys}:
        records = await _READERS.fetch(
            connection,
            account_id=account_id,
            **_arrays([sent for sent, of in keys if of == request]),
            after_id=request.after[0] if request.after else None,
            limit=request.size + 1,
        )
        readers: dict[MessagePlace, list[str]] = defaultdict(list)
        for *place, agent_id in records:
            readers[MessagePlace(*place)].append(agent_id)
        for sent, agent_ids in readers.items():
            found[sent, request] = _page(agent_ids, request)
    return found


def _page(agent_ids: list[str], request: PageRequest) -> Page[str]:
    return to_page(agent_ids, lambda place: (agent_ids[place],), request)


def _arrays(keys: list[MessagePlace]) -> dict[str, list[UUID] | list[int] | list[datetime] | list[str]]:
    return {
        "channel_ids": [sent.channel_id for sent in keys],
        "seqs": [sent.seq for sent in keys],
        "times": [sent.created_at for sent in keys],
        "author_ids": [sent.author_id for sent in keys],
    }
