"""Notifications, and the personal settings that decide about them."""

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Select, Text, and_, bindparam, func, select, tuple_
from sqlmodel import col

from chat.access import Pair, pair_arrays, readable_by
from chat.notification_rules import Switches
from chat.quiet_hours import QuietTimes
from loaders.pages import Page, PageRequest, to_page
from models import Agent, Notification, NotificationPreference, QuietHours
from models.columns import ACCOUNT_ID, IDENTIFIER, TIMESTAMPTZ, is_one_of
from models.database import Connection
from models.enums import NotificationType
from models.rows import NotificationRow, QuietHoursRow, columns, to_optional_row, to_row
from models.statements import Conditions, FilteredStatement, Statement, keys_table, rows_of_keys

BellKey = tuple[str, bool, PageRequest]
"""An agent, whether to list only unread notifications, and the page to read."""

Preferences = dict[NotificationType, Switches]


def _select_bell(conditions: Conditions) -> Select[*tuple[Any, ...]]:
    agent_id = bindparam("agent_id", type_=Text)
    return (
        select(*columns(NotificationRow))
        .where(
            col(Notification.account_id) == ACCOUNT_ID,
            col(Notification.agent_id) == agent_id,
            col(Notification.bell),
            readable_by(agent_id, col(Notification.channel_id)),
            *conditions,
        )
        .order_by(col(Notification.created_at).desc(), col(Notification.message_id).desc())
        .limit(bindparam("limit"))
    )


def _select_notifications() -> Select[*tuple[Any, ...]]:
    keys = keys_table(agent_id=Text, id=IDENTIFIER)
    has_key = and_(
        col(Notification.account_id) == ACCOUNT_ID,
        col(Notification.agent_id) == keys.c.agent_id,
        col(Notification.message_id) == keys.c.id,
    )
    return rows_of_keys(keys, select(*columns(NotificationRow)).where(has_key))


_BELL = FilteredStatement(
    _select_bell,
    and_(col(Notification.read_at).is_(None), bindparam("unread_only", type_=Boolean)),
    tuple_(col(Notification.created_at), col(Notification.message_id))
    < tuple_(bindparam("after_time", type_=TIMESTAMPTZ), bindparam("after_id", type_=IDENTIFIER)),
)
_NOTIFICATIONS = Statement(_select_notifications())
_UNREAD_COUNTS = Statement(
    select(col(Notification.agent_id), func.count())
    .where(
        col(Notification.account_id) == ACCOUNT_ID,
        is_one_of(col(Notification.agent_id), "agent_ids"),
        col(Notification.read_at).is_(None),
        col(Notification.bell),
    )
    .group_by(col(Notification.agent_id))
)
_PREFERENCES = Statement(
    select(
        col(NotificationPreference.agent_id),
        col(NotificationPreference.type),
        col(NotificationPreference.bell),
        col(NotificationPreference.email),
    ).where(
        col(NotificationPreference.account_id) == ACCOUNT_ID,
        is_one_of(col(NotificationPreference.agent_id), "agent_ids"),
    )
)
_has_quiet_hours = and_(
    col(QuietHours.account_id) == col(Agent.account_id), col(QuietHours.agent_id) == col(Agent.agent_id)
)
_QUIET_TIMES = Statement(
    select(col(Agent.agent_id), col(Agent.do_not_disturb_until), *columns(QuietHoursRow))
    .outerjoin(QuietHours, _has_quiet_hours)
    .where(col(Agent.account_id) == ACCOUNT_ID, is_one_of(col(Agent.agent_id), "agent_ids"))
)


async def load_bells(
    connection: Connection, account_id: str, keys: list[BellKey]
) -> dict[BellKey, Page[NotificationRow]]:
    """Returns pages of the agents' notifications, newest first."""
    return {key: await _bell(connection, account_id, *key) for key in keys}


async def load_notifications(connection: Connection, account_id: str, pairs: list[Pair]) -> dict[Pair, NotificationRow]:
    """Returns what was decided about each agent and message. The caller has checked that the agent can read it."""
    records = await _NOTIFICATIONS.fetch(connection, account_id=account_id, **pair_arrays(pairs))
    rows = [to_row(NotificationRow, record) for record in records]
    return {(row.agent_id, row.message_id): row for row in rows}


async def load_unread_counts(connection: Connection, account_id: str, agent_ids: list[str]) -> dict[str, int]:
    """Returns how many unread notifications the bell of each agent shows."""
    records = await _UNREAD_COUNTS.fetch(connection, account_id=account_id, agent_ids=agent_ids)
    return {agent_id: count for agent_id, count in records}  # noqa: C416 (a record is not a tuple)


async def load_preferences(connection: Connection, account_id: str, agent_ids: list[str]) -> dict[str, Preferences]:
    """Returns the agents' switches for the types of notification for which they changed one."""
    found: dict[str, Preferences] = defaultdict(dict)
    for agent_id, type_of, bell, email in await _PREFERENCES.fetch(
        connection, account_id=account_id, agent_ids=agent_ids
    ):
        found[agent_id][NotificationType(type_of)] = Switches(bell, email)
    return found


async def load_quiet_times(connection: Connection, account_id: str, agent_ids: list[str]) -> dict[str, QuietTimes]:
    records = await _QUIET_TIMES.fetch(connection, account_id=account_id, agent_ids=agent_ids)
    return {record[0]: QuietTimes(record[1], to_optional_row(QuietHoursRow, record[2:])) for record in records}


async def _bell(
    connection: Connection, account_id: str, agent_id: str, unread_only: bool, request: PageRequest
) -> Page[NotificationRow]:
    after_time, after_id = request.after or (None, None)
    records = await _BELL.fetch(
        connection,
        account_id=account_id,
        agent_id=agent_id,
        unread_only=True if unread_only else None,
        after_time=datetime.fromisoformat(str(after_time)) if after_time is not None else None,
        after_id=UUID(str(after_id)) if after_id is not None else None,
        limit=request.size + 1,
    )
    rows = [to_row(NotificationRow, record) for record in records]
    return to_page(rows, lambda index: (rows[index].created_at.isoformat(), str(rows[index].message_id)), request)
