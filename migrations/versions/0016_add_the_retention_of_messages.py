"""Let an account and its channels forget old messages.

Replies and forwards no longer have foreign keys to the messages that they refer to, which can be removed before them.
"""

from alembic import op


revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

REFERENCES = {
    "fk_messages_messages_account_id_reply_to_id": ("messages", "reply_to_id"),
    "fk_forwards_messages_account_id_original_id": ("forwards", "original_id"),
}
KINDS = [
    "MESSAGE_ADDED",
    "MESSAGE_EDITED",
    "MESSAGE_DELETED",
    "MESSAGE_REACTED",
    "MESSAGE_PINNED",
    "MEMBER_ADDED",
    "MEMBER_REMOVED",
    "MEMBER_CHANGED",
    "AUTHORS_CHANGED",
    "CHANNEL_CREATED",
    "CHANNEL_UPDATED",
    "MADE_PUBLIC",
    "MADE_PRIVATE",
    "AGENT_ADDED",
    "AGENT_CHANGED",
    "AGENT_DEACTIVATED",
    "AGENT_REACTIVATED",
    "MEMBERS_COUNTED",
    "SETTINGS_CHANGED",
]
ACTIONS = [
    "CHANNEL_CREATED",
    "CHANNEL_RENAMED",
    "CHANNEL_DESCRIBED",
    "CHANNEL_AVATAR_CHANGED",
    "CHANNEL_KIND_CHANGED",
    "CHANNEL_ARCHIVED",
    "CHANNEL_UNARCHIVED",
    "MEMBER_ADDED",
    "MEMBER_REMOVED",
    "MEMBER_ROLE_CHANGED",
    "AUTHOR_ADDED",
    "AUTHOR_REMOVED",
    "MESSAGE_DELETED",
    "AGENT_ADDED",
    "AGENT_ROLE_CHANGED",
    "AGENT_DEACTIVATED",
    "AGENT_REACTIVATED",
    "SETTING_CHANGED",
]


def upgrade() -> None:
    """Each statement is a transaction: writes lock the same tables, and would cause a deadlock if one lock waited for
    the next. A migration that was interrupted has executed some of them."""
    with op.get_context().autocommit_block():
        op.execute(
            "ALTER TABLE accounts ADD COLUMN IF NOT EXISTS message_retention_days integer,"
            " DROP CONSTRAINT IF EXISTS ck_accounts_retention_of_a_day,"
            " ADD CONSTRAINT ck_accounts_retention_of_a_day CHECK (message_retention_days >= 1)"
        )
        op.execute(
            "ALTER TABLE channels ADD COLUMN IF NOT EXISTS retention_days integer,"
            " ADD COLUMN IF NOT EXISTS expired_seq bigint NOT NULL DEFAULT 0,"
            " ADD COLUMN IF NOT EXISTS expired_posts bigint NOT NULL DEFAULT 0,"
            " DROP CONSTRAINT IF EXISTS ck_channels_retention_days,"
            " ADD CONSTRAINT ck_channels_retention_days CHECK (retention_days >= 0)"
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_channels_account_id_retention_days")
        op.execute(
            "CREATE INDEX CONCURRENTLY ix_channels_account_id_retention_days ON channels (account_id, retention_days)"
            " WHERE retention_days > 0"
        )
        for name, (table, _) in REFERENCES.items():
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
        _allow("changes", "kind", [*KINDS, "MESSAGES_EXPIRED"])
        _allow("audit_entries", "action", [*ACTIONS, "CHANNEL_RETENTION_CHANGED"])


def downgrade() -> None:
    """Removes references to messages that are gone."""
    op.execute("DELETE FROM audit_entries WHERE action = 'CHANNEL_RETENTION_CHANGED'")
    _allow("audit_entries", "action", ACTIONS)
    op.execute("UPDATE changes SET kind = 'CHANNEL_UPDATED' WHERE kind = 'MESSAGES_EXPIRED'")
    _allow("changes", "kind", KINDS)
    gone = (
        "NOT EXISTS (SELECT FROM messages AS original WHERE original.account_id = {0}.account_id"
        " AND original.message_id = {0}.{1})"
    )
    op.execute(f"UPDATE messages SET reply_to_id = NULL WHERE {gone.format('messages', 'reply_to_id')}")
    op.execute(f"DELETE FROM forwards WHERE {gone.format('forwards', 'original_id')}")
    for name, (table, column) in REFERENCES.items():
        op.create_foreign_key(op.f(name), table, "messages", ["account_id", column], ["account_id", "message_id"])
    op.drop_index(op.f("ix_channels_account_id_retention_days"), "channels")
    for column in ("expired_posts", "expired_seq", "retention_days"):
        op.drop_column("channels", column)
    op.drop_column("accounts", "message_retention_days")


def _allow(table: str, column: str, values: list[str]) -> None:
    allowed, name = ", ".join(f"'{value}'" for value in values), f"ck_{table}_{column}"
    op.execute(
        f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name},"
        f" ADD CONSTRAINT {name} CHECK ({column} IN ({allowed}))"
    )
