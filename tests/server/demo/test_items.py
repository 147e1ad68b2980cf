"""The demo's items: what they show of cards, and that nothing in them is lost on the way to a card."""

import pytest

from chat.cards import CardAccess, Check, Item
from models.enums import ItemKind
from server.demo.loading import load_accounts, load_items
from sources import DemoConfig, build_sources
from sources.items import granted
from sources.verdicts import Fault

ITEMS = load_items()
AGENTS = {account.directory.id: account.directory.agents for account in load_accounts()}


def agent_id(name: str) -> str:
    return AGENTS["1"][name].id


@pytest.mark.parametrize("kind", ItemKind)
def test_every_kind_has_an_item_that_everybody_can_see(kind: ItemKind) -> None:
    assert any(
        not item.hidden_from and not item.removed
        for (account_id, ref), item in ITEMS.items()
        if (account_id, ref.kind) == ("1", kind)
    )


@pytest.mark.parametrize("name", ["bruno", "carla", "davi"])
def test_items_of_several_kinds_are_hidden_from_every_agent_but_the_administrator(name: str) -> None:
    hidden = {ref.kind for (_, ref), item in ITEMS.items() if agent_id(name) in item.hidden_from}
    assert len(hidden) >= 3


def test_the_administrator_sees_every_item_that_exists() -> None:
    assert not any(agent_id("ana") in item.hidden_from for item in ITEMS.values())


def test_items_of_several_kinds_are_removed() -> None:
    assert len({ref.kind for (_, ref), item in ITEMS.items() if item.removed}) >= 3


def test_an_id_is_used_in_both_accounts() -> None:
    assert {ref for account_id, ref in ITEMS if account_id == "1"} & {
        ref for account_id, ref in ITEMS if account_id == "2"
    }


def test_a_card_shows_all_that_the_file_has() -> None:
    for (_, ref), item in ITEMS.items():
        verdict = granted(ref.kind, item.as_sent())
        assert not isinstance(verdict, Fault)
        assert verdict.item == Item(item.title, item.summary, item.url or "", item.details)


@pytest.mark.parametrize(("account_id", "access"), [("1", CardAccess.GRANTED), ("another", CardAccess.FORBIDDEN)])
async def test_a_configured_demo_module_knows_items_only_in_the_demos_accounts(
    account_id: str, access: CardAccess
) -> None:
    sources = build_sources({ItemKind.TASK: DemoConfig()}, ITEMS)
    check = Check(agent_id("carla"), "310")
    answers = await sources.answer(account_id, ItemKind.TASK, [check])
    assert answers[check].access == access
