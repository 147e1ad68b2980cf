"""Seats: channels as an agent sees them, by id and in lists."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from chat.access import Pair, Seat, seats, seats_of
from chat.naming import like_pattern
from loaders.pages import Cursor, Page, PageRequest, to_page
from models import Agent, Channel, Member
from models.columns import is_one_of
from models.enums import ChannelKind

Seats = Select[Agent, Channel, Member, str, Agent]

NameListKey = tuple[str, str | None, PageRequest]
"""An agent, what the names contain, and the page to read for the agent."""


@dataclass(frozen=True)
class SidebarFilter:
    """Which of the viewer's channels to list: those of these kinds (None: all), either archived or not, and all or only
    unread ones."""

    kinds: tuple[ChannelKind, ...] | None
    archived: bool
    unread_only: bool


SidebarKey = tuple[str, SidebarFilter, PageRequest]
"""An agent, and the page of their sidebar."""


async def load_seats(session: AsyncSession, account_id: str, pairs: list[Pair]) -> dict[Pair, Seat]:
    rows = await session.execute(seats_of(account_id, pairs))
    found = [Seat.from_row(row) for row in rows]
    return {(seat.agent.agent_id, seat.channel.channel_id): seat for seat in found}


async def load_joined_channels(session: AsyncSession, account_id: str, agent_ids: list[str]) -> dict[str, list[Seat]]:
    """Returns the agents' seats in all channels that they are a member of, for streams over all of them."""
    rows = await session.execute(
        seats().where(
            col(Agent.account_id) == account_id,
            is_one_of(col(Agent.agent_id), agent_ids),
            col(Member.agent_id).is_not(None),
        )
    )
    found: dict[str, list[Seat]] = defaultdict(list)
    for row in rows:
        seat = Seat.from_row(row)
        found[seat.agent.agent_id].append(seat)
    return found


async def load_sidebars(session: AsyncSession, account_id: str, keys: list[SidebarKey]) -> dict[SidebarKey, Page[Seat]]:
    """Returns pages of the agents' channels, most recently active first. PostgreSQL sorts an agent's memberships, so
    the cost grows with their number, not with the number of messages."""
    return {key: await _sidebar(session, account_id, *key) for key in keys}


async def load_discovery(
    session: AsyncSession, account_id: str, keys: list[NameListKey]
) -> dict[NameListKey, Page[Seat]]:
    """Returns pages of the public channels and announcements that are not archived, ordered by name."""
    found = col(Channel.kind).in_([ChannelKind.PUBLIC, ChannelKind.ANNOUNCEMENT]), col(Channel.archived_at).is_(None)
    return {key: await _page_by_name(session, account_id, key, *found) for key in keys}


async def load_manageable(
    session: AsyncSession, account_id: str, keys: list[NameListKey]
) -> dict[NameListKey, Page[Seat]]:
    """Returns pages of all channels of the account except direct messages, ordered by name. The agents must be
    administrators."""
    return {key: await _page_by_name(session, account_id, key, col(Channel.kind) != ChannelKind.DIRECT) for key in keys}


def seats_of_agent(account_id: str, agent_id: str) -> Seats:
    """Returns a SELECT of the agent's seats in all channels that they can see."""
    return seats().where(col(Agent.account_id) == account_id, col(Agent.agent_id) == agent_id)


async def _sidebar(
    session: AsyncSession, account_id: str, agent_id: str, wanted: SidebarFilter, asked: PageRequest
) -> Page[Seat]:
    statement = seats_of_agent(account_id, agent_id).where(col(Member.agent_id).is_not(None))
    statement = statement.where(col(Channel.archived_at).is_not(None) == wanted.archived)
    if wanted.kinds is not None:
        statement = statement.where(col(Channel.kind).in_(wanted.kinds))
    if wanted.unread_only:
        statement = statement.where(col(Channel.post_count) > col(Member.read_posts))
    if asked.after:
        moment, channel_id = asked.after
        after = (datetime.fromisoformat(str(moment)), UUID(str(channel_id)))
        statement = statement.where(tuple_(col(Channel.last_activity_at), col(Channel.channel_id)) < tuple_(*after))
    statement = statement.order_by(col(Channel.last_activity_at).desc(), col(Channel.channel_id).desc())
    return await _page(session, statement, asked, _by_activity)


async def _page_by_name(
    session: AsyncSession, account_id: str, key: NameListKey, *conditions: ColumnElement[bool]
) -> Page[Seat]:
    agent_id, query, asked = key
    statement = seats_of_agent(account_id, agent_id).where(*conditions)
    if query:
        statement = statement.where(col(Channel.sort_name).like(like_pattern(query), escape="\\"))
    if asked.after:
        name, channel_id = asked.after
        after = (str(name), UUID(str(channel_id)))
        statement = statement.where(tuple_(col(Channel.sort_name), col(Channel.channel_id)) > tuple_(*after))
    statement = statement.order_by(col(Channel.sort_name), col(Channel.channel_id))
    return await _page(session, statement, asked, _by_name)


async def _page(
    session: AsyncSession, statement: Seats, asked: PageRequest, sort_key: Callable[[Seat], Cursor]
) -> Page[Seat]:
    rows = await session.execute(statement.limit(asked.size + 1))
    found: Sequence[Seat] = [Seat.from_row(row) for row in rows]
    return to_page(found, [sort_key(seat) for seat in found], asked)


def _by_activity(seat: Seat) -> Cursor:
    return seat.channel.last_activity_at.isoformat(), str(seat.channel.channel_id)


def _by_name(seat: Seat) -> Cursor:
    return seat.channel.sort_name, str(seat.channel.channel_id)
