"""Let a change report that the members of channels were counted again."""

from alembic import op


revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KINDS = [
    "MESSAGE_ADDED",
    "MESSAGE_EDITED",
    "MESSAGE_DELETED",
    "MESSAGE_REACTED",
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
    "SETTINGS_CHANGED",
]


def upgrade() -> None:
    _allow([*KINDS, "MEMBERS_COUNTED"])


def downgrade() -> None:
    """Announces counted members as changed agents."""
    op.execute("UPDATE changes SET kind = 'AGENT_CHANGED' WHERE kind = 'MEMBERS_COUNTED'")
    _allow(KINDS)


def _allow(kinds: list[str]) -> None:
    allowed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("ck_changes_kind"), "changes")
    op.create_check_constraint(op.f("ck_changes_kind"), "changes", f"kind IN ({allowed})")
