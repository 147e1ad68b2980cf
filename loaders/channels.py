"""Seats: channels as an agent sees them, by id and in lists."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Select, Text, bindparam, func, tuple_
from sqlmodel import col

from chat.access import Pair, Seat, pair_arrays, seats, seats_of_pairs
from chat.naming import like_pattern
from loaders.pages import Cursor, Page, PageRequest, to_page
from models import Agent, Channel, Member
from models.columns import IDENTIFIER, TIMESTAMPTZ, is_one_of, is_one_of_members
from models.database import Connection, Record
from models.enums import ChannelKind
from models.statements import Conditions, FilteredStatement, Statement

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


def seats_of_agent() -> Select[*tuple[Any, ...]]:
    """Returns a SELECT of the seats of the agent `agent_id` in all channels that they can see."""
    return seats().where(col(Agent.agent_id) == bindparam("agent_id"))


def _select_sidebar(conditions: Conditions) -> Select[*tuple[Any, ...]]:
    return (
        seats_of_agent()
        .where(
            col(Member.agent_id).is_not(None),
            col(Channel.archived_at).is_not(None) == bindparam("archived", type_=Boolean),
            col(Channel.post_count) - func.greatest(col(Member.read_posts), col(Channel.expired_posts))
            >= bindparam("least_unread"),
            *conditions,
        )
        .order_by(col(Member.favourite).desc(), col(Channel.last_activity_at).desc(), col(Channel.channel_id).desc())
        .limit(bindparam("limit"))
    )


def _select_by_name(conditions: Conditions) -> Select[*tuple[Any, ...]]:
    return (
        seats_of_agent()
        .where(*conditions)
        .order_by(col(Channel.sort_name), col(Channel.channel_id))
        .limit(bindparam("limit"))
    )


def _select_discoverable(conditions: Conditions) -> Select[*tuple[Any, ...]]:
    is_listed = is_one_of_members(col(Channel.kind), [ChannelKind.PUBLIC, ChannelKind.ANNOUNCEMENT])
    return _select_by_name([is_listed, col(Channel.archived_at).is_(None), *conditions])


def _select_manageable(conditions: Conditions) -> Select[*tuple[Any, ...]]:
    return _select_by_name([col(Channel.kind) != ChannelKind.DIRECT, *conditions])


_SEATS = Statement(seats_of_pairs())

_JOINED = Statement(seats().where(is_one_of(col(Agent.agent_id), "agent_ids"), col(Member.agent_id).is_not(None)))

_SIDEBAR = FilteredStatement(
    _select_sidebar,
    is_one_of(col(Channel.kind), "kinds"),
    tuple_(col(Member.favourite), col(Channel.last_activity_at), col(Channel.channel_id))
    < tuple_(
        bindparam("after_favourite", type_=Boolean),
        bindparam("after_time", type_=TIMESTAMPTZ),
        bindparam("after_id", type_=IDENTIFIER),
    ),
)

_BY_NAME = (
    col(Channel.sort_name).like(bindparam("pattern"), escape="\\"),
    tuple_(col(Channel.sort_name), col(Channel.channel_id))
    > tuple_(bindparam("after_name", type_=Text), bindparam("after_id", type_=IDENTIFIER)),
)
_DISCOVERABLE = FilteredStatement(_select_discoverable, *_BY_NAME)
_MANAGEABLE = FilteredStatement(_select_manageable, *_BY_NAME)


async def load_seats(connection: Connection, account_id: str, pairs: list[Pair]) -> dict[Pair, Seat]:
    records = await _SEATS.fetch(connection, account_id=account_id, **pair_arrays(pairs))
    return {(seat.agent.agent_id, seat.channel.channel_id): seat for seat in Seat.of_all(records)}


async def load_joined_channels(connection: Connection, account_id: str, agent_ids: list[str]) -> dict[str, list[Seat]]:
    """Returns the agents' seats in all channels that they are a member of, for streams over all of them."""
    found: dict[str, list[Seat]] = defaultdict(list)
    for seat in Seat.of_all(await _JOINED.fetch(connection, account_id=account_id, agent_ids=agent_ids)):
        found[seat.agent.agent_id].append(seat)
    return found


async def load_sidebars(
    connection: Connection, account_id: str, keys: list[SidebarKey]
) -> dict[SidebarKey, Page[Seat]]:
    """Returns pages of the agents' channels: favourites first, then the most recently active. PostgreSQL sorts an
    agent's memberships, so the cost grows with their number, not with the number of messages."""
    return {key: await _sidebar(connection, account_id, *key) for key in keys}


async def load_discovery(
    connection: Connection, account_id: str, keys: list[NameListKey]
) -> dict[NameListKey, Page[Seat]]:
    """Returns pages of the public channels and announcements that are not archived, ordered by name."""
    return {key: await _page_by_name(connection, account_id, _DISCOVERABLE, *key) for key in keys}


async def load_manageable(
    connection: Connection, account_id: str, keys: list[NameListKey]
) -> dict[NameListKey, Page[Seat]]:
    """Returns pages of all channels of the account except direct messages, ordered by name. The agents must be
    administrators."""
    return {key: await _page_by_name(connection, account_id, _MANAGEABLE, *key) for key in keys}


async def _sidebar(
    connection: Connection, account_id: str, agent_id: str, filter_: SidebarFilter, request: PageRequest
) -> Page[Seat]:
    after_favourite, after_time, after_id = request.after or (None, None, None)
    records = await _SIDEBAR.fetch(
        connection,
        account_id=account_id,
        agent_id=agent_id,
        archived=filter_.archived,
        least_unread=1 if filter_.unread_only else 0,
        kinds=filter_.kinds,
        after_favourite=bool(after_favourite) if after_favourite is not None else None,
        after_time=datetime.fromisoformat(str(after_time)) if after_time is not None else None,
        after_id=UUID(str(after_id)) if after_id is not None else None,
        limit=request.size + 1,
    )
    return _page(records, request, _by_favourite_and_activity)


async def _page_by_name(
    connection: Connection,
    account_id: str,
    statement: FilteredStatement,
    agent_id: str,
    query: str | None,
    request: PageRequest,
) -> Page[Seat]:
    after_name, after_id = request.after or (None, None)
    records = await statement.fetch(
        connection,
        account_id=account_id,
        agent_id=agent_id,
        pattern=like_pattern(query) if query else None,
        after_name=after_name,
        after_id=UUID(str(after_id)) if after_id is not None else None,
        limit=request.size + 1,
    )
    return _page(records, request, _by_name)


def _page(records: Sequence[Record], request: PageRequest, sort_key: Callable[[Seat], Cursor]) -> Page[Seat]:
    found = Seat.of_all(records)
    return to_page(found, lambda index: sort_key(found[index]), request)


def _by_favourite_and_activity(seat: Seat) -> Cursor:
    is_favourite = seat.member is not None and seat.member.favourite
    return int(is_favourite), seat.channel.last_activity_at.isoformat(), str(seat.channel.channel_id)


def _by_name(seat: Seat) -> Cursor:
    return seat.channel.sort_name, str(seat.channel.channel_id)
