"""What forwarded messages quote."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, select, true
from sqlmodel import col

from models import Forward
from models.columns import ACCOUNT_ID, IDENTIFIER
from models.database import Connection
from models.rows import ForwardRow, columns, to_row
from models.statements import Statement, keys_table, one_row


def _select_forwards() -> Select[*tuple[Any, ...]]:
    keys = keys_table(message_id=IDENTIFIER)
    has_key = and_(col(Forward.account_id) == ACCOUNT_ID, col(Forward.message_id) == keys.c.message_id)
    forward = one_row(select(*columns(ForwardRow)).where(has_key), "forward")
    return select(*forward.c).select_from(keys).join(forward, true())


_FORWARDS = Statement(_select_forwards())


async def load_forwards(connection: Connection, account_id: str, message_ids: list[UUID]) -> dict[UUID, ForwardRow]:
    """Returns what these messages quote, without those that are no forwards. Their readers may read the quotations,
    whatever their access to the originals."""
    records = await _FORWARDS.fetch(connection, account_id=account_id, message_ids=message_ids)
    forwards = [to_row(ForwardRow, record) for record in records]
    return {forward.message_id: forward for forward in forwards}
