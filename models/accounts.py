"""Accounts, which are the tenants: their settings and their clocks."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Date, Text, text, true
from sqlmodel import Field, SQLModel

from models.columns import TEXT_ARRAY, TIMESTAMPTZ, enum_check, enum_text, key_column
from models.enums import AgentRole, CardPreview, Creators


class Account(SQLModel, table=True):
    """A tenant and its settings. ADMINISTRATOR is always among the enabled roles, so that a wrong setting can be
    corrected."""

    __tablename__ = "accounts"
    __table_args__ = (
        enum_check("who_creates_private", Creators),
        enum_check("who_creates_announcement", Creators),
        enum_check("card_preview", CardPreview),
        CheckConstraint("message_retention_days >= 1", name="retention_of_a_day"),
        CheckConstraint("'ADMINISTRATOR' = ANY (enabled_roles)", name="administrators_enabled"),
    )

    account_id: str = key_column()
    name: str = Field(sa_type=Text)
    chat_enabled: bool = False
    enabled_roles: list[str] = Field(
        default_factory=lambda: [AgentRole.AGENT.value, AgentRole.ADMINISTRATOR.value], sa_type=TEXT_ARRAY
    )
    who_creates_private: Creators = Field(default=Creators.CHANNEL_MANAGERS, sa_type=enum_text(Creators))
    who_creates_announcement: Creators = Field(default=Creators.CHANNEL_MANAGERS, sa_type=enum_text(Creators))
    card_preview: CardPreview = Field(default=CardPreview.WITH_ACCESS, sa_type=enum_text(CardPreview))
    email_contents: bool = True
    members_pin: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    message_retention_days: int | None = None
    """After how many days messages are removed; None: never. Channels can have exceptions (`chat.retention`)."""

    created_at: datetime = Field(sa_type=TIMESTAMPTZ)


class AccountClock(SQLModel, table=True):
    """The number of the account's last change. Every write locks this row last, so changes commit in numerical order.

    It is a separate table to which no foreign key points: locking the counter in `accounts` would block every insert
    that refers to the account. The fill factor leaves room for HOT updates, which write no index entry.
    """

    __tablename__ = "account_clocks"
    __table_args__ = ({"postgresql_with": {"fillfactor": 50}},)

    account_id: str = key_column()
    change: int = Field(default=0, sa_type=BigInteger)
    access_version: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    """Increases with every change that affects who can use the chat: of the account's settings, and of an agent's role
    or activity. A write that finds another version at its end than at its start reads them again."""

    day: date = Field(default=date.min, sa_type=Date, sa_column_kwargs={"server_default": text("'-infinity'")})
    """The day of the last change, by which `changes` is partitioned. Before the first change: -infinity, which the
    driver returns as `date.min`."""
