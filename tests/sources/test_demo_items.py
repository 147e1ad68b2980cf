"""The demo's items are proper ones, and show what a card can be: open to all, closed to some, gone."""

import pytest

from chat.cards import Item
from models.enums import ItemKind
from server.demo.items import ITEMS, load_items
from server.demo.people import BRUNO, CARLA, DAVI
from sources.items import granted
from sources.verdicts import Fault

FIRST = ITEMS["1"]


@pytest.mark.parametrize("kind", ItemKind)
def test_each_kind_has_an_item_that_all_may_see(kind: ItemKind) -> None:
    assert any(item.kind == kind and not item.hidden_from and not item.removed for item in FIRST)


@pytest.mark.parametrize("agent", [BRUNO, CARLA, DAVI])
def test_each_agent_has_items_that_they_may_not_see(agent: str) -> None:
    assert len({item.kind for item in FIRST if agent in item.hidden_from}) >= 3


def test_all_are_shown_as_they_are_written() -> None:
    for (_, ref), item in load_items().items():
        verdict = granted(ref.kind, item.as_sent())
        assert not isinstance(verdict, Fault)
        assert verdict.item == Item(item.title, item.summary, item.url or "", item.details)
