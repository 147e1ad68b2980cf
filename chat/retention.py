"""How long messages are kept: the account's setting applies unless the channel has an exception."""

from chat.errors import RefusalCode, Refused
from models.rows import AccountRow, ChannelRow

FOREVER = 0
"""The exception of a channel whose messages are kept forever. Without an exception it is None."""

DAYS_LIMIT = 36_500

EFFECTIVE_DAYS = f"nullif(coalesce(channels.retention_days, accounts.message_retention_days), {FOREVER})"
"""The SQL expression for `effective_days`."""


def effective_days(channel: ChannelRow, account: AccountRow) -> int | None:
    """Returns after how many days the channel's messages are removed; None if they are kept forever."""
    days = channel.retention_days if channel.retention_days is not None else account.message_retention_days
    return days or None


def check_days(days: int, *path: str) -> None:
    """Raises Refused INVALID for less than a day, and for more than a hundred years."""
    if not 1 <= days <= DAYS_LIMIT:
        raise Refused(RefusalCode.INVALID, f"Messages can be kept for 1 to {DAYS_LIMIT:,} days.", *path)


def retention_text(days: int | None) -> str | None:
    """Returns a channel's exception for the audit log; None for no exception."""
    return "forever" if days == FOREVER else None if days is None else str(days)
