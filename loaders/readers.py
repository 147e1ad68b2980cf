"""Who has read messages of an announcement. Nothing is stored per message: an agent has read a message if their read
marker is at it or after it.

The caller has checked that the viewer may know.
"""

from collections import defaultdict
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Select, Text, and_, bindparam, select, true
from sqlmodel import col

from loaders.pages import Page, PageRequest, to_page
from models import Agent, Member
from models.columns import ACCOUNT_ID, IDENTIFIER
from models.database import Connection
from models.statements import Conditions, FilteredStatement, keys_table, one_row, sql


class SentAt(NamedTuple):
    """A message's place in its channel, and its author, who does not count as a reader."""

    channel_id: UUID
    seq: int
    author_id: str


ReadersKey = tuple[SentAt, PageRequest]
"""A message, and the page of its readers."""

# Reads the members of each channel once, however many of its messages are counted: `width_bucket` gives the last of the
# messages that a member has read, and a message's readers are those who have read it or a later one. MATERIALIZED keeps
# PostgreSQL from reading the members once for each message.
_READ_COUNTS = sql(
    """
    WITH keys AS (
        SELECT * FROM unnest(:channel_ids, :seqs, :author_ids) AS keys (channel_id, seq, author_id)
    ), listed AS (
        SELECT channel_id, array_agg(DISTINCT seq ORDER BY seq) AS seqs FROM keys GROUP BY channel_id
    ), counted AS MATERIALIZED (
        SELECT listed.channel_id, reader.last_read, count(*) AS readers
          FROM listed
               CROSS JOIN LATERAL (
                SELECT seqs[width_bucket(read_seq, seqs)] AS last_read
                  FROM members
                 WHERE account_id = :account_id AND channel_id = listed.channel_id AND read_seq >= seqs[1]
                   AND (
                        SELECT active FROM agents
                         WHERE account_id = :account_id AND agents.agent_id = members.agent_id
                       )
                OFFSET 0
               ) AS reader
         GROUP BY listed.channel_id, reader.last_read
    )
    SELECT channel_id, seq, author_id, (
            SELECT coalesce(sum(readers), 0)
              FROM counted
             WHERE counted.channel_id = keys.channel_id AND last_read >= keys.seq
           ) - (
            SELECT count(*)
              FROM members
             WHERE account_id = :account_id AND channel_id = keys.channel_id AND agent_id = keys.author_id
               AND read_seq >= keys.seq
               AND (SELECT active FROM agents WHERE account_id = :account_id AND agents.agent_id = members.agent_id)
           )
      FROM keys
    """,
    account_id=Text,
    channel_ids=ARRAY(IDENTIFIER),
    seqs=ARRAY(BigInteger),
    author_ids=ARRAY(Text),
)


def _select_readers(conditions: Conditions) -> Select[*tuple[Any, ...]]:
    """The readers are in the order of the key of `members`, so that a page ends the walk through the channel."""
    keys = keys_table(channel_id=IDENTIFIER, seq=BigInteger, author_id=Text)
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
            col(Member.agent_id) != keys.c.author_id,
            *conditions,
        )
        .order_by(col(Member.agent_id))
        .limit(bindparam("limit"))
        .lateral("reader")
    )
    return (
        select(keys.c.channel_id, keys.c.seq, keys.c.author_id, readers.c.agent_id)
        .select_from(keys)
        .join(readers, true())
        .order_by(readers.c.agent_id)
    )


_READERS = FilteredStatement(_select_readers, col(Member.agent_id) > bindparam("after_id"))


async def load_read_counts(connection: Connection, account_id: str, keys: list[SentAt]) -> dict[SentAt, int]:
    """Returns how many active members have read each message, without its author."""
    records = await _READ_COUNTS.fetch(connection, account_id=account_id, **_arrays(keys))
    return {SentAt(channel_id, seq, author_id): int(count) for channel_id, seq, author_id, count in records}


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
        readers: dict[SentAt, list[str]] = defaultdict(list)
        for channel_id, seq, author_id, agent_id in records:
            readers[SentAt(channel_id, seq, author_id)].append(agent_id)
        for sent, agent_ids in readers.items():
            found[sent, request] = _page(agent_ids, request)
    return found


def _page(agent_ids: list[str], request: PageRequest) -> Page[str]:
    return to_page(agent_ids, lambda place: (agent_ids[place],), request)


def _arrays(keys: list[SentAt]) -> dict[str, list[UUID] | list[int] | list[str]]:
    return {
        "channel_ids": [sent.channel_id for sent in keys],
        "seqs": [sent.seq for sent in keys],
        "author_ids": [sent.author_id for sent in keys],
    }
