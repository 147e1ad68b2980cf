"""The account's settings. Administrators can change them even if the chat is disabled."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from chat.audit import AuditRecord
from chat.drafts import Given
from chat.errors import RefusalCode, Refused
from chat.locking import read_viewer
from chat.operation import Transaction, operation
from chat.retention import check_days
from chat.viewer import require_administrator
from models.enums import AgentRole, AuditAction, CardPreview, ChangeKind, Creators
from models.rows import AccountRow
from models.statements import sql

_LOCK_ACCOUNT = sql("SELECT FROM accounts WHERE account_id = :account_id FOR NO KEY UPDATE")

_UPDATE_ACCOUNT = sql(
    """
    UPDATE accounts
       SET chat_enabled = :chat_enabled, enabled_roles = :enabled_roles, who_creates_private = :who_creates_private,
           who_creates_announcement = :who_creates_announcement, card_preview = :card_preview,
           email_contents = :email_contents, members_pin = :members_pin,
           message_retention_days = :message_retention_days
     WHERE account_id = :account_id
    """
)


@dataclass(frozen=True)
class SettingsChanges:
    chat_enabled: Given[bool] | None = None
    enabled_roles: Given[list[AgentRole]] | None = None
    who_creates_private: Given[Creators] | None = None
    who_creates_announcement: Given[Creators] | None = None
    card_preview: Given[CardPreview] | None = None
    email_contents: Given[bool] | None = None
    members_pin: Given[bool] | None = None
    message_retention_days: Given[int | None] | None = None


@operation
async def update_account_settings(tx: Transaction, changes: SettingsChanges) -> AccountRow:
    """Changes the given settings and returns the account. Raises Denied for everyone but administrators, and Refused
    INVALID for settings that would lock administrators out, and for an invalid number of days."""
    await tx.fetch(_LOCK_ACCOUNT)
    account = require_administrator(await read_viewer(tx)).account
    changed = _changed(account, changes)
    if changed != account:
        await _UPDATE_ACCOUNT.fetch(tx.connection, **changed._asdict())
        tx.announce(ChangeKind.SETTINGS_CHANGED)
        tx.audit(*_audit_records(tx.actor_id, account, changed))
    return changed


def _audit_records(actor_id: str | None, before: AccountRow, after: AccountRow) -> Iterator[AuditRecord]:
    """Yields a record for each setting that changed."""
    for setting, old, new in zip(AccountRow._fields, before, after, strict=True):
        if old != new:
            action = AuditAction.SETTING_CHANGED
            yield AuditRecord(action, actor_id, setting=setting, before=_text(old), after=_text(new))


def _text(value: object) -> str | None:
    """Returns the value of a setting as clients send it: true, EVERYONE, 30. Lists are separated by commas."""
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case list():
            return ", ".join(value)
        case _:
            return str(value)


def _changed(account: AccountRow, changes: SettingsChanges) -> AccountRow:
    given = {
        field.name: value.value for field in fields(changes) if (value := getattr(changes, field.name)) is not None
    }
    if changes.enabled_roles:
        given["enabled_roles"] = _checked_roles(changes.enabled_roles.value)
    if changes.message_retention_days and changes.message_retention_days.value is not None:
        check_days(changes.message_retention_days.value, "messageRetentionDays")
    return account._replace(**given)


def _checked_roles(roles: Sequence[AgentRole]) -> list[str]:
    if AgentRole.ADMINISTRATOR not in roles:
        message = "ADMINISTRATOR cannot be removed: nobody could enable the chat again."
        raise Refused(RefusalCode.INVALID, message, "enabledRoles")
    return [role.value for role in AgentRole if role in roles]
