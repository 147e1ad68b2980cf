"""Members and authors of channels, personal notes, and unread mentions.

The channels must have been found through `chat.access`. A page of members is read for many channels in one statement:
LATERAL reads each channel's page.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, bindparam, func, select, true, tuple_
from sqlmodel import col

from chat.access import Pair, pair_arrays
from chat.naming import like_pattern
from loaders.pages import Cursor, Page, PageRequest, to_page
from models import Agent, Author, Member, MentionedAgent, PersonalNote
from models.columns import ACCOUNT_ID, IDENTIFIER
from models.database import Connection, Record
from models.enums import MemberRole
from models.rows import MemberRow, columns, to_row
from models.statements import Conditions, FilteredStatement, Statement, keys_table, one_row, rows_of_keys


@dataclass(frozen=True)
class MemberFilter:
    """A page of members ordered by name: only those whose name contains `query` and whose role is `role`."""

    page: PageRequest
    query: str | None = None
    role: MemberRole | None = None


Person = TypeVar("Person")
Wanted = TypeVar("Wanted", MemberFilter, PageRequest)

MembersKey = tuple[UUID, MemberFilter]
AuthorsKey = tuple[UUID, PageRequest]


def _select_pages(
    person: type[Member] | type[Author], read: list[ColumnElement[Any]], conditions: Conditions
) -> Select[*tuple[Any, ...]]:
    """Returns a SELECT of a page of each of the channels `ids`: the channel, the sort name, and the columns to read."""
    keys = keys_table(id=IDENTIFIER)
    page = (
        select(*read, col(Agent.sort_name))
        .join(Agent, _agent_of(person))
        .where(col(person.account_id) == ACCOUNT_ID, col(person.channel_id) == keys.c.id, *conditions)
        .order_by(col(Agent.sort_name), col(Agent.agent_id))
        .limit(bindparam("limit"))
        .lateral("page")
    )
    return (
        select(keys.c.id, page.c.sort_name, *(page.c[str(column.key)] for column in read))
        .join(page, true())
        .order_by(keys.c.id, page.c.sort_name, page.c.agent_id)
    )


def _select_unread_mentions() -> Select[*tuple[Any, ...]]:
    """LATERAL reads one range of the key for each pair, starting at the marker, so earlier mentions are not read."""
    keys = keys_table(agent_id=Text, id=IDENTIFIER)
    has_key = and_(
        col(Member.account_id) == ACCOUNT_ID,
        col(Member.agent_id) == keys.c.agent_id,
        col(Member.channel_id) == keys.c.id,
    )
    member = one_row(select(col(Member.read_seq)).where(has_key), "member")
    unread = (
        select(func.count().label("count"))
        .where(
            col(MentionedAgent.account_id) == ACCOUNT_ID,
            col(MentionedAgent.agent_id) == keys.c.agent_id,
            col(MentionedAgent.channel_id) == keys.c.id,
            col(MentionedAgent.seq) > member.c.read_seq,
        )
        .lateral("unread")
    )
    return (
        select(keys.c.agent_id, keys.c.id, unread.c.count).select_from(keys).join(member, true()).join(unread, true())
    )


def _select_notes() -> Select[*tuple[Any, ...]]:
    keys = keys_table(agent_id=Text, id=IDENTIFIER)
    has_key = and_(
        col(PersonalNote.account_id) == ACCOUNT_ID,
        col(PersonalNote.agent_id) == keys.c.agent_id,
        col(PersonalNote.channel_id) == keys.c.id,
    )
    return select(keys.c.agent_id, keys.c.id, col(PersonalNote.note)).join(PersonalNote, has_key)


def _agent_of(person: type[Member] | type[Author]) -> ColumnElement[bool]:
    return and_(col(Agent.account_id) == col(person.account_id), col(Agent.agent_id) == col(person.agent_id))


_is_after = tuple_(col(Agent.sort_name), col(Agent.agent_id)) > tuple_(
    bindparam("after_name", type_=Text), bindparam("after_id", type_=Text)
)
_MEMBERS = FilteredStatement(
    lambda conditions: _select_pages(Member, columns(MemberRow), conditions),
    col(Agent.sort_name).like(bindparam("pattern"), escape="\\"),
    col(Member.role) == bindparam("role"),
    _is_after,
)
_AUTHORS = FilteredStatement(
    lambda conditions: _select_pages(Author, [col(Author.agent_id)], conditions),  # type: ignore[list-item]
    _is_after,
)


def _select_active_members() -> Select[*tuple[Any, ...]]:
    keys = keys_table(channel_id=IDENTIFIER)
    members = (
        select(col(Member.channel_id), col(Member.agent_id))
        .join(Agent, _agent_of(Member))
        .where(col(Member.account_id) == ACCOUNT_ID, col(Member.channel_id) == keys.c.channel_id, col(Agent.active))
    )
    return rows_of_keys(keys, members)


_ACTIVE_MEMBERS = Statement(_select_active_members())
_NOTES = Statement(_select_notes())
_UNREAD_MENTIONS = Statement(_select_unread_mentions())


async def load_members(
    connection: Connection, account_id: str, keys: list[MembersKey]
) -> dict[MembersKey, Page[MemberRow]]:
    found: dict[MembersKey, Page[MemberRow]] = {}
    for wanted, channel_ids in _grouped(keys).items():
        after_name, after_id = wanted.page.after or (None, None)
        records = await _MEMBERS.fetch(
            connection,
            account_id=account_id,
            ids=channel_ids,
            pattern=like_pattern(wanted.query) if wanted.query else None,
            role=wanted.role,
            after_name=after_name,
            after_id=after_id,
            limit=wanted.page.size + 1,
        )
        pages = _pages(records, wanted.page, lambda values: to_row(MemberRow, values))
        found |= {(channel_id, wanted): page for channel_id, page in pages.items()}
    return found


async def load_authors(connection: Connection, account_id: str, keys: list[AuthorsKey]) -> dict[AuthorsKey, Page[str]]:
    """Returns pages of the ids of the announcements' authors."""
    found: dict[AuthorsKey, Page[str]] = {}
    for request, channel_ids in _grouped(keys).items():
        after_name, after_id = request.after or (None, None)
        records = await _AUTHORS.fetch(
            connection,
            account_id=account_id,
            ids=channel_ids,
            after_name=after_name,
            after_id=after_id,
            limit=request.size + 1,
        )
        pages = _pages(records, request, lambda values: str(values[0]))
        found |= {(channel_id, request): page for channel_id, page in pages.items()}
    return found


