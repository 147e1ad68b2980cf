"""Index the e-mails that could not be sent, whose number is a metric."""

from alembic import op


revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Builds the index while e-mails are written and sent. A migration that was interrupted has left an invalid one."""
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_emails_failed")
        op.create_index(
            "ix_emails_failed",
            "emails",
            ["account_id", "created_at"],
            postgresql_where="state = 'FAILED'",
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index("ix_emails_failed", "emails")
