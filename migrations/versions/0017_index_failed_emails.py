"""Index the e-mails that could not be sent, whose number is a metric."""

from alembic import op


revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_emails_failed",
        "emails",
        ["account_id", "created_at"],
        unique=False,
        postgresql_where="state = 'FAILED'",
    )