async def load_active_members(
    connection: Connection, account_id: str, channel_ids: list[UUID]
) -> dict[UUID, list[str]]:
    """Returns the ids of the channels' active members. The channels are small: a shared item's access is not counted in
    larger ones."""
    found: dict[UUID, list[str]] = defaultdict(list)
    records = await _ACTIVE_MEMBERS.fetch(connection, account_id=account_id, channel_ids=channel_ids)
    for channel_id, agent_id in records:
        found[channel_id].append(agent_id)
    return found


async def load_notes(connection: Connection, account_id: str, pairs: list[Pair]) -> dict[Pair, str]:
    records = await _NOTES.fetch(connection, account_id=account_id, **pair_arrays(pairs))
    return {(agent_id, channel_id): note for agent_id, channel_id, note in records}


async def load_unread_mentions(connection: Connection, account_id: str, pairs: list[Pair]) -> dict[Pair, int]:
    """Returns how many messages after the read marker mention the member."""
    records = await _UNREAD_MENTIONS.fetch(connection, account_id=account_id, **pair_arrays(pairs))
    return {(agent_id, channel_id): count for agent_id, channel_id, count in records}


def _grouped(keys: list[tuple[UUID, Wanted]]) -> dict[Wanted, list[UUID]]:
    """Groups the keys, so that the same page of many channels is read in one statement."""
    grouped: dict[Wanted, list[UUID]] = defaultdict(list)
    for channel_id, wanted in keys:
        grouped[wanted].append(channel_id)
    return grouped


def _pages(
    records: Iterable[Record], request: PageRequest, person_of: Callable[[Sequence[Any]], Person]
) -> dict[UUID, Page[Person]]:
    """Returns the page of each channel. The agent's id is the first of the columns that were read of a person."""
    people: dict[UUID, list[Person]] = defaultdict(list)
    keys: dict[UUID, list[Cursor]] = defaultdict(list)
    for record in records:
        channel_id, sort_name, agent_id = record[:3]
        people[channel_id].append(person_of(record[2:]))
        keys[channel_id].append((sort_name, agent_id))
    return {channel_id: to_page(found, keys[channel_id].__getitem__, request) for channel_id, found in people.items()}
