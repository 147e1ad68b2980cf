"""Items for the demo, where no module of the platform is there to be asked."""

from typing import Any

from sqlalchemy import ForeignKeyConstraint, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.columns import TEXT_ARRAY, enum_check, enum_text, key_column
from models.enums import ItemKind


class DemoItem(SQLModel, table=True):
    """An item as its module would answer it. Whoever is in `hidden_from` may not see it, nor learn that it is gone."""

    __tablename__ = "demo_items"
    __table_args__ = (
        ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),
        enum_check("kind", ItemKind),
    )

    account_id: str = key_column()
    kind: ItemKind = key_column(enum_text(ItemKind))
    item_id: str = key_column()
    title: str = Field(sa_type=Text)
    summary: str | None = Field(default=None, sa_type=Text)
    url: str | None = Field(default=None, sa_type=Text)
    details: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    hidden_from: list[str] = Field(default_factory=list, sa_type=TEXT_ARRAY)
    removed: bool = False
