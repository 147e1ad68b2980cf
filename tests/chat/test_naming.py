"""Names: which characters are removed from them, and the folded form that they are searched by."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.naming import clean_name, directory_name, fold, is_visible

ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(
    ("name", "queries"),
    [
        ("Işık Yılmaz", ["isik", "yilmaz", "ışık yılmaz", "IŞIK YILMAZ", "işik"]),
        ("İrem", ["irem", "İREM", "i̇rem"]),
        ("𝓐𝓷𝓪", ["ana", "ANA"]),
        ("Ａｎａ", ["ana"]),
        ("D’Arcy", ["d'arcy", "D´ARCY", "d`arcy", "dʼarcy"]),
        ("Jean–Luc", ["jean-luc", "jean‑luc"]),
        ("Straße", ["strasse", "STRASSE", "STRAẞE"]),
        ("Ὀδυσσεύς", ["οδυσσευσ", "ΟΔΥΣΣΕΥΣ"]),
        ("Þóra Ðóra", ["thora dora"]),
        ("Łódź Ħal", ["lodz hal"]),
        ("Ana\u00a0Maria", ["ana maria", "ana  maria"]),
        ("❤️ Time", ["❤ time"]),
        ("می‌خواهم", ["میخواهم"]),
        ("general", ["gene\u200bral", "gene\u00adral"]),
    ],
)
def test_a_name_is_found_by_the_ways_to_type_it(name: str, queries: list[str]) -> None:
    assert [query for query in queries if fold(query) not in fold(name)] == []


def test_folding_is_the_same_for_all_cases_and_normal_forms_of_a_letter() -> None:
    letters = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code))[0] == "L"]
    different = [
        letter
        for letter in letters
        for other in (letter.upper(), letter.lower(), unicodedata.normalize("NFD", letter), fold(letter))
        if fold(other) != fold(letter)
    ]
    assert different == []


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("gene\u200bral", "general"),
        ("gene\u200dral", "general"),
        ("gene\u200fral", "general"),
        ("gene\u00adral", "general"),
        ("gene\ufe0fral", "general"),
        ("\ufeffgeneral", "general"),
        ("general\uffff", "general"),
        ("general\U000e0041", "general"),
        ("ge\u0378neral", "general"),
        ("ge\ud800ne\x00ral\x1b", "general"),
        ("\u202egeneral\u2066", "general"),
        ("a\r\nb\u2028c\td", "a b c d"),
        (" \u200b general \u200b ", "general"),
        (f"👩‍💻 dev {ENGLAND}", f"👩‍💻 dev {ENGLAND}"),
        ("1️⃣ ❤️ 🏳️‍🌈 👩🏽‍🚀", "1️⃣ ❤️ 🏳️‍🌈 👩🏽‍🚀"),
        ("👩\u200d", "👩"),
        ("\U0001fae8", "\U0001fae8"),
        ("می‌خواهم", "می‌خواهم"),
        ("\u200fשלום", "\u200fשלום"),
        ("क्‍ष", "क्‍ष"),
        ("a\u0301", "a\u0301"),
    ],
    ids=ascii,
)
def test_a_name_loses_characters_that_cannot_be_seen(name: str, cleaned: str) -> None:
    assert clean_name(name) == cleaned


@given(st.text(st.characters(exclude_categories=[])))
def test_cleaning_a_name_twice_changes_nothing(name: str) -> None:
    assert clean_name(clean_name(name)) == clean_name(name)


@pytest.mark.parametrize("name", ["", " ", "\u200b\u200d", "\u202e", "\u3164", "\u2800", "\ufe0f", "\uffff", "\u0301"])
def test_without_a_visible_character_an_agent_is_called_by_the_id(name: str) -> None:
    assert not is_visible(clean_name(name))
    assert directory_name(name, "agent-7") == "agent-7"
