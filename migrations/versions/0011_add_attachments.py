"""Add attachments, the files to delete, and images as avatars of channels."""

import sqlalchemy as sa
from alembic import op


revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attachments",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("attachment_id", sa.UUID(), nullable=False),
        sa.Column("uploader_id", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("declared_type", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("byte_size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("storage_key", sa.Text(), nullable=True),
        sa.Column("thumbnail_key", sa.Text(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("waveform", sa.LargeBinary(), nullable=True),
        sa.Column("message_id", sa.UUID(), nullable=True),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('IMAGE', 'AUDIO', 'VIDEO', 'FILE')", name=op.f("ck_attachments_kind")),
        sa.CheckConstraint("byte_size > 0", name=op.f("ck_attachments_not_empty")),
        sa.CheckConstraint(
            "(storage_key IS NULL) = (content_type IS NULL) AND (storage_key IS NULL) = (sha256 IS NULL)",
            name=op.f("ck_attachments_received_completely"),
        ),
        sa.CheckConstraint(
            "message_id IS NULL OR storage_key IS NOT NULL", name=op.f("ck_attachments_received_before_sent")
        ),
        sa.CheckConstraint("(message_id IS NULL) = (place IS NULL)", name=op.f("ck_attachments_place_in_message")),
        sa.CheckConstraint(
            "(message_id IS NULL) = (expires_at IS NOT NULL)", name=op.f("ck_attachments_expires_until_sent")
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "uploader_id"],
            ["agents.account_id", "agents.agent_id"],
            name=op.f("fk_attachments_agents_account_id_uploader_id"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "message_id"],
            ["messages.account_id", "messages.message_id"],
            name=op.f("fk_attachments_messages_account_id_message_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "attachment_id", name=op.f("pk_attachments")),
        sa.UniqueConstraint(
            "account_id", "message_id", "place", name=op.f("uq_attachments_account_id_message_id_place")
        ),
    )
    op.create_index(
        op.f("ix_attachments_account_id_uploader_id_expires_at"),
        "attachments",
        ["account_id", "uploader_id", "expires_at"],
        unique=False,
        postgresql_where="message_id IS NULL",
    )
    op.create_index(
        op.f("ix_attachments_account_id_expires_at"),
        "attachments",
        ["account_id", "expires_at"],
        unique=False,
        postgresql_where="message_id IS NULL",
    )
    op.create_table(
        "unused_files",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("storage_key", sa.Text(), nullable=False),
        sa.Column("delete_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "storage_key", name=op.f("pk_unused_files")),
    )
    op.create_index(
        op.f("ix_unused_files_account_id_delete_at"), "unused_files", ["account_id", "delete_at"], unique=False
    )
    op.add_column("channels", sa.Column("avatar_key", sa.Text(), nullable=True))
    op.create_index(
        op.f("ix_channels_account_id_avatar_key"),
        "channels",
        ["account_id", "avatar_key"],
        unique=True,
        postgresql_where="avatar_key IS NOT NULL",
    )
    op.create_check_constraint(
        op.f("ck_channels_icon_or_image"), "channels", "avatar_icon IS NULL OR avatar_key IS NULL"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_channels_icon_or_image"), "channels")
    op.drop_index(op.f("ix_channels_account_id_avatar_key"), table_name="channels")
    op.drop_column("channels", "avatar_key")
    op.drop_table("unused_files")
    op.drop_table("attachments")
