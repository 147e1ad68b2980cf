"""Plain text as Markdown: readers see exactly the text."""

import re
from html import unescape

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from transfer.slack.markdown import code, escaped, with_escaped_line_starts

_PARSER = MarkdownIt("commonmark", {"breaks": True}).enable(["strikethrough", "table"])
_TEXTS = st.text(alphabet="ab1 \t-+*_`~#>[]()!|=.\\&;<:/\n", max_size=40)


def _shown(markdown: str) -> str:
    """Returns what a reader sees, with the runs of white space as one space. Fails unless it is one block of text."""
    html = _PARSER.render(markdown)
    text = re.sub("<br ?/?>|</?p>", "", html)
    assert not re.search("<[a-z/]", text), html
    return " ".join(unescape(text).split())


@given(_TEXTS)
@example("1. one\n- two\n+ three\n# four\n> five\n=====\n    six\n```\nseven\n```\n---\n| a | b |\n|---|---|")
@example("<b>bold</b> <!-- hidden --> &amp; &#65; <https://example.com> [a](b) ![c](d) _x_ __y__ *z* ~~s~~ `t`")
def test_escaped_text_is_shown_as_it_is(text: str) -> None:
    assert _shown(with_escaped_line_starts(escaped(text))) == " ".join(text.split())


def test_words_and_links_stay_readable_without_rendering() -> None:
    for text in ("snake_case_name", "a & b", "3 > 2", "C# and f(x)", "mid-word 10:30", "it's 5.5"):
        assert with_escaped_line_starts(escaped(text)) == text


@given(st.text(alphabet="ab` \n", min_size=1, max_size=20).filter(str.strip))
def test_code_is_shown_as_it_is(text: str) -> None:
    (paragraph,) = re.findall("(?s)^<p><code>(.*)</code></p>\n$", _PARSER.render(code(text)))
    assert unescape(paragraph).split() == text.split()
