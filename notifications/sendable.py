"""Which notifications may still be sent. That is checked when an e-mail is stored, and again whenever it is sent."""

from sqlalchemy import ColumnElement, and_, any_, func, select
from sqlmodel import col

from chat.access import readable_by
from models import Account, Agent, Notification, NotificationPreference
from models.columns import ACCOUNT_ID


def _agent_gets_email() -> ColumnElement[bool]:
    """The agent is active, may use the chat, and has an address."""
    is_enabled = (
        select(and_(col(Account.chat_enabled), col(Agent.role) == any_(col(Account.enabled_roles))))
        .where(col(Account.account_id) == ACCOUNT_ID)
        .correlate_except(Account)
        .scalar_subquery()
    )
    return (
        select(and_(col(Agent.active), col(Agent.email).is_not(None), is_enabled))
        .where(col(Agent.account_id) == ACCOUNT_ID, col(Agent.agent_id) == col(Notification.agent_id))
        .correlate_except(Agent)
        .scalar_subquery()
    )


def _is_switched_on() -> ColumnElement[bool]:
    """The agent's preference for the type. Without a row, it is on."""
    preference = (
        select(col(NotificationPreference.email))
        .where(
            col(NotificationPreference.account_id) == ACCOUNT_ID,
            col(NotificationPreference.agent_id) == col(Notification.agent_id),
            col(NotificationPreference.type) == col(Notification.type),
        )
        .correlate_except(NotificationPreference)
        .scalar_subquery()
    )
    return func.coalesce(preference, True)


def _can_read() -> ColumnElement[bool]:
    return func.coalesce(readable_by(col(Notification.agent_id), col(Notification.channel_id)), False)


MAY_BE_SENT = and_(
    col(Notification.read_at).is_(None),
    _agent_gets_email(),
    _is_switched_on(),
    _can_read(),
)
"""The condition for notifications that are unread and whose agent may still get an e-mail about them. The message of a
notification is not deleted, because that deletes the notification."""
