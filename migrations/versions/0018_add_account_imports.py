"""Add the accounts that are being imported."""

import sqlalchemy as sa
from alembic import op


revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_imports",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("archive_id", sa.UUID(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_part", sa.Integer(), nullable=False),
        sa.Column("held_back_parts", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("indexes", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_imports")),
    )


def downgrade() -> None:
    op.drop_table("account_imports")
