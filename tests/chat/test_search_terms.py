"""What messages are found by, for texts of every script and for hostile ones."""

import html
import re
import time
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from uuid import UUID

import pytest
from emoji import EMOJI_DATA
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ARRAY, Text

from chat.errors import Denied
from chat.message_text import BODY_LENGTH
from chat.search_query import UNITS_LIMIT, Part, condition, parse_query
from chat.search_snippets import SNIPPET_LENGTH, _excerpt, _marks, _units_to_mark, snippet
from chat.search_terms import SLICE, MessageFacts, lexemes
from chat.search_text import WORD_LENGTH, normalized, plain_text, units
from models.enums import AttachmentKind, ItemKind
from models.statements import sql
from tests.support.api import Api

CHANNEL = UUID(int=7)
LEXEME = re.compile(rf"'{SLICE}[^'\\\s{SLICE}]+'(:\d+(,\d+)*)?")
SKIN_TONES = [chr(letter) for letter in range(0x1F3FB, 0x1F400)]

TEXTS = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"], exclude_characters="\x00"),
        st.sampled_from("aaabbb  \n.,-_*`\"'\\[]()<>&éãçßıœ今天会한국👍🏽‍🇧🇷"),
    ),
    max_size=80,
)
WORDS = st.sampled_from(
    ["ana", "Anão", "bê", "b", "2.5", "今天", "天", "会今", "👍", "👍🏽", "ß", "\u0e20\u0e32", "a'b", "É"]
)
QUERIES = st.lists(st.one_of(WORDS, st.lists(WORDS, min_size=1, max_size=3).map(lambda part: f'"{" ".join(part)}"')))

_MATCHES = sql(
    "SELECT replace(:document, chr(1), 'k')::tsvector @@ replace(condition, chr(1), 'k')::tsquery"
    "  FROM unnest(:conditions) WITH ORDINALITY AS given (condition, place) ORDER BY place",
    document=Text,
    conditions=ARRAY(Text),
)


def facts(body: str = "", **other: object) -> MessageFacts:
    return MessageFacts(CHANNEL, "ana", body, **other)  # type: ignore[arg-type]


def terms(message: MessageFacts) -> set[str]:
    return {lexeme.split("'")[1].removeprefix(SLICE) for lexeme in lexemes(message).split(" ")}


def finds(query: str, body: str) -> bool:
    """Returns whether a search with the query finds the text."""
    text = list(units(plain_text(body)))
    parts = parse_query(query)
    return bool(parts) and all(_is_in(part, text) for part in parts)


def _is_in(part: Part, text: Sequence) -> bool:  # type: ignore[type-arg]
    return any(part.matches(text, place) for place in range(len(text)))


# ------------------------------------------------------------------ words
@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("reuniao", "Reunião às 10h"),
        ("REUNIÃO", "a reuniao de hoje"),
        ("reuniao", "reunia\u0303o"),
        ("lodz", "Łódź"),
        ("oeuvre", "l'œuvre"),
        ("strasse", "Straße"),
        ("straße", "STRASSE"),
        ("isik", "IŞIK ve ışık"),
        ("istanbul", "İstanbul"),
        ("reuni", "Reuniões"),
        ("equipe reun", "reunião de equipe"),
        ("reun equipe", "reun de equipe"),
        ('"de equipe"', "reunião de equipe"),
        ("“DE EQUIPE”", "reunião de **equipe**"),
        ("TKT-123", "veja o tkt-1234"),
        ("2.5", "versão 2.5"),
        ("中", "今天中午"),
        ("开会", "今天开会讨论"),
        ("会讨", "今天开会讨论"),
        ("東京タワー", "昨日は東京タワーへ行った"),
        ("서울", "서울에서 만나요"),
        (unicodedata.normalize("NFD", "서울"), "서울에서"),
        ("ภาษา", "ฉันพูดภาษาไทย"),
        ("हिन्दी", "हिन्दी में"),
        ("привет", "ПРИВЕТ, мир"),
        ("Ελλάδα", "ελλαδα"),
        ("مرحبا", "مرحبا بالعالم"),
        ("שלום", "שָׁלוֹם"),
        ("👍", "ok 👍🏽"),
        ("👩‍👩‍👧", "a família 👩‍👩‍👧!"),
        ("🇧🇷", "Brasil🇧🇷"),
        ("ana", "[@Ana Dias](mention://user/12/Ana%20Dias)"),
        ("github", "https://github.com/x"),
        ("relatorio", "[o relatório](https://example.com/segredo)"),
        ("a'b", "a’b"),
        ("x" * 100, "x" * 100),
    ],
)
def test_it_is_found(query: str, body: str) -> None:
    assert finds(query, body)


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("equipe reuniao", "equipe reuniões"),
        ("reun equipe", "reunião de equipe"),
        ('"equipe de"', "reunião de equipe"),
        ('"reun"', "reunião"),
        ("a", "amanhã"),
        ("uniao", "reunião"),
        ("会开", "今天开会"),
        ("天会", "今天开会"),
        ("开会", "开 会"),
        ("TKT-123", "tkt 9 123"),
        ("🇧🇷", "🇧🇪 🇷🇺"),
        ("mention", "[@Ana](mention://user/12/Ana)"),
        ("segredo", "[o relatório](https://example.com/segredo)"),
        ("user", "[@João (RH)](mention://user/12/João (RH))"),
        ("rh", "[@João](mention://user/12/João (RH))"),
    ],
)
def test_it_is_not_found(query: str, body: str) -> None:
    assert not finds(query, body)


