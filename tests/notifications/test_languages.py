"""The languages of e-mails."""

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from models.enums import ItemKind, NotificationType
from notifications.languages import CATALOGS, brazilian_portuguese, english, language
from notifications.rendering import ACTIONS, CARDS
from server.http.unsubscribe import TYPES

ROOT = Path(__file__).parents[2]
METHODS = [("**.py", "python"), ("**/templates/**.*", "jinja2"), ("**/unsubscribe_pages/**.html", "jinja2")]
THURSDAY = datetime(2026, 3, 5, 14, 32, tzinfo=UTC)


def texts_in_use() -> set[str | tuple[str, ...]]:
    keywords = {"N_": None, "gettext": None, "ngettext": (1, 2)}
    folders = [ROOT / "notifications", ROOT / "server" / "http"]
    return {found[2] for folder in folders for found in extract_from_dir(folder, METHODS, keywords=keywords)}


def variables(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)s", text))


@pytest.fixture
def catalog() -> Catalog:
    with (CATALOGS / "pt_BR" / "LC_MESSAGES" / "notifications.po").open("rb") as file:
        return read_po(file, locale="pt_BR")


def test_a_catalog_has_exactly_the_texts_in_use(catalog: Catalog) -> None:
    assert {message.id for message in catalog if message.id} == texts_in_use()
    assert len(catalog) > 20


def test_translations_are_complete_and_keep_the_variables(catalog: Catalog) -> None:
    for message in catalog:
        if not message.id:
            continue
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        source = message.id if isinstance(message.id, str) else message.id[1]
        assert not message.fuzzy
        for text in texts:
            assert isinstance(text, str)
            assert text
            assert variables(text) == variables(source)


def test_every_type_and_kind_has_words() -> None:
    assert set(ACTIONS) == set(TYPES) == set(NotificationType)
    assert set(CARDS) == set(ItemKind)


@pytest.mark.parametrize("tag", ["pt-BR", "pt_BR", "pt", "pt-PT", "PT-br"])
def test_portuguese_is_brazilian(tag: str) -> None:
    assert language(tag) is brazilian_portuguese()


@pytest.mark.parametrize("tag", ["en", "en-GB", "es-AR", "", None, "../pt", "xx-invalid-€"])
def test_any_other_language_is_english(tag: str | None) -> None:
    assert language(tag) is english()


def test_dates_and_times_are_those_of_the_language_and_the_zone() -> None:
    sao_paulo = ZoneInfo("America/Sao_Paulo")
    assert brazilian_portuguese().date_and_time(THURSDAY, sao_paulo) == "qui., 5 de mar., 11:32"
    assert english().date_and_time(THURSDAY, UTC).replace("\u202f", " ") == "Thu, Mar 5, 2:32 PM"
    assert brazilian_portuguese().zone_name(sao_paulo, THURSDAY) == "Horário Padrão de Brasília"
    assert english().zone_name(UTC, THURSDAY) == english().zone_name(ZoneInfo("UTC"), THURSDAY) == "UTC"
    assert english().zone_name(timezone(timedelta(hours=-3)), THURSDAY)


def test_numbers_have_the_right_plural() -> None:
    catalog = brazilian_portuguese().translations
    singular, plural = "and %(count)s more message", "and %(count)s more messages"
    assert [catalog.ngettext(singular, plural, count) for count in (1, 2, 21)] == [
        "e mais %(count)s mensagem",
        "e mais %(count)s mensagens",
        "e mais %(count)s mensagens",
    ]
