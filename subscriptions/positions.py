"""Where a stream starts."""

from chat.errors import DenialCode, Denied
from chat.positions import decode_position
from chat.viewer import Viewer
from subscriptions.changes import is_kept
from subscriptions.hub import Hub

REPLAY_LIMIT = 10_000
"""A position further behind than this gets RESYNC_REQUIRED: fetching anew is cheaper."""


async def starting_change(hub: Hub, viewer: Viewer, now: int, since: str | None) -> int:
    """Returns the change to start after; raises Denied BAD_USER_INPUT, or RESYNC_REQUIRED for a position that is too
    old, or ahead of the account (a database that was restored)."""
    if since is None:
        return now
    start = decode_position(since, viewer.account_id)
    behind = now - start
    if behind == 0 or (0 < behind <= REPLAY_LIMIT and await is_kept(hub.sessions, viewer.account_id, start + 1)):
        return start
    raise resync()


def resync() -> Denied:
    return Denied(DenialCode.RESYNC_REQUIRED, "This position cannot be resumed from: fetch anew, then subscribe.")
