"""The excerpt of a message has what a reader sees, without the syntax of Markdown, and takes bounded time."""

import time

import pytest

from notifications.excerpts import EXCERPT_LENGTH, EXCERPT_LINES, excerpt


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("**bold** _and_ ~~old~~ `code *x*`", "bold and old code *x*"),
        ("[@Ana Souza](mention://user/12/Ana%20Souza): hi", "@Ana Souza: hi"),
        ("[@Ana [x] (y)](mention://user/12/Ana [x] (y)", "@Ana [x] (y)"),
        (r"[@Ana \[x\]](mention://user/12/Ana) [@all](mention://channel/all)", "@Ana [x] @all"),
        ("`[@Ana](mention://user/12/Ana)`", "[@Ana](mention://user/12/Ana)"),
        ("[a link](https://x.example) <https://y.example> ![a picture](z.png)", "a link https://y.example a picture"),
        ("one\ntwo\\\nthree\n\nfour", "one\ntwo\nthree\n\nfour"),
        ("# Title\ntext", "Title\n\ntext"),
        ("- a\n- b\n  - c\n\n1. d\n2. e", "• a\n• b\n\u00a0\u00a0• c\n\n1. d\n2. e"),
        ("> quoted\n> more\n\nanswer", "> quoted\n> more\n\nanswer"),
        ("```py\nif x:\n    y\n```", "if x:\n    y"),
        ("<div>block</div>\n\na <b>tag</b> &amp; &lt;", "a tag & <"),
        ("a \u202eb\u202c \u2066c\u2069 \x07d", "a b c d"),
        ("שלום *עולם*\nمرحبا", "שלום עולם\nمرحبا"),
        ("👩🏽‍💻 🎉", "👩🏽‍💻 🎉"),
        ("", ""),
        ("\n\n---\n\n", ""),
    ],
)
def test_the_text_is_what_a_reader_sees(markdown: str, text: str) -> None:
    assert excerpt(markdown) == text


def test_a_long_text_is_cut_at_a_word() -> None:
    cut = excerpt("word " * 1_000)
    assert cut.endswith(" word…")
    assert EXCERPT_LENGTH - 10 < len(cut) <= EXCERPT_LENGTH
    assert len(excerpt("x" * 20_000)) == EXCERPT_LENGTH


def test_a_text_of_many_lines_is_cut() -> None:
    assert excerpt("a\n" * 100) == "\n".join("a" * EXCERPT_LINES) + "…"


@pytest.mark.parametrize("unit", ["[@", "[", "`", "*a ", "> ", "- ", "<", "![[", "[@a](mention://user/1/", "a\n", "\\"])
def test_no_text_takes_long(unit: str) -> None:
    started = time.process_time()
    excerpt(unit * (20_000 // len(unit)))
    assert time.process_time() - started < 0.5
