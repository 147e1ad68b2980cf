"""Cleaning the items that modules answer: titles, texts, addresses and details."""

import pytest
from pydantic import JsonValue

from chat.item_kinds import ITEM_KINDS, DetailType
from models.enums import ItemKind
from sources.items import detail, known_details, one_line, web_address

GOOD: dict[DetailType, list[JsonValue]] = {
    DetailType.TEXT: ["", "Proposal sent", "é ☕", "x" * 300],
    DetailType.DECIMAL: ["0", "18400.00", "-3.5", "9" * 18],
    DetailType.DATE: ["2026-11-30", "2028-02-29"],
    DetailType.DATE_TIME: ["2026-11-30T14:00:00-03:00", "2026-11-30T14:00:00Z", "2026-11-30T14:00:00.123+00:00"],
    DetailType.COUNT: [0, 1840, 2**31 - 1],
}
BAD: dict[DetailType, list[JsonValue]] = {
    DetailType.TEXT: [None, 1, True, [], {}, "x" * 301],
    DetailType.DECIMAL: [18400, 184.5, "", "1e3", "1,5", "NaN", " 1", "1.", "٣", "9" * 19, "1\n"],
    DetailType.DATE: ["2026-02-30", "30/11/2026", "2026-11-30T00:00:00Z", "20261130", 20261130],
    DetailType.DATE_TIME: [
        *("2026-11-30", "2026-11-30T14:00:00", "tomorrow", "0001-01-01T00:00:00+23:00", 1790000000),
        *(f"2026-11-30{between}14:00:00Z" for between in ("\x1b", "\x00", " ", "t", "☕")),
        *("2026-11-30T14:00Z", "20261130T140000Z", "2026-W48-1T14:00:00Z", "2026-11-30T14:00:00-0300"),
        *("2026-11-30T14:00:00,5Z", "2026-11-30T14:00:00Z\n", "2026-11-30T24:00:01Z", "٢٠٢٦-11-30T14:00:00Z"),
        *(f"2026-11-30T14:00:00.{'1' * 200_000}Z", "2026-11-30T14:00:00-03:00:00.000001"),
    ],
    DetailType.COUNT: ["1840", -1, 2**31, 18.0, True, None],
}


@pytest.mark.parametrize("type_", DetailType)
def test_a_detail_is_shown_only_if_it_has_the_form_of_its_type(type_: DetailType) -> None:
    assert [detail(type_, value) for value in GOOD[type_]] == GOOD[type_]
    assert [detail(type_, value) for value in BAD[type_]] == [None] * len(BAD[type_])


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("two\nlines", "two lines"),
        ("  R$\u00a018.400 \t\u2028 ", "R$ 18.400"),
        ("a\u202egnp.exe\u2069", "agnp.exe"),
        ("नमस्\u200dते \u200cخ", "नमस्\u200dते \u200cخ"),
        ("\0", ""),
    ],
)
def test_a_text_becomes_a_single_line(sent: str, shown: str) -> None:
    assert one_line(sent) == detail(DetailType.TEXT, sent) == shown


@pytest.mark.parametrize("kind", ItemKind)
def test_only_the_details_of_the_kind_are_shown(kind: ItemKind) -> None:
    sent = {name: GOOD[known.type][-1] for name, known in ITEM_KINDS[kind].details.items()}
    assert len(sent) >= 3
    assert known_details(kind, sent | {"margin": "41%"}) == sent
    assert known_details(kind, {}) == {}


@pytest.mark.parametrize("url", ["https://crm.example/deals/77?a=1#b", "http://10.0.0.7:8080/", "HTTPS://crm.example"])
def test_a_web_address_is_kept(url: str) -> None:
    assert web_address(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "//crm.example",
        "crm.example",
        "https:crm.example",
        "https://",
        " https://crm.example",
        "https://crm.example/a b",
        "java\nscript:alert(1)",
        "https://crm.example\\@evil.example",
        "https://user@evil.example",
        "https://[::1",
        "https://crm.example:port",
        "https://crm.example/" + "x" * 2000,
    ],
)
def test_other_addresses_are_dropped(url: str) -> None:
    assert web_address(url) is None
