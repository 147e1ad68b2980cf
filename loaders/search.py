"""Searching the messages that an agent can read now, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Integer, Text

from chat.access import READABLE_CHANNELS
from chat.search_index import CURRENT_SLICE, in_slice
from chat.search_query import Part, any_of, condition
from chat.search_snippets import snippet
from chat.search_terms import (
    EVERY_MESSAGE,
    GROUP_MENTION,
    SLICE,
    MessageContent,
    author_term,
    card_term,
    channel_term,
    content_term,
    mention_term,
)
from execution import pause_if_due
from loaders.pages import Page, PageRequest, to_page
from models.columns import IDENTIFIER, TIMESTAMPTZ
from models.database import Connection
from models.enums import ItemKind
from models.rows import MessageRow, to_row
from models.statements import sql

SLICES_AT_ONCE = 16
PHRASE_SLICES_AT_ONCE = 2
"""How many slices are read together at most. A phrase is compared with each message in all of these slices."""

TERMS_AT_ONCE = 64
"""How many lexemes are looked up together at most. PostgreSQL's time for more grows with the square of their number."""

FEW = 100
"""If a step of the walk finds fewer messages, the next one reads more slices. The first two read one: the newest slice
of a period may contain none of its messages."""

EXAMINED_LIMIT = 50_000
"""After how many matches, readable or not, a page ends. The next one goes on from there."""

SLICES_LIMIT = 2_048
PHRASE_SLICES_LIMIT = 128
"""After how many slices a page ends. A phrase is compared with all messages that contain its words, so its pages end
earlier."""


LAST_ID = UUID(int=2**128 - 1)


@dataclass(frozen=True)
class SearchFilter:
    """Which messages to find. None and empty sets: all. `contents` and `card_kinds`: those with any of them."""

    channel_id: UUID | None = None
    author_id: str | None = None
    mentions_viewer: bool = False
    contents: frozenset[MessageContent] = frozenset()
    card_kinds: frozenset[ItemKind] = frozenset()
    after: datetime | None = None
    before: datetime | None = None


NO_FILTER = SearchFilter()

SearchKey = tuple[str, tuple[Part, ...], SearchFilter, PageRequest]
"""The agent who searches, what for, and the page to read."""


class FoundMessage(NamedTuple):
    """A message that was found. `slice`: its sort key, with its id."""

    message: MessageRow
    snippet: str
    slice: int


_MESSAGE_COLUMNS = ", ".join(f"message.{name}" for name in MessageRow._fields)

# The slices are walked from the newest to the oldest until the page is full. PostgreSQL cannot be left alone with this:
# it would read all matches and sort them, or walk all messages and compare them. The readable channels are read first,
# so a channel that cannot be read costs the same as one that does not exist.
#
# `IS TRUE` and `IS NOT FALSE` keep the planner from using these conditions for more than they are. It would read the
# entries by an index that begins with the account, of which it expects few, and would compare all readable channels
# with each match instead of looking the match's channel up in a hash table. `IS NOT FALSE` is true if the parameter is
# NULL. Keys of slices are almost unique (chat.search_index), so the account and the slice exclude hardly any entry.
_SEARCH = sql(
    f"""
    WITH RECURSIVE readable AS MATERIALIZED ({READABLE_CHANNELS}),
    bounds AS MATERIALIZED (
        SELECT least({CURRENT_SLICE}, :after_slice, CASE WHEN :before IS NOT NULL THEN (
                SELECT slice + 1 FROM search_entries
                 WHERE account_id = :account_id AND created_at < :before
                 ORDER BY created_at DESC LIMIT 1
               ) END) AS newest,
               CASE WHEN :after IS NULL THEN 0 ELSE (
                SELECT greatest(slice - 1, 0) FROM search_entries
                 WHERE account_id = :account_id AND created_at >= :after
                 ORDER BY created_at LIMIT 1
               ) END AS oldest
    ), walk AS (
        SELECT 0 AS step, newest + 1 AS reached, 1 AS width, 0 AS examined, 0 AS found, NULL::uuid[] AS message_ids
          FROM bounds
         WHERE :channel_id IS NULL OR :channel_id IN (SELECT channel_id FROM readable)
         UNION ALL
        SELECT step + 1, lowest, CASE WHEN step > 0 AND matches.examined < {FEW} THEN least(width * 4, :widest)
                                      ELSE width
                                 END,
               walk.examined + matches.examined,
               found + cardinality(matches.message_ids), matches.message_ids
          FROM walk CROSS JOIN bounds
               CROSS JOIN LATERAL (SELECT greatest(reached - width, oldest) AS lowest) AS slices
               CROSS JOIN LATERAL (
                SELECT string_agg({in_slice(":terms", "slice")}, ' | ')::tsquery AS terms
                  FROM generate_series(lowest, reached - 1) AS slice
               ) AS wanted
               CROSS JOIN LATERAL (
                WITH candidates AS MATERIALIZED (
                    SELECT message_id, channel_id, slice
                      FROM search_entries
                     WHERE search_entries.terms @@ wanted.terms
                       AND (account_id = :account_id) IS TRUE
                       AND (slice >= lowest AND slice < reached) IS TRUE
                       AND ((slice, message_id) < (:after_slice, :after_id)) IS NOT FALSE
                       AND (channel_id = :channel_id) IS NOT FALSE
                       AND (created_at >= :after) IS NOT FALSE
                       AND (created_at < :before) IS NOT FALSE
                )
                SELECT (SELECT count(*) FROM candidates)::int AS examined, ARRAY(
                        SELECT message_id
                          FROM candidates
                         WHERE (channel_id IN (SELECT channel_id FROM readable)) IS TRUE
                           AND (NOT :mentions_viewer OR EXISTS (
                                SELECT FROM mentioned_agents
                                 WHERE account_id = :account_id AND message_id = candidates.message_id
                                   AND agent_id = :agent_id
                               ))
                         ORDER BY slice DESC, message_id DESC
                         LIMIT :limit - found
                       ) AS message_ids
               ) AS matches
         WHERE reached > oldest AND found < :limit AND walk.examined < :examined_limit
           AND newest - reached < :slices_limit
    )
    SELECT last.reached, last.reached > oldest, entry.slice, {_MESSAGE_COLUMNS}
      FROM (SELECT reached FROM walk ORDER BY step DESC LIMIT 1) AS last CROSS JOIN bounds
           LEFT JOIN LATERAL (
            SELECT unnest(message_ids) AS message_id FROM walk LIMIT :limit
           ) AS page ON true
           LEFT JOIN LATERAL (
            SELECT * FROM messages WHERE account_id = :account_id AND message_id = page.message_id LIMIT 1
           ) AS message ON true
           LEFT JOIN LATERAL (
            SELECT slice FROM search_entries WHERE account_id = :account_id AND message_id = page.message_id LIMIT 1
           ) AS entry ON true
     ORDER BY entry.slice DESC, message.message_id DESC
    """,  # noqa: S608
    account_id=Text,
    agent_id=Text,
    terms=Text,
    channel_id=IDENTIFIER,
    mentions_viewer=Boolean,
    after=TIMESTAMPTZ,
    before=TIMESTAMPTZ,
    after_slice=BigInteger,
    after_id=IDENTIFIER,
    widest=Integer,
    limit=Integer,
    examined_limit=Integer,
    slices_limit=Integer,
)


