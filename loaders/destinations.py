"""The destinations of a shared item: channels that the viewer can post in and active agents, in one list by name."""

from typing import Any, NamedTuple, Self
from uuid import UUID

from sqlalchemy import Select, Text, bindparam, select, tuple_
from sqlmodel import col

from chat.access import Seat, postable
from chat.naming import like_pattern
from loaders.channels import NameListKey, seats_of_agent
from loaders.pages import Cursor, Page, PageRequest, invalid_cursor, is_id, to_page
from models import Agent, Channel
from models.columns import ACCOUNT_ID, IDENTIFIER
from models.database import Connection
from models.enums import ChannelKind
from models.rows import AgentRow, columns, to_row
from models.statements import Conditions, FilteredStatement

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


def _select_channels(conditions: Conditions) -> Select[*tuple[Any, ...]]:
    """Direct messages are listed as agents."""
    return (
        seats_of_agent()
        .where(postable(), col(Channel.kind) != ChannelKind.DIRECT, *conditions)
        .order_by(col(Channel.sort_name), col(Channel.channel_id))
        .limit(bindparam("limit"))
    )


def _select_agents(conditions: Conditions) -> Select[*tuple[Any, ...]]:
    return (
        select(*columns(AgentRow))
        .where(
            col(Agent.account_id) == ACCOUNT_ID,
            col(Agent.active),
            col(Agent.agent_id) != bindparam("agent_id"),
            *conditions,
        )
        .order_by(col(Agent.sort_name), col(Agent.agent_id))
        .limit(bindparam("limit"))
    )


# A page that starts after an agent has the channels of the same name: they follow the agents. One that starts after a
# channel has no agents of that name.
_CHANNELS = FilteredStatement(
    _select_channels,
    col(Channel.sort_name).like(bindparam("pattern"), escape="\\"),
    tuple_(col(Channel.sort_name), col(Channel.channel_id))
    > tuple_(bindparam("after_name", type_=Text), bindparam("after_id", type_=IDENTIFIER)),
    col(Channel.sort_name) >= bindparam("from_name"),
)
_AGENTS = FilteredStatement(
    _select_agents,
    col(Agent.sort_name).like(bindparam("pattern"), escape="\\"),
    tuple_(col(Agent.sort_name), col(Agent.agent_id))
    > tuple_(bindparam("after_name", type_=Text), bindparam("after_id", type_=Text)),
    col(Agent.sort_name) > bindparam("beyond_name"),
)


async def load_destinations(
    connection: Connection, account_id: str, keys: list[NameListKey]
) -> dict[NameListKey, Page[Seat | AgentRow]]:
    return {key: await _page(connection, account_id, *key) for key in keys}


async def _page(
    connection: Connection, account_id: str, agent_id: str, query: str | None, request: PageRequest
) -> Page[Seat | AgentRow]:
    """Returns one page of both. Reads a full page of each, because the result could consist of only one kind."""
    after = _SortKey.of(request.after) if request.after else None
    after_channel = after if after is not None and after.type == CHANNEL else None
    after_agent = after if after is not None and after.type == AGENT else None
    common = {
        "account_id": account_id,
        "agent_id": agent_id,
        "pattern": like_pattern(query) if query else None,
        "limit": request.size + 1,
    }
    channels = await _CHANNELS.fetch(
        connection,
        **common,
        after_name=after_channel.sort_name if after_channel else None,
        after_id=UUID(after_channel.id) if after_channel else None,
        from_name=after_agent.sort_name if after_agent else None,
    )
    agents = await _AGENTS.fetch(
        connection,
        **common,
        after_name=after_agent.sort_name if after_agent else None,
        after_id=after_agent.id if after_agent else None,
        beyond_name=after_channel.sort_name if after_channel else None,
    )
    found: list[tuple[_SortKey, Seat | AgentRow]] = [
        *((_key_of_channel(seat), seat) for seat in Seat.of_all(channels)),
        *((_key_of_agent(agent), agent) for agent in (to_row(AgentRow, record) for record in agents)),
    ]
    found.sort(key=lambda key_and_destination: key_and_destination[0])
    del found[request.size + 1 :]
    return to_page([destination for _, destination in found], lambda index: tuple(found[index][0]), request)


def _key_of_channel(seat: Seat) -> _SortKey:
    return _SortKey(seat.channel.sort_name, CHANNEL, str(seat.channel.channel_id))


def _key_of_agent(agent: AgentRow) -> _SortKey:
    return _SortKey(agent.sort_name, AGENT, agent.agent_id)
