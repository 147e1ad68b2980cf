"""Finding the change after which a stream starts."""

from chat.errors import DenialCode, Denied
from chat.positions import decode_position
from live.changes import days_after
from models.database import Database

REPLAY_LIMIT = 10_000
"""How many changes a stream can be behind. Beyond that, RESYNC_REQUIRED: it is cheaper to fetch everything again."""


async def starting_change(database: Database, account_id: str, current: int, since: str | None) -> int:
    """Returns the number of the change after which the stream starts: that of the position `since`, or the account's
    current one. Raises Denied BAD_USER_INPUT for an invalid position, and RESYNC_REQUIRED for one that is too old, or
    ahead of the account because the database was restored."""
    if since is None:
        return current
    start = decode_position(since, account_id)
    behind = current - start
    if behind == 0:
        return start
    if 0 < behind <= REPLAY_LIMIT and await days_after(database, account_id, start) is not None:
        return start
    raise resync_required()


def resync_required() -> Denied:
    message = "The stream cannot be resumed from this position. Fetch the data again, then subscribe."
    return Denied(DenialCode.RESYNC_REQUIRED, message)
