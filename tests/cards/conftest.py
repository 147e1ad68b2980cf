"""Items of the demo's modules, which answer from the database of the run."""

import pytest
from sqlalchemy import insert

from models import DemoItem
from models.enums import ItemKind
from tests.api import Api, House

KINDS = list(ItemKind)


async def add_item(api: Api, house: House, kind: ItemKind, item_id: str, *, hidden_from: list[str]) -> None:
    """Lets the kind's module own an item that everybody of the house but these may see."""
    async with api.engine.begin() as connection:
        await connection.execute(
            insert(DemoItem).values(
                account_id=house.account_id,
                kind=kind,
                item_id=item_id,
                title=f"Secret title of {item_id}",
                summary=f"Secret summary of {item_id}",
                url=f"https://app.example.com/{item_id}",
                details={},
                hidden_from=hidden_from,
                removed=False,
            )
        )


@pytest.fixture
async def shop(api: Api, house: House) -> House:
    """A house with one item of each kind, named like its kind, that davi may not see."""
    for kind in KINDS:
        await add_item(api, house, kind, kind.value.lower(), hidden_from=["davi"])
    return house
