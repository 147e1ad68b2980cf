"""The tenants: each with its settings, and its clock."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Text
from sqlmodel import Field, SQLModel

from models.columns import TEXT_ARRAY, TIMESTAMPTZ, enum_check, enum_text, key
from models.enums import AgentRole, CardPreview, Creators


class Account(SQLModel, table=True):
    """An administrator's role is always enabled, so that a mistaken setting can be taken back."""

    __tablename__ = "accounts"
    __table_args__ = (
        enum_check("who_creates_private", Creators),
        enum_check("who_creates_announcement", Creators),
        enum_check("card_preview", CardPreview),
        CheckConstraint("'ADMINISTRATOR' = ANY (enabled_roles)", name="administrators_enabled"),
    )

    account_id: str = key()
    name: str = Field(sa_type=Text)
    chat_enabled: bool = False
    enabled_roles: list[str] = Field(
        default_factory=lambda: [AgentRole.AGENT.value, AgentRole.ADMINISTRATOR.value], sa_type=TEXT_ARRAY
    )
    who_creates_private: Creators = Field(default=Creators.CHANNEL_MANAGERS, sa_type=enum_text(Creators))
    who_creates_announcement: Creators = Field(default=Creators.CHANNEL_MANAGERS, sa_type=enum_text(Creators))
    card_preview: CardPreview = Field(default=CardPreview.WITH_ACCESS, sa_type=enum_text(CardPreview))
    email_contents: bool = True
    created_at: datetime = Field(sa_type=TIMESTAMPTZ)


class AccountClock(SQLModel, table=True):
    """How many changes the account has seen. Its row is locked last in every write, so changes commit in order.

    A table of its own that no foreign key points to: locked through `accounts`, every insert that refers to the
    account would wait for it. The fill factor leaves room for updates in place (no index entry is written).
    """

    __tablename__ = "account_clocks"
    __table_args__ = ({"postgresql_with": {"fillfactor": 50}},)

    account_id: str = key()
    change: int = Field(default=0, sa_type=BigInteger)
