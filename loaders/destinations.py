"""Where an item can be shared: the channels in which the viewer can post, and colleagues, as one list by name."""

from typing import NamedTuple, Self
from uuid import UUID

from sqlalchemy import and_, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from chat.access import Seat
from chat.naming import like_pattern
from chat.viewer import Viewer
from loaders.channels import seats_of_viewer
from loaders.pages import Cursor, Page, Slice, is_id, to_page, unusable_cursor
from models import Agent, Author, Channel, Member
from models.enums import ChannelKind

AGENT, CHANNEL = "agent", "channel"
"""How a destination sorts beside one of the same name: the second part of the list's key."""


class _Place(NamedTuple):
    sort_name: str
    type: str
    id: str

    @classmethod
    def of(cls, cursor: Cursor) -> Self:
        """Returns the place behind a cursor; raises Denied BAD_USER_INPUT for what is none."""
        place = cls(*map(str, cursor))
        if place.type == AGENT or (place.type == CHANNEL and is_id(place.id)):
            return place
        raise unusable_cursor()


async def page_of_destinations(
    session: AsyncSession, viewer: Viewer, query: str | None, asked: Page
) -> Slice[Seat | Agent]:
    """Returns one page of both: each is read as far as the page could need it, so the cost is that of two pages."""
    after = _Place.of(asked.after) if asked.after else None
    found: list[tuple[_Place, Seat | Agent]] = [
        *[
            (_Place(seat.channel.sort_name, CHANNEL, str(seat.channel.channel_id)), seat)
            for seat in await _channels(session, viewer, query, after, asked.size + 1)
        ],
        *[
            (_Place(agent.sort_name, AGENT, agent.agent_id), agent)
            for agent in await _agents(session, viewer, query, after, asked.size + 1)
        ],
    ]
    found.sort(key=lambda place_and_destination: place_and_destination[0])
    del found[asked.size + 1 :]
    return to_page([destination for _, destination in found], [tuple(place) for place, _ in found], asked)


async def _channels(
    session: AsyncSession, viewer: Viewer, query: str | None, after: _Place | None, limit: int
) -> list[Seat]:
    statement = seats_of_viewer(viewer).where(
        col(Member.agent_id).is_not(None),
        col(Channel.archived_at).is_(None),
        or_(
            col(Channel.kind).in_([ChannelKind.PUBLIC, ChannelKind.PRIVATE]),
            and_(col(Channel.kind) == ChannelKind.ANNOUNCEMENT, col(Author.agent_id).is_not(None)),
        ),
    )
    if query:
        statement = statement.where(col(Channel.sort_name).like(like_pattern(query), escape="\\"))
    if after is not None and after.type == CHANNEL:
        key = tuple_(col(Channel.sort_name), col(Channel.channel_id))
        statement = statement.where(key > tuple_(after.sort_name, UUID(after.id)))
    elif after is not None:
        statement = statement.where(col(Channel.sort_name) >= after.sort_name)
    rows = await session.execute(statement.order_by(col(Channel.sort_name), col(Channel.channel_id)).limit(limit))
    return [Seat.from_row(row) for row in rows]


async def _agents(
    session: AsyncSession, viewer: Viewer, query: str | None, after: _Place | None, limit: int
) -> list[Agent]:
    statement = select(Agent).where(
        col(Agent.account_id) == viewer.account_id, col(Agent.active), col(Agent.agent_id) != viewer.agent_id
    )
    if query:
        statement = statement.where(col(Agent.sort_name).like(like_pattern(query), escape="\\"))
    if after is not None and after.type == AGENT:
        key = tuple_(col(Agent.sort_name), col(Agent.agent_id))
        statement = statement.where(key > tuple_(after.sort_name, after.id))
    elif after is not None:
        statement = statement.where(col(Agent.sort_name) > after.sort_name)
    return list(await session.scalars(statement.order_by(col(Agent.sort_name), col(Agent.agent_id)).limit(limit)))


async def read_member_ids(session: AsyncSession, account_id: str, channel_id: UUID, limit: int) -> list[str]:
    """Returns the active members of a channel, at most so many."""
    return list(
        await session.scalars(
            select(col(Member.agent_id))
            .join(
                Agent,
                and_(col(Agent.account_id) == col(Member.account_id), col(Agent.agent_id) == col(Member.agent_id)),
            )
            .where(col(Member.account_id) == account_id, col(Member.channel_id) == channel_id, col(Agent.active))
            .limit(limit)
        )
    )
