"""Count only active members in the member count of a channel."""

import sqlalchemy as sa
from alembic import op


revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _count("WHERE active")


def downgrade() -> None:
    _count("")


def _count(condition: str) -> None:
    """Changes only the channels whose count differs."""
    op.execute(
        sa.text(
            f"""
            UPDATE channels SET member_count = counted.members
              FROM (
                    SELECT channels.account_id, channels.channel_id, count(joined.agent_id) AS members
                      FROM channels
                           LEFT JOIN (
                                SELECT members.* FROM members JOIN agents USING (account_id, agent_id) {condition}
                           ) AS joined USING (account_id, channel_id)
                     GROUP BY channels.account_id, channels.channel_id
                   ) AS counted
             WHERE channels.account_id = counted.account_id AND channels.channel_id = counted.channel_id
               AND member_count <> counted.members
            """  # noqa: S608
        )
    )
