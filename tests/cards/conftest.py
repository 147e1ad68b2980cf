"""The items that the tests of cards share."""

import pytest

from models.enums import ItemKind
from tests.api import House


@pytest.fixture
async def shop(house: House) -> House:
    """A house with one item of each kind, named like its kind, that davi may not see."""
    for kind in ItemKind:
        await house.own_item(kind, kind.value.lower(), hidden_from=["davi"])
    return house
