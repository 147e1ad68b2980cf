"""Seats: channels as an agent sees them, by id and in lists."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from chat.access import Pair, Seat, seats, seats_of
from chat.naming import like_pattern
from chat.viewer import Viewer
from loaders.pages import Cursor, Page, PageRequest, to_page
from models import Agent, Channel, Member
from models.enums import ChannelKind

Seats = Select[Agent, Channel, Member, str, Agent]


@dataclass(frozen=True)
class SidebarFilter:
    """Which of the viewer's channels to list: those of these kinds (None: all), either archived or not, and all or only
    unread ones."""

    kinds: tuple[ChannelKind, ...] | None
    archived: bool
    unread_only: bool


async def load_seats(session: AsyncSession, account_id: str, pairs: list[Pair]) -> dict[Pair, Seat]:
    rows = await session.execute(seats_of(account_id, pairs))
    found = [Seat.from_row(row) for row in rows]
    return {(seat.agent.agent_id, seat.channel.channel_id): seat for seat in found}


async def page_of_sidebar(
    session: AsyncSession, viewer: Viewer, wanted: SidebarFilter, asked: PageRequest
) -> Page[Seat]:
    """Returns the viewer's channels, most recently active first. PostgreSQL sorts the viewer's memberships, so the cost
    grows with their number, not with the number of messages."""
    statement = seats_of_viewer(viewer).where(col(Member.agent_id).is_not(None))
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


async def page_of_discovery(session: AsyncSession, viewer: Viewer, query: str | None, asked: PageRequest) -> Page[Seat]:
    """Returns the public channels and announcements that are not archived, ordered by name."""
    statement = seats_of_viewer(viewer).where(
        col(Channel.kind).in_([ChannelKind.PUBLIC, ChannelKind.ANNOUNCEMENT]), col(Channel.archived_at).is_(None)
    )
    return await _page_by_name(session, statement, query, asked)


async def page_of_manageable(
    session: AsyncSession, viewer: Viewer, query: str | None, asked: PageRequest
) -> Page[Seat]:
    """Returns all channels of the account except direct messages, ordered by name, for administrators."""
    statement = seats_of_viewer(viewer).where(col(Channel.kind) != ChannelKind.DIRECT)
    return await _page_by_name(session, statement, query, asked)


async def read_seats_of_viewer(session: AsyncSession, viewer: Viewer) -> list[Seat]:
    """Returns the viewer's seats in all channels that they are a member of, for a stream over all of them."""
    rows = await session.execute(seats_of_viewer(viewer).where(col(Member.agent_id).is_not(None)))
    return [Seat.from_row(row) for row in rows]


def seats_of_viewer(viewer: Viewer) -> Seats:
    """Returns a SELECT of the viewer's seats in all channels that they can see."""
    return seats().where(col(Agent.account_id) == viewer.account_id, col(Agent.agent_id) == viewer.agent_id)


async def _page_by_name(session: AsyncSession, statement: Seats, query: str | None, asked: PageRequest) -> Page[Seat]:
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
