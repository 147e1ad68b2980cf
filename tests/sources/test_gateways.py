"""The contract with source modules. Every test runs with each gateway, in front of a real module."""

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


async def test_access_depends_on_the_agent(sources: Sources) -> None:
    pairs = [(agent, item) for agent in (OWNER, READER, STRANGER) for item in ("77", "private", "gone", "unknown")]
    assert await accesses(sources, *pairs) == [
        *("GRANTED", "GRANTED", "REMOVED", "FORBIDDEN"),
        *("GRANTED", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN"),
        *("FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN"),
    ]


async def test_an_id_belongs_to_its_account(sources: Sources) -> None:
    assert await accesses(sources, (READER, "77"), (STRANGER, "77"), account_id=SECOND) == ["FORBIDDEN", "GRANTED"]
    assert await accesses(sources, (OWNER, "77"), account_id="another") == ["FORBIDDEN"]
    (answer,) = await asked(sources, (OWNER, "77"), account_id=SECOND)
    assert answer.item is not None
    assert answer.item.title == "Of the other account"


@pytest.mark.parametrize("item_id", ["script", "relative", "hidden host", "without an address"])
async def test_an_item_without_a_web_address_is_unavailable(sources: Sources, item_id: str) -> None:
    assert await accesses(sources, (READER, item_id), (READER, "77")) == ["UNAVAILABLE", "GRANTED"]


async def test_title_and_address_are_the_only_required_fields(sources: Sources) -> None:
    item = await shown(sources, "bare")
    assert (item.title, item.summary, item.url) == ("Só o título", None, "https://crm.example.com/deals/bare")


async def test_long_texts_are_truncated(sources: Sources) -> None:
    item = await shown(sources, "long")
    assert item.title == "t" * 299 + "…"
    assert item.summary == "s" * 1999 + "…"


async def test_a_title_is_a_single_line(sources: Sources) -> None:
    assert (await shown(sources, "controls")).title == "two lines and a tab"


async def test_text_direction_characters_are_removed_and_joiners_stay(sources: Sources) -> None:
    item = await shown(sources, "turned")
    assert item.title == "Pay 001 now"
    assert item.details["stage"] == "نمی\u200cخواهم 👩\u200d💻"


async def test_only_valid_details_of_the_kind_are_shown(sources: Sources) -> None:
    assert (await shown(sources, "odd details")).details == {"stage": "Won", "amount": None, "currency": "BRL"}


@pytest.mark.parametrize("item_id", ["untitled", "unseen"])
async def test_an_item_without_a_title_is_unavailable(sources: Sources, item_id: str) -> None:
    assert await accesses(sources, (READER, item_id), (READER, "77")) == ["UNAVAILABLE", "GRANTED"]


async def test_every_valid_id_can_be_requested(sources: Sources) -> None:
    assert (await shown(sources, "größe/ñ %20?#")).title == "An odd id"


@pytest.mark.parametrize("item_id", ["", "\0", "\ud800", "x" * 201, "a\nb"])
async def test_an_invalid_id_is_forbidden_and_does_not_affect_others(sources: Sources, item_id: str) -> None:
    assert await accesses(sources, (READER, item_id), (READER, "77")) == ["FORBIDDEN", "GRANTED"]


async def test_no_checks_have_no_answers(sources: Sources) -> None:
    assert await asked(sources) == []


async def test_more_checks_than_fit_in_a_call_are_answered(sources: Sources) -> None:
    pairs = [(READER, f"unknown-{number}") for number in range(1200)] + [(READER, "77")] * 3
    answers = await accesses(sources, *pairs)
    assert answers == ["FORBIDDEN"] * 1200 + ["GRANTED"] * 3


async def test_concurrent_readers_get_their_own_answers(sources: Sources) -> None:
    answers = await asyncio.gather(
        *(accesses(sources, (agent, "private")) for _ in range(20) for agent in (OWNER, READER))
    )
    assert answers == [["GRANTED"], ["FORBIDDEN"]] * 20


async def test_a_kind_without_a_module_is_disabled(sources: Sources) -> None:
    check = Check(OWNER, "77")
    assert await sources.answer(FIRST, ItemKind.TASK, [check]) == {check: Answer(CardAccess.MODULE_DISABLED)}
