"""The destinations of a shared item: channels that the viewer can post in and active agents, in one list by name."""

from typing import NamedTuple, Self
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from chat.access import Seat, postable
from chat.naming import like_pattern
from loaders.channels import NameListKey, seats_of_agent
from loaders.pages import Cursor, Page, invalid_cursor, is_id, to_page
from models import Agent, Channel
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


async def load_destinations(
    session: AsyncSession, account_id: str, keys: list[NameListKey]
) -> dict[NameListKey, Page[Seat | Agent]]:
    return {key: await _page(session, account_id, key) for key in keys}


async def _page(session: AsyncSession, account_id: str, key: NameListKey) -> Page[Seat | Agent]:
    """Returns one page of both. Reads a full page of each, because the result could consist of only one kind."""
    agent_id, query, asked = key
    after = _SortKey.of(asked.after) if asked.after else None
    found: list[tuple[_SortKey, Seat | Agent]] = [
        *[
            (_SortKey(seat.channel.sort_name, CHANNEL, str(seat.channel.channel_id)), seat)
            for seat in await _channels(session, account_id, agent_id, query, after, asked.size + 1)
        ],
        *[
            (_SortKey(agent.sort_name, AGENT, agent.agent_id), agent)
            for agent in await _agents(session, account_id, agent_id, query, after, asked.size + 1)
        ],
    ]
    found.sort(key=lambda key_and_destination: key_and_destination[0])
    del found[asked.size + 1 :]
    return to_page([destination for _, destination in found], [tuple(key) for key, _ in found], asked)


async def _channels(
    session: AsyncSession, account_id: str, agent_id: str, query: str | None, after: _SortKey | None, limit: int
) -> list[Seat]:
    # Direct messages are listed as agents.
    statement = seats_of_agent(account_id, agent_id).where(postable(), col(Channel.kind) != ChannelKind.DIRECT)
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
    session: AsyncSession, account_id: str, agent_id: str, query: str | None, after: _SortKey | None, limit: int
) -> list[Agent]:
    statement = select(Agent).where(
        col(Agent.account_id) == account_id, col(Agent.active), col(Agent.agent_id) != agent_id
    )
    if query:
        statement = statement.where(col(Agent.sort_name).like(like_pattern(query), escape="\\"))
    if after is not None and after.type == AGENT:
        key = tuple_(col(Agent.sort_name), col(Agent.agent_id))
        statement = statement.where(key > tuple_(after.sort_name, after.id))
    elif after is not None:
        statement = statement.where(col(Agent.sort_name) > after.sort_name)
    return list(await session.scalars(statement.order_by(col(Agent.sort_name), col(Agent.agent_id)).limit(limit)))
