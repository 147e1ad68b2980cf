"""Version the access of an account, so that a write can check at its end that access has not changed."""

import sqlalchemy as sa
from alembic import op


revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The server default lets the previous release, which does not know the column, add accounts.
    op.add_column(
        "account_clocks", sa.Column("access_version", sa.BigInteger(), nullable=False, server_default=sa.text("0"))
    )


def downgrade() -> None:
    op.drop_column("account_clocks", "access_version")