@pytest.mark.parametrize("query", ["", "  ", "...", '""', '"', "!?*", "\u0301", "\u200b", "\ufe0f", '" . "'])
def test_a_query_without_letters_has_no_parts(query: str) -> None:
    assert parse_query(query) == ()


def test_every_emoji_is_indexed() -> None:
    assert [emoji for emoji in EMOJI_DATA if emoji not in SKIN_TONES and not finds(emoji, f"x {emoji}")] == []


def test_the_length_of_a_query_is_limited() -> None:
    assert len(parse_query("a " * UNITS_LIMIT)) == UNITS_LIMIT
    for query in ("a " * (UNITS_LIMIT + 1), "会" * (UNITS_LIMIT + 1), f'"{"a " * (UNITS_LIMIT + 1)}"'):
        with pytest.raises(Denied, match="at most 32 words"):
            parse_query(query)


def test_an_unclosed_quotation_mark_is_ignored() -> None:
    assert [part.units[0].text for part in parse_query('"ana dias')] == ["ana", "dias"]


# ------------------------------------------------------------------ facts
def test_facts_are_terms() -> None:
    everything = facts(
        "veja https://example.com",
        attachment_kinds=frozenset({AttachmentKind.IMAGE, AttachmentKind.AUDIO}),
        card_kinds=frozenset({ItemKind.DEAL}),
        mentioned_ids=frozenset({"bruno"}),
        mentions_group=True,
    )
    plain = facts("veja example.com")
    assert terms(everything) - terms(plain) == {
        "#hFILE",
        "#hIMAGE",
        "#hAUDIO",
        "#hCARD",
        "#hLINK",
        "#kDEAL",
        "#@",
        "https",
        *(term for term in terms(everything) if re.fullmatch("#@[0-9a-f]{16}", term)),
    }
    assert {term for term in terms(plain) if term.startswith("#")} == {"#", "#c000000000007"} | {
        term for term in terms(plain) if re.fullmatch("#a[0-9a-f]{16}", term)
    }


def test_any_file_is_a_file_and_only_an_image_is_an_image() -> None:
    for kind, expected in (
        (AttachmentKind.FILE, {"#hFILE"}),
        (AttachmentKind.VIDEO, {"#hFILE"}),
        (AttachmentKind.IMAGE, {"#hFILE", "#hIMAGE"}),
        (AttachmentKind.AUDIO, {"#hFILE", "#hAUDIO"}),
    ):
        contents = {term for term in terms(facts(attachment_kinds=frozenset({kind}))) if term.startswith("#h")}
        assert contents == expected


def test_agents_and_channels_have_different_terms() -> None:
    assert terms(facts()) != terms(MessageFacts(CHANNEL, "bruno", ""))
    assert terms(facts()) != terms(MessageFacts(UUID(int=8), "ana", ""))


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_any_id_of_an_agent_can_be_written(agent_id: str) -> None:
    message = MessageFacts(CHANNEL, agent_id, "", mentioned_ids=frozenset({agent_id}))
    assert all(LEXEME.fullmatch(lexeme) for lexeme in lexemes(message).split(" "))


# ------------------------------------------------------------------ any text
@given(TEXTS)
@settings(max_examples=500)
def test_any_text_can_be_written(body: str) -> None:
    written = lexemes(facts(body)).split(" ")
    assert all(LEXEME.fullmatch(lexeme) for lexeme in written), body


@given(TEXTS)
def test_units_are_in_order_and_do_not_overlap(body: str) -> None:
    text = normalized(body)
    places = [(unit.start, unit.end) for unit in units(text)]
    assert all(start < end <= len(text) for start, end in places)
    assert all(before[1] <= after[0] for before, after in pairwise(places))


@given(TEXTS)
def test_a_text_is_found_by_each_of_its_words(body: str) -> None:
    text = plain_text(body)
    for unit in units(text):
        word = text[unit.start : unit.end]
        if len(word) <= WORD_LENGTH:
            assert finds(word, body), word
            assert finds(f'"{word}"', body), word


@given(TEXTS, QUERIES)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_postgresql_finds_what_the_rules_find(api: Api, body: str, queries: list[str]) -> None:
    words = " ".join([body, *(query.strip('"') for query in queries[::2])])
    text = list(units(plain_text(words)))
    parts = list(parse_query(" ".join(queries))) if len(queries) <= 5 else []
    async with api.pool.connection(None) as connection:
        records = await _MATCHES.fetch(
            connection, document=lexemes(facts(words)), conditions=[condition(part) for part in parts]
        )
    assert [record[0] for record in records] == [_is_in(part, text) for part in parts]


