"""Add the search index, and list the accounts whose messages are to be indexed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_entries",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("channel_id", sa.UUID(), nullable=False),
        sa.Column("slice", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("terms", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "message_id"],
            ["messages.account_id", "messages.message_id"],
            name=op.f("fk_search_entries_messages_account_id_message_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "message_id", name=op.f("pk_search_entries")),
    )
    op.create_index(
        op.f("ix_search_entries_terms"),
        "search_entries",
        ["terms"],
        unique=False,
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.create_index(
        op.f("ix_search_entries_account_id_created_at_slice"),
        "search_entries",
        ["account_id", "created_at", "slice"],
        unique=False,
    )
    op.create_table(
        "search_backfills",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("before_id", sa.UUID(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_search_backfills_accounts_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_search_backfills")),
    )
    op.execute(
        sa.text(
            "INSERT INTO search_backfills (account_id, position) SELECT account_id, change FROM account_clocks"
            " WHERE change > 0"
        )
    )


def downgrade() -> None:
    op.drop_table("search_backfills")
    op.drop_table("search_entries")
