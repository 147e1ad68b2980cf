"""What reaches a reader of what a module says: every detail of every kind is written one way."""

import pytest
from pydantic import JsonValue

from chat.card_details import DETAILS, DetailType
from models.enums import ItemKind
from sources.items import detail, known_details, web_address

GOOD: dict[DetailType, list[JsonValue]] = {
    DetailType.TEXT: ["", "Proposal sent", "é ☕", "x" * 300],
    DetailType.DECIMAL: ["0", "18400.00", "-3.5", "9" * 18],
    DetailType.DATE: ["2026-11-30", "2028-02-29"],
    DetailType.MOMENT: ["2026-11-30T14:00:00-03:00", "2026-11-30T14:00:00Z", "2026-11-30T14:00:00.123+00:00"],
    DetailType.COUNT: [0, 1840, 2**31 - 1],
}
BAD: dict[DetailType, list[JsonValue]] = {
    DetailType.TEXT: [None, 1, True, [], {}, "x" * 301, "two\nlines", "\0"],
    DetailType.DECIMAL: [18400, 184.5, "", "1e3", "1,5", "NaN", " 1", "1.", "٣", "9" * 19, "1\n"],
    DetailType.DATE: ["2026-02-30", "30/11/2026", "2026-11-30T00:00:00Z", "20261130", 20261130],
    DetailType.MOMENT: ["2026-11-30", "2026-11-30T14:00:00", "tomorrow", "0001-01-01T00:00:00+23:00", 1790000000],
    DetailType.COUNT: ["1840", -1, 2**31, 18.0, True, None],
}


@pytest.mark.parametrize("type_", DetailType)
def test_a_detail_is_written_as_its_type_is(type_: DetailType) -> None:
    assert [detail(type_, value) for value in GOOD[type_]] == GOOD[type_]
    assert [detail(type_, value) for value in BAD[type_]] == [None] * len(BAD[type_])


@pytest.mark.parametrize("kind", ItemKind)
def test_every_kind_has_details_and_no_others_are_shown(kind: ItemKind) -> None:
    sent = {name: GOOD[known.type][-1] for name, known in DETAILS[kind].items()}
    assert len(sent) >= 3
    assert known_details(kind, sent | {"margin": "41%"}) == sent
    assert known_details(kind, {}) == {}


@pytest.mark.parametrize("url", ["https://crm.example/deals/77?a=1#b", "http://10.0.0.7:8080/", "HTTPS://crm.example"])
def test_a_web_address_is_passed_on(url: str) -> None:
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
def test_anything_else_is_not(url: str) -> None:
    assert web_address(url) is None
