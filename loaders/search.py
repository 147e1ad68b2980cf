"""Searching the messages that an agent can read now, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chat.search_query import Part, any_of, condition
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
from loaders.pages import Page, PageRequest, to_page
from loaders.search_statement import SEARCH
from loaders.snippets import SnippetSource
from models.database import Connection, Record
from models.enums import ItemKind
from models.rows import MessageRow, to_row

SLICES_AT_ONCE = 16
"""How many slices are read together at most. With a phrase only one: PostgreSQL compares each message with the phrase
once for each of the slices."""

TERMS_AT_ONCE = 64
"""How many lexemes are looked up together at most. PostgreSQL's time for more grows with the square of their number."""

EXAMINED_LIMIT = 50_000
"""After how many matches, readable or not, a page ends. The next one goes on from there."""

SLICES_LIMIT = 2_048
PHRASE_SLICES_LIMIT = 128
"""After how many slices a page ends. A phrase is compared with all messages that contain its words, so its pages end
earlier."""

_LAST_ID = UUID(int=2**128 - 1)


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
    """A message that was found, and what its snippet is made from. `slice`: its sort key, with its id."""

    message: MessageRow
    snippet: SnippetSource
    slice: int


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
    slices_at_once = 1 if has_phrase else SLICES_AT_ONCE
    slices_limit = PHRASE_SLICES_LIMIT if has_phrase else SLICES_LIMIT
    after_slice, after_id = request.after or (None, None)
    records = await SEARCH.fetch(
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
    found = [_found_message(record, parts) for record in records if record[2] is not None]
    reached, is_unfinished = records[0][:2] if records else (0, False)
    page = to_page(found, lambda index: (found[index].slice, str(found[index].message.message_id)), request)
    if is_unfinished and not page.has_next:
        return replace(page, has_next=True, end=(reached - 1, str(_LAST_ID)))
    return page


def _found_message(record: Record, parts: tuple[Part, ...]) -> FoundMessage:
    _, _, slice_, quoted, *values = record
    message = to_row(MessageRow, values)
    return FoundMessage(message, SnippetSource((message.body, quoted or ""), parts), slice_)


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
