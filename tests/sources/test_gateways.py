"""One contract, whatever the way of asking: every test here runs on all gateways, before real modules."""

import asyncio

import pytest

from chat.cards import Answer, CardAccess, Check, Item
from models.enums import ItemKind
from sources import Sources
from tests.sources.world import FIRST, FULL, OWNER, READER, SECOND, STRANGER

DEAL = ItemKind.DEAL


async def asked(sources: Sources, *pairs: tuple[str, str], account_id: str = FIRST) -> list[Answer]:
    checks = [Check(agent_id, item_id) for agent_id, item_id in pairs]
    answers = await sources.answer(account_id, DEAL, checks)
    assert set(answers) == set(checks)
    return [answers[check] for check in checks]


async def shown(sources: Sources, item_id: str) -> Item:
    (answer,) = await asked(sources, (READER, item_id))
    assert answer.item is not None
    return answer.item


async def accesses(sources: Sources, *pairs: tuple[str, str], account_id: str = FIRST) -> list[CardAccess]:
    return [answer.access for answer in await asked(sources, *pairs, account_id=account_id)]


async def test_a_reader_with_access_gets_the_item(sources: Sources) -> None:
    assert await shown(sources, "77") == Item(FULL["title"], FULL["summary"], FULL["url"], FULL["details"])


async def test_each_agent_is_answered_by_their_own_rights(sources: Sources) -> None:
    pairs = [(agent, item) for agent in (OWNER, READER, STRANGER) for item in ("77", "private", "gone", "unknown")]
    assert await accesses(sources, *pairs) == [
        *("GRANTED", "GRANTED", "REMOVED", "FORBIDDEN"),
        *("GRANTED", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN"),
        *("FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN"),
    ]


async def test_an_id_is_of_its_account(sources: Sources) -> None:
    assert await accesses(sources, (READER, "77"), (STRANGER, "77"), account_id=SECOND) == ["FORBIDDEN", "GRANTED"]
    assert await accesses(sources, (OWNER, "77"), account_id="another") == ["FORBIDDEN"]
    (answer,) = await asked(sources, (OWNER, "77"), account_id=SECOND)
    assert answer.item is not None
    assert answer.item.title == "Of the other account"


@pytest.mark.parametrize("item_id", ["script", "relative", "hidden host", "without an address"])
async def test_an_item_without_a_web_address_costs_only_itself(sources: Sources, item_id: str) -> None:
    assert await accesses(sources, (READER, item_id), (READER, "77")) == ["UNAVAILABLE", "GRANTED"]


async def test_a_title_and_an_address_are_enough(sources: Sources) -> None:
    item = await shown(sources, "bare")
    assert (item.title, item.summary, item.url) == ("Só o título", None, "https://crm.example.com/deals/bare")


async def test_long_texts_are_cut(sources: Sources) -> None:
    item = await shown(sources, "long")
    assert item.title == "t" * 299 + "…"
    assert item.summary == "s" * 1999 + "…"


async def test_a_title_is_one_clean_line(sources: Sources) -> None:
    assert (await shown(sources, "controls")).title == "two lines and a tab"


async def test_what_would_turn_other_text_is_taken_out_and_what_scripts_need_stays(sources: Sources) -> None:
    item = await shown(sources, "turned")
    assert item.title == "Pay 001 now"
    assert item.details["stage"] == "نمی\u200cخواهم 👩\u200d💻"


async def test_details_are_the_kinds_own_and_written_as_they_must_be(sources: Sources) -> None:
    assert (await shown(sources, "odd details")).details == {"stage": "Won", "amount": None, "currency": "BRL"}


@pytest.mark.parametrize("item_id", ["untitled", "unseen"])
async def test_an_item_without_a_title_costs_only_itself(sources: Sources, item_id: str) -> None:
    assert await accesses(sources, (READER, item_id), (READER, "77")) == ["UNAVAILABLE", "GRANTED"]


async def test_any_id_that_can_be_shared_can_be_asked(sources: Sources) -> None:
    assert (await shown(sources, "größe/ñ %20?#")).title == "An odd id"


@pytest.mark.parametrize("item_id", ["", "\0", "\ud800", "x" * 201, "a\nb"])
async def test_what_can_be_no_id_is_forbidden_and_harms_nobody(sources: Sources, item_id: str) -> None:
    assert await accesses(sources, (READER, item_id), (READER, "77")) == ["FORBIDDEN", "GRANTED"]


async def test_nothing_asked_is_nothing_answered(sources: Sources) -> None:
    assert await asked(sources) == []


async def test_more_than_a_call_holds_are_answered_all_the_same(sources: Sources) -> None:
    pairs = [(READER, f"unknown-{number}") for number in range(1200)] + [(READER, "77")] * 3
    answers = await accesses(sources, *pairs)
    assert answers == ["FORBIDDEN"] * 1200 + ["GRANTED"] * 3


async def test_readers_at_once_do_not_disturb_each_other(sources: Sources) -> None:
    answers = await asyncio.gather(
        *(accesses(sources, (agent, "private")) for _ in range(20) for agent in (OWNER, READER))
    )
    assert answers == [["GRANTED"], ["FORBIDDEN"]] * 20


async def test_a_kind_without_a_module_is_disabled(sources: Sources) -> None:
    check = Check(OWNER, "77")
    assert await sources.answer(FIRST, ItemKind.TASK, [check]) == {check: Answer(CardAccess.MODULE_DISABLED)}
