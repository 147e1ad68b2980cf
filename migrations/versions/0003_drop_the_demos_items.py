"""Drop the demo's items. The demo answers from a file, so no database needs the table."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("demo_items")


def downgrade() -> None:
    """Creates the table without rows."""
    op.create_table(
        "demo_items",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.Column("hidden_from", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('CONVERSATION', 'CONTACT', 'DEAL', 'TASK', 'CATALOG_PRODUCT', 'CHARGE', 'CALENDAR_EVENT', "
            "'WHATSAPP_BROADCAST', 'CAMPAIGN')",
            name=op.f("ck_demo_items_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_demo_items_accounts_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "kind", "item_id", name=op.f("pk_demo_items")),
    )
