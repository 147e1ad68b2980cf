"""The destinations of a shared item: channels that the viewer can post in and active agents, in one list by name."""

from typing import NamedTuple, Self
from uuid import UUID

from sqlalchemy import and_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from chat.access import Seat, postable
from chat.naming import like_pattern
from chat.viewer import Viewer
from loaders.channels import seats_of_viewer
from loaders.pages import Cursor, Page, PageRequest, invalid_cursor, is_id, to_page
from models import Agent, Channel, Member
from models.enums import ChannelKind

AGENT, CHANNEL = "agent", "channel"
"""The second part of the list's sort key: the order of destinations with the same name."""


class _SortKey(NamedTuple):
    sort_name: str
    type: str
    id: str

    @classmethod
    def of(cls, cursor: Cursor) -> Self:
        """Returns the sort key in a cursor. Raises Denied BAD_USER_INPUT for an impossible one."""
        key = cls(*map(str, cursor))
        if key.type == AGENT or (key.type == CHANNEL and is_id(key.id)):
            return key
        raise invalid_cursor()


async def page_of_destinations(
    session: AsyncSession, viewer: Viewer, query: str | None, asked: PageRequest
) -> Page[Seat | Agent]:
    """Returns one page of both. Reads a full page of each, because the result could consist of only one kind."""
    after = _SortKey.of(asked.after) if asked.after else None
    found: list[tuple[_SortKey, Seat | Agent]] = [
        *[
            (_SortKey(seat.channel.sort_name, CHANNEL, str(seat.channel.channel_id)), seat)
            for seat in await _channels(session, viewer, query, after, asked.size + 1)
        ],
        *[
            (_SortKey(agent.sort_name, AGENT, agent.agent_id), agent)
            for agent in await _agents(session, viewer, query, after, asked.size + 1)
        ],
    ]
    found.sort(key=lambda key_and_destination: key_and_destination[0])
    del found[asked.size + 1 :]
    return to_page([destination for _, destination in found], [tuple(key) for key, _ in found], asked)


async def _channels(
    session: AsyncSession, viewer: Viewer, query: str | None, after: _SortKey | None, limit: int
) -> list[Seat]:
    # Direct messages are listed as agents.
    statement = seats_of_viewer(viewer).where(postable(), col(Channel.kind) != ChannelKind.DIRECT)
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
    session: AsyncSession, viewer: Viewer, query: str | None, after: _SortKey | None, limit: int
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
    """Returns the ids of the channel's active members, at most `limit`."""
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
