"""Members and authors of channels, personal notes, and unread mentions.

The channels must have been found through `chat.access`. A page of members is read for many channels in one statement:
LATERAL reads each channel's page.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from chat.access import Pair, ids_table, pairs_table
from chat.naming import like_pattern
from loaders.pages import Page, PageRequest, to_page
from models import Agent, Author, Member, MentionedAgent, PersonalNote
from models.columns import is_one_of
from models.enums import MemberRole


@dataclass(frozen=True)
class MemberFilter:
    """A page of members ordered by name: only those whose name contains `query` and whose role is `role`."""

    page: PageRequest
    query: str | None = None
    role: MemberRole | None = None


Person = TypeVar("Person", Member, Author)
Wanted = TypeVar("Wanted", MemberFilter, PageRequest)

MembersKey = tuple[UUID, MemberFilter]
AuthorsKey = tuple[UUID, PageRequest]


async def load_members(
    session: AsyncSession, account_id: str, keys: list[MembersKey]
) -> dict[MembersKey, Page[Member]]:
    found: dict[MembersKey, Page[Member]] = {}
    for wanted, channel_ids in _grouped(keys).items():
        statement = select(Member, col(Agent.sort_name)).join(Agent, _agent_of(Member))
        if wanted.query:
            statement = statement.where(col(Agent.sort_name).like(like_pattern(wanted.query), escape="\\"))
        if wanted.role:
            statement = statement.where(col(Member.role) == wanted.role)
        pages = await _pages(session, account_id, channel_ids, wanted.page, statement, Member)
        found |= {(channel_id, wanted): slice_ for channel_id, slice_ in pages.items()}
    return found


async def load_authors(
    session: AsyncSession, account_id: str, keys: list[AuthorsKey]
) -> dict[AuthorsKey, Page[Author]]:
    found: dict[AuthorsKey, Page[Author]] = {}
    for page, channel_ids in _grouped(keys).items():
        statement = select(Author, col(Agent.sort_name)).join(Agent, _agent_of(Author))
        pages = await _pages(session, account_id, channel_ids, page, statement, Author)
        found |= {(channel_id, page): slice_ for channel_id, slice_ in pages.items()}
    return found


async def load_active_members(session: AsyncSession, account_id: str, channel_ids: list[UUID]) -> dict[UUID, list[str]]:
    """Returns the ids of the channels' active members. The channels are small: a shared item's access is not counted in
    larger ones."""
    rows = await session.execute(
        select(col(Member.channel_id), col(Member.agent_id))
        .join(Agent, _agent_of(Member))
        .where(col(Member.account_id) == account_id, is_one_of(col(Member.channel_id), channel_ids), col(Agent.active))
    )
    found: dict[UUID, list[str]] = defaultdict(list)
    for channel_id, agent_id in rows:
        found[channel_id].append(agent_id)
    return found


async def load_notes(session: AsyncSession, account_id: str, pairs: list[Pair]) -> dict[Pair, str]:
    asked = pairs_table(pairs)
    rows = await session.execute(
        select(asked.c.agent_id, asked.c.id, col(PersonalNote.note)).join(
            PersonalNote,
            and_(
                col(PersonalNote.account_id) == account_id,
                col(PersonalNote.agent_id) == asked.c.agent_id,
                col(PersonalNote.channel_id) == asked.c.id,
            ),
        )
    )
    return {(agent_id, channel_id): note for agent_id, channel_id, note in rows}


async def load_unread_mentions(session: AsyncSession, account_id: str, pairs: list[Pair]) -> dict[Pair, int]:
    """Returns how many messages after the read marker mention the member. LATERAL reads one range of the key for each,
    starting at the marker, so earlier mentions are not read."""
    asked = pairs_table(pairs)
    unread = (
        select(func.count().label("count"))
        .where(
            col(MentionedAgent.account_id) == account_id,
            col(MentionedAgent.agent_id) == asked.c.agent_id,
            col(MentionedAgent.channel_id) == asked.c.id,
            col(MentionedAgent.seq) > col(Member.read_seq),
        )
        .correlate(asked, Member)
        .lateral("unread")
    )
    rows = await session.execute(
        select(asked.c.agent_id, asked.c.id, unread.c.count)
        .join(
            Member,
            and_(
                col(Member.account_id) == account_id,
                col(Member.agent_id) == asked.c.agent_id,
                col(Member.channel_id) == asked.c.id,
            ),
        )
        .join(unread, true())
    )
    return {(agent_id, channel_id): count for agent_id, channel_id, count in rows}


def _grouped(keys: list[tuple[UUID, Wanted]]) -> dict[Wanted, list[UUID]]:
    """Groups the keys, so that the same page of many channels is read in one statement."""
    grouped: dict[Wanted, list[UUID]] = defaultdict(list)
    for channel_id, wanted in keys:
        grouped[wanted].append(channel_id)
    return grouped


async def _pages(
    session: AsyncSession,
    account_id: str,
    channel_ids: list[UUID],
    page: PageRequest,
    people: Select[Person, str],
    person: type[Person],
) -> dict[UUID, Page[Person]]:
    asked = ids_table(channel_ids)
    statement = people.where(col(person.account_id) == account_id, col(person.channel_id) == asked.c.id)
    if page.after:
        statement = statement.where(tuple_(col(Agent.sort_name), col(Agent.agent_id)) > tuple_(*page.after))
    lateral = statement.order_by(col(Agent.sort_name), col(Agent.agent_id)).limit(page.size + 1).lateral("page")
    rows = await session.execute(
        select(asked.c.id, aliased(person, lateral), lateral.c.sort_name)
        .join(lateral, true())
        .order_by(asked.c.id, lateral.c.sort_name, lateral.c.agent_id)
    )
    found: dict[UUID, list[tuple[Person, str]]] = defaultdict(list)
    for channel_id, row, sort_name in rows:
        found[channel_id].append((row, sort_name))
    return {
        channel_id: to_page(
            [row for row, _ in people_found],
            [(sort_name, row.agent_id) for row, sort_name in people_found],
            page,
        )
        for channel_id, people_found in found.items()
    }


def _agent_of(person: type[Member] | type[Author]) -> ColumnElement[bool]:
    return and_(col(Agent.account_id) == col(person.account_id), col(Agent.agent_id) == col(person.agent_id))