async def load_search_pages(
    connection: Connection, account_id: str, keys: list[SearchKey]
) -> dict[SearchKey, Page[FoundMessage]]:
    """Returns pages of messages. A page may have fewer messages than its size although there are more: if most matches
    are in channels that the agent cannot read."""
    return {key: await _page(connection, account_id, *key) for key in keys}


async def _page(
    connection: Connection,
    account_id: str,
    agent_id: str,
    parts: tuple[Part, ...],
    filter_: SearchFilter,
    request: PageRequest,
) -> Page[FoundMessage]:
    terms = _conditions(agent_id, parts, filter_)
    has_phrase = any(len(part.units) > 1 for part in parts)
    slices_at_once = PHRASE_SLICES_AT_ONCE if has_phrase else SLICES_AT_ONCE
    slices_limit = PHRASE_SLICES_LIMIT if has_phrase else SLICES_LIMIT
    after_slice, after_id = request.after or (None, None)
    records = await _SEARCH.fetch(
        connection,
        account_id=account_id,
        agent_id=agent_id,
        terms=f"({' & '.join(terms)})",
        channel_id=filter_.channel_id,
        mentions_viewer=filter_.mentions_viewer,
        after=filter_.after,
        before=filter_.before,
        after_slice=after_slice,
        after_id=UUID(str(after_id)) if after_id is not None else None,
        widest=max(1, min(slices_at_once, TERMS_AT_ONCE // "".join(terms).count(SLICE))),
        limit=request.size + 1,
        examined_limit=EXAMINED_LIMIT,
        slices_limit=slices_limit,
    )
    found = [
        FoundMessage(message, await _snippet(message, parts), slice_)
        for slice_, message in (
            (record[2], to_row(MessageRow, record[3:])) for record in records if record[2] is not None
        )
    ]
    reached, is_unfinished = records[0][:2] if records else (0, False)
    page = to_page(found, lambda index: (found[index].slice, str(found[index].message.message_id)), request)
    if is_unfinished and not page.has_next:
        return replace(page, has_next=True, end=(reached - 1, str(LAST_ID)))
    return page


async def _snippet(message: MessageRow, parts: Sequence[Part]) -> str:
    """Long texts take some milliseconds each."""
    await pause_if_due()
    return snippet(message.body, parts)


def _conditions(agent_id: str, parts: Sequence[Part], filter_: SearchFilter) -> list[str]:
    """Returns the conditions on the lexemes of a message, in the format of a tsquery."""
    alternatives = [
        [channel_term(filter_.channel_id)] if filter_.channel_id is not None else [],
        [author_term(filter_.author_id)] if filter_.author_id is not None else [],
        [mention_term(agent_id), GROUP_MENTION] if filter_.mentions_viewer else [],
        [content_term(content) for content in sorted(filter_.contents)],
        [card_term(kind) for kind in sorted(filter_.card_kinds)],
    ]
    facts = [any_of(terms) for terms in alternatives if terms]
    return [*map(condition, parts), *facts] or [any_of([EVERY_MESSAGE])]
