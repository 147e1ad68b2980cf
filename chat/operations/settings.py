"""The account's settings. Administrators can change them even if the chat is disabled."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import col

from chat.drafts import Given
from chat.errors import RefusalCode, Refused
from chat.locking import read_viewer
from chat.operation import Transaction, operation
from chat.viewer import require_administrator
from models import Account
from models.enums import AgentRole, CardPreview, ChangeKind, Creators


@dataclass(frozen=True)
class SettingsChanges:
    chat_enabled: Given[bool] | None = None
    enabled_roles: Given[list[AgentRole]] | None = None
    who_creates_private: Given[Creators] | None = None
    who_creates_announcement: Given[Creators] | None = None
    card_preview: Given[CardPreview] | None = None
    email_contents: Given[bool] | None = None


@operation
async def update_account_settings(tx: Transaction, changes: SettingsChanges) -> Account:
    """Changes the given settings and returns the account. Raises Denied for everyone but administrators, and Refused
    INVALID for settings that would lock administrators out."""
    account = await tx.session.scalar(select(Account).where(col(Account.account_id) == tx.account_id).with_for_update())
    require_administrator(await read_viewer(tx))
    assert account is not None
    if changes.chat_enabled:
        account.chat_enabled = changes.chat_enabled.value
    if changes.enabled_roles:
        account.enabled_roles = _checked_roles(changes.enabled_roles.value)
    if changes.who_creates_private:
        account.who_creates_private = changes.who_creates_private.value
    if changes.who_creates_announcement:
        account.who_creates_announcement = changes.who_creates_announcement.value
    if changes.card_preview:
        account.card_preview = changes.card_preview.value
    if changes.email_contents:
        account.email_contents = changes.email_contents.value
    if tx.session.is_modified(account):
        await tx.session.flush()
        tx.announce(ChangeKind.SETTINGS_CHANGED)
    return account


def _checked_roles(roles: Sequence[AgentRole]) -> list[str]:
    if AgentRole.ADMINISTRATOR not in roles:
        message = "ADMINISTRATOR cannot be removed: nobody could enable the chat again."
        raise Refused(RefusalCode.INVALID, message, "enabledRoles")
    return [role.value for role in AgentRole if role in roles]
