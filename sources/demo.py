"""The demo's modules: rows of the chat's own database."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlmodel import col

from chat.cards import Check
from models.demo_items import DemoItem
from models.enums import ItemKind
from sources.gateway import chunks
from sources.items import granted
from sources.verdicts import FORBIDDEN, REMOVED, ModuleFailed, Verdict


class DemoGateway:
    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions

    def calls(self, checks: Sequence[Check]) -> list[list[Check]]:
        return chunks(checks)

    async def ask(self, account_id: str, kind: ItemKind, checks: Sequence[Check]) -> Mapping[Check, Verdict]:
        items = await self._read(account_id, kind, {check.item_id for check in checks})
        return {check: _verdict(check, items.get(check.item_id)) for check in checks}

    async def aclose(self) -> None:
        """The sessions are not ours to close."""

    async def _read(self, account_id: str, kind: ItemKind, item_ids: set[str]) -> dict[str, DemoItem]:
        wanted = (
            select(DemoItem)
            .where(col(DemoItem.account_id) == account_id)
            .where(col(DemoItem.kind) == kind, col(DemoItem.item_id).in_(item_ids))
        )
        try:
            async with self._sessions() as session:
                return {item.item_id: item for item in await session.scalars(wanted)}
        except (SQLAlchemyError, OSError) as error:
            raise ModuleFailed(f"its rows could not be read ({type(error).__name__})") from None


def _verdict(check: Check, item: DemoItem | None) -> Verdict:
    if item is None or check.agent_id in item.hidden_from:
        return FORBIDDEN
    if item.removed:
        return REMOVED
    return granted(item.kind, {"title": item.title, "summary": item.summary, "url": item.url, "details": item.details})
