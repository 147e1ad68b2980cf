"""The demo's items: visible to all, hidden from some, and removed."""

import pytest

from models.enums import ItemKind
from server.demo.items import ITEMS
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
    for account_id, held in ITEMS.items():
        assert len({(item.kind, item.id) for item in held}) == len(held)
        for line in held:
            row = line.row(account_id)
            verdict = granted(line.kind, {name: row[name] for name in ("title", "summary", "url", "details")})  # type: ignore[misc]
            assert not isinstance(verdict, Fault)
            assert verdict.item is not None
            assert (verdict.item.title, verdict.item.url) == (line.title, row["url"])
            assert verdict.item.details == line.details
