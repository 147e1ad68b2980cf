"""Pages of the audit log."""

from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, bindparam, select, tuple_, union_all
from sqlmodel import col

from loaders.pages import Page, PageRequest, to_page
from models import AuditEntry
from models.columns import ACCOUNT_ID, IDENTIFIER, TIMESTAMPTZ
from models.database import Connection
from models.rows import AuditRow, columns, to_row
from models.statements import Conditions, FilteredStatement

LATEST = (datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))
"""The sort key after which the first page begins."""


class AuditFilter(NamedTuple):
    """Which entries to list: those of the channel, and those that the agent caused or that are about the agent."""

    agent_id: str | None
    channel_id: UUID | None


AuditKey = tuple[AuditFilter, PageRequest]
"""The entries to list, and the page to read."""


def _newest(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    is_after = tuple_(col(AuditEntry.created_at), col(AuditEntry.entry_id)) < tuple_(
        bindparam("after_time", type_=TIMESTAMPTZ), bindparam("after_id", type_=IDENTIFIER)
    )
    return (
        select(*columns(AuditRow))
        .where(col(AuditEntry.account_id) == ACCOUNT_ID, is_after, *conditions)
        .order_by(col(AuditEntry.created_at).desc(), col(AuditEntry.entry_id).desc())
        .limit(bindparam("limit"))
    )


def _select_entries(conditions: Conditions) -> Select[*tuple[Any, ...]]:
    return _newest(*conditions)


def _select_of_agent(conditions: Conditions) -> Select[*tuple[Any, ...]]:
    """Returns a SELECT of the entries that the agent caused and of those that are about the agent: two index ranges."""
    agent_id = bindparam("agent_id", type_=Text)
    caused = _newest(col(AuditEntry.actor_id) == agent_id, *conditions).subquery()
    about = _newest(
        col(AuditEntry.agent_id) == agent_id, col(AuditEntry.actor_id).is_distinct_from(agent_id), *conditions
    ).subquery()
    entries = union_all(select(*caused.c), select(*about.c)).subquery()
    return select(*entries.c).order_by(entries.c.created_at.desc(), entries.c.entry_id.desc()).limit(bindparam("limit"))


_OF_CHANNEL = col(AuditEntry.channel_id) == bindparam("channel_id", type_=IDENTIFIER)
_ENTRIES = FilteredStatement(_select_entries, _OF_CHANNEL)
_ENTRIES_OF_AGENT = FilteredStatement(_select_of_agent, _OF_CHANNEL)


async def load_audit_pages(
    connection: Connection, account_id: str, keys: list[AuditKey]
) -> dict[AuditKey, Page[AuditRow]]:
    """Returns pages of the audit log, newest entries first."""
    return {key: await _page(connection, account_id, *key) for key in keys}


async def _page(connection: Connection, account_id: str, filter_: AuditFilter, request: PageRequest) -> Page[AuditRow]:
    after_time, after_id = LATEST
    if request.after is not None:
        time, id = request.after
        after_time, after_id = datetime.fromisoformat(str(time)), UUID(str(id))
    of_agent = {"agent_id": filter_.agent_id} if filter_.agent_id is not None else {}
    records = await (_ENTRIES_OF_AGENT if of_agent else _ENTRIES).fetch(
        connection,
        account_id=account_id,
        channel_id=filter_.channel_id,
        after_time=after_time,
        after_id=after_id,
        limit=request.size + 1,
        **of_agent,
    )
    rows = [to_row(AuditRow, record) for record in records]
    return to_page(rows, lambda index: (rows[index].created_at.isoformat(), str(rows[index].entry_id)), request)