# ------------------------------------------------------------------ snippets
@given(TEXTS, TEXTS, QUERIES)
@settings(max_examples=500)
def test_a_snippet_is_an_escaped_part_of_the_text(before: str, after: str, queries: list[str]) -> None:
    body = f"{before} {' '.join(queries)} {after}"
    parts = parse_query(" ".join(queries[:5]))
    shown = snippet([body], parts)
    without_marks = shown.replace("<mark>", "").replace("</mark>", "")
    assert "<" not in without_marks
    assert ">" not in without_marks
    text = html.unescape(without_marks)
    assert text in plain_text(body)
    assert len(text) <= SNIPPET_LENGTH
    assert re.sub(r"<mark>[^<>]+</mark>", "", shown).find("mark>") < 0
    assert bool(parts) <= ("<mark>" in shown)


@pytest.mark.parametrize(
    ("query", "body", "expected"),
    [
        ("reuniao", "A **reunião** de <b>hoje</b>", "A **<mark>reunião</mark>** de &lt;b&gt;hoje&lt;/b&gt;"),
        ("reun", "Reuniões & reunião", "<mark>Reuniões</mark> &amp; <mark>reunião</mark>"),
        ("开会", "今天开会讨论", "今天<mark>开会</mark>讨论"),
        ('"de equipe"', "de reunião de equipe", "de reunião <mark>de</mark> <mark>equipe</mark>"),
        ("👍", "ok 👍🏽", "ok <mark>👍</mark>🏽"),
        ("ana", "[@Ana](mention://user/1/Ana) oi", "[@<mark>Ana</mark>] oi"),
        ("mark", "<mark>x</mark>", "&lt;<mark>mark</mark>&gt;x&lt;/<mark>mark</mark>&gt;"),
        ("", "Bom dia <3", "Bom dia &lt;3"),
        ("x", "", ""),
    ],
)
def test_matches_are_marked(query: str, body: str, expected: str) -> None:
    assert snippet([body], parse_query(query)) == expected


def test_a_snippet_of_a_long_text_surrounds_the_first_match() -> None:
    body = f"{'palavra ' * 1_000}reunião {'depois ' * 1_000}"
    shown = snippet([body], parse_query("reuniao"))
    assert shown.startswith("palavra palavra")
    assert "palavra <mark>reunião</mark> depois" in shown
    assert shown.endswith(" depois")
    assert 150 <= len(html.unescape(shown)) - len("<mark></mark>") <= SNIPPET_LENGTH


def test_a_snippet_shows_the_first_text_that_matches() -> None:
    parts = parse_query("reuniao equipe")
    assert snippet(["uma reunião", "com a equipe"], parts) == "uma <mark>reunião</mark>"
    assert snippet(["vejam", "com a equipe"], parts) == "com a <mark>equipe</mark>"
    assert snippet(["vejam", "isto"], parts) == snippet(["vejam", "isto"], ()) == "vejam"
    assert snippet([" ", "isto"], ()) == "isto"


@given(TEXTS, TEXTS, QUERIES)
@settings(max_examples=300)
def test_what_follows_a_snippet_does_not_change_its_marks(before: str, after: str, queries: list[str]) -> None:
    """It is not read. Here the text is searched as a whole."""
    text = plain_text(f"{before} {' '.join(queries)} {after} " * 10)
    parts = parse_query(" ".join(queries[:5]))
    read = _units_to_mark(text, parts)
    everything = list(units(text))
    assert everything[: len(read)] == read
    assert _excerpt(text, _marks(read, parts)) == _excerpt(text, _marks(everything, parts))


def test_a_snippet_reads_no_further_than_it_needs() -> None:
    text = "a reunião " + "depois " * 2_000
    assert len(_units_to_mark(text, parse_query("reuniao"))) < 100


# ------------------------------------------------------------------ time
@pytest.mark.parametrize(
    "letters",
    [
        "palavra ",
        "é ",
        "a",
        "\ufdfa",
        "\u0315\u0300",
        "e\u0301",
        "[@a](mention://user/1/",
        "](",
        "[a](",
        "](x (",
        "](x 'y",
        '](x "y',
        "*",
        '"',
        "今天",
        "👍",
        "https://",
        "".join(map(chr, range(0x4E00, 0x9000))),
    ],
    ids=lambda letters: ascii(letters[:10]),
)
def test_the_longest_texts_take_less_than_200_milliseconds_of_cpu_time(letters: str) -> None:
    body = (letters * BODY_LENGTH)[:BODY_LENGTH]
    parts = parse_query("palavra 今天")
    begun = time.thread_time()
    written = lexemes(facts(body))
    indexed = time.thread_time()
    shown = snippet([body], parts)
    ended = time.thread_time()
    assert written
    assert shown is not None
    assert indexed - begun < 0.2
    assert ended - indexed < 0.2
