"""The bell: marking notifications as read, and the preferences for each type of notification."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, Text

from chat.bell import IS_UNREAD, MARK_READ
from chat.drafts import Given
from chat.errors import RefusalCode, Refused
from chat.locking import require_viewer
from chat.operation import Transaction, operation
from models.columns import IDENTIFIER, TIMESTAMPTZ
from models.enums import NotificationType
from models.statements import sql

NOTIFICATIONS_LIMIT = 1_000
"""How many ids one call may contain. To mark all notifications, the list is omitted."""

_CHANNELS_OF_READ = """
    WITH read AS (
        UPDATE notifications SET {} WHERE {} RETURNING channel_id
    )
    SELECT DISTINCT channel_id FROM read
    """
_MARK_ALL = sql(_CHANNELS_OF_READ.format(MARK_READ, IS_UNREAD), agent_id=Text, now=TIMESTAMPTZ)
_MARK_SOME = sql(
    _CHANNELS_OF_READ.format(MARK_READ, f"{IS_UNREAD} AND message_id = ANY (:message_ids)"),
    agent_id=Text,
    now=TIMESTAMPTZ,
    message_ids=ARRAY(IDENTIFIER),
)
_SET_PREFERENCE = sql(
    """
    INSERT INTO notification_preferences AS preference (account_id, agent_id, type, bell, email)
    VALUES (:account_id, :agent_id, :type, coalesce(:bell, true), coalesce(:email, true))
    ON CONFLICT (account_id, agent_id, type) DO UPDATE
       SET bell = coalesce(:bell, preference.bell), email = coalesce(:email, preference.email)
    """,
    type=Text,
    bell=Boolean,
    email=Boolean,
)


@operation
async def mark_notifications_read(tx: Transaction, message_ids: Sequence[UUID] | None) -> None:
    """Marks the viewer's notifications of these messages as read, or all if `message_ids` is None. Ignores messages
    without one. Cancels the unsent e-mails, and signals the change to the viewer's other devices. Raises Refused
    INVALID."""
    agent_id = (await require_viewer(tx)).agent_id
    if message_ids is None:
        channels = await tx.fetch(_MARK_ALL, agent_id=agent_id, now=tx.now)
    else:
        _check_number(message_ids)
        channels = await tx.fetch(_MARK_SOME, agent_id=agent_id, message_ids=message_ids, now=tx.now)
    for (channel_id,) in channels:
        tx.signal_devices(agent_id, channel_id)


@operation
async def update_notification_preference(
    tx: Transaction, type: NotificationType, bell: Given[bool] | None, email: Given[bool] | None
) -> None:
    """Changes the given switches of the viewer for this type of notification."""
    viewer = await require_viewer(tx)
    await tx.fetch(
        _SET_PREFERENCE,
        agent_id=viewer.agent_id,
        type=type,
        bell=bell.value if bell else None,
        email=email.value if email else None,
    )


def _check_number(message_ids: Sequence[UUID]) -> None:
    if len(message_ids) > NOTIFICATIONS_LIMIT:
        message = f"At most {NOTIFICATIONS_LIMIT:,} notification ids can be given in one call."
        raise Refused(RefusalCode.INVALID, message, "notificationIds")
