"""Slack's markup as Markdown."""

from typing import Any

import pytest

from tests.transfer.slack.references import FakeReferences
from transfer.slack.emojis import emoji_of
from transfer.slack.mrkdwn import to_markdown, to_plain
from transfer.slack.rich_text import blocks_to_markdown

CONVERSIONS = {
    "*bold* _italic_ ~strike~ `code`": "**bold** _italic_ ~~strike~~ `code`",
    "*_both_* (*a*) 2*3*4 a_b_c": "**_both_** (**a**) 2\\*3\\*4 a_b_c",
    "* not bold * _ nor italic _": "\\* not bold \\* \\_ nor italic \\_",
    "`*literal* &lt;b&gt;`": "`*literal* <b>`",
    "before\n```x = *1* &amp;&amp; y```after": "before\n```\nx = *1* && y\n```\nafter",
    "&gt; quoted *b*\n&gt; more\nthen": "> quoted **b**\n> more\n\nthen",
    "&gt;&gt;&gt; all\nof this": "> all\n> of this",
    "• one\n    ◦ two\n• three\nend": "- one\n    - two\n- three\n\nend",
    "# no heading\n- no list\n1. none": "\\# no heading\n\\- no list\n1\\. none",
    "<@U1> <@U1|ana>": "[@Ana](mention://user/U1/Ana) [@Ana](mention://user/U1/Ana)",
    "<!here> <!channel> <!everyone>": " ".join(["[@all](mention://channel/all)"] * 3),
    "<!subteam^S1|@team> <!subteam^S1>": "@team @subteam",
    "<#C1|general> <#C1>": "#general #C1",
    "<https://a.example/x_y|the *page*> <https://a.example/x_y>": (
        "[the \\*page\\*](https://a.example/x_y) <https://a.example/x_y>"
    ),
    "<mailto:a@b.example|a@b.example> <tel:123|123>": "[a@b.example](mailto:a@b.example) 123",
    "<javascript:alert(1)|click>": "click",
    "<!date^1392734382^Posted {date}|18 Feb> <!date^1392734382^{date}>": "18 Feb 2014-02-18 14:39 UTC",
    "<!date^1392734382^{date}^https://a.example|then>": "[then](https://a.example)",
    "&lt;b&gt; &amp;amp; a &amp; b": "\\<b> \\&amp; a & b",
    ":wave::skin-tone-3: :+1: :flag-br: :partyparrot: 12:30:45": "👋🏼 👍 🇧🇷 :partyparrot: 12:30:45",
    "nul\x00 and \ud800 surrogate": "nul and  surrogate",
    "": "",
}


@pytest.mark.parametrize("text", CONVERSIONS)
def test_conversions(text: str) -> None:
    assert to_markdown(text, FakeReferences()) == CONVERSIONS[text]


def test_plain_text_has_no_references() -> None:
    text = "<@U1> in <#C1|general>: <https://a.example|page> &amp; <!here> <!subteam^S1|@team>"
    assert to_plain(text, FakeReferences()) == "@Ana in #general: page & @here @team"


@pytest.mark.parametrize(
    ("name", "emoji"),
    [
        ("thumbsup", "👍"),
        ("man-shrugging", "🤷‍♂️"),
        ("woman-woman-girl", "👩‍👩‍👧"),
        ("large_green_circle", "🟢"),
        ("female-doctor", "👩‍⚕️"),
        ("dog", "🐶"),
        ("flag-england", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"),
        ("heart", "❤️"),
        ("point_up::skin-tone-6", "☝🏿"),
        ("man-girl::skin-tone-2", "👨‍👧"),
        ("partyparrot", None),
        ("skin-tone-2", None),
        ("", None),
    ],
)
def test_emojis(name: str, emoji: str | None) -> None:
    assert emoji_of(name) == emoji


def _text(content: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": content, "style": style}


def _rich(type_: str, *elements: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"type": f"rich_text_{type_}", "elements": list(elements), **more}


def test_rich_text() -> None:
    section = _rich(
        "section",
        _text("plain *stars* "),
        _text("bold ", bold=True),
        _text("all", bold=True, italic=True, strike=True),
        _text("x = 1", code=True),
        {"type": "emoji", "name": "wave", "skin_tone": 3},
        {"type": "link", "url": "https://a.example", "text": "page"},
        {"type": "user", "user_id": "U1"},
        {"type": "channel", "channel_id": "C1"},
        {"type": "usergroup", "usergroup_id": "S1"},
        {"type": "broadcast", "range": "here"},
        {"type": "date", "timestamp": 1392734382, "format": "{date}", "fallback": "then"},
        {"type": "color", "value": "#ff0000"},
    )
    nested = _rich("list", _rich("section", _text("deeper")), style="bullet", indent=1)
    blocks = [
        section,
        _rich("list", _rich("section", _text("one\nstill one")), style="ordered", offset=4),
        nested,
        _rich("quote", _text("quoted")),
        _rich("preformatted", _text("# code"), {"type": "user", "user_id": "U1"}),
        _rich("section", _text("- end")),
    ]
    assert blocks_to_markdown([{"type": "rich_text", "elements": blocks}], FakeReferences()) == (
        "plain \\*stars\\* **bold** ~~**_all_**~~`x = 1`👋🏼[page](https://a.example)[@Ana](mention://user/U1/Ana)"
        "#C1@S1[@all](mention://channel/all)then#ff0000\n"
        "5. one\n   still one\n"
        "    - deeper\n"
        "> quoted\n"
        "```\n# code@Ana\n```\n"
        "\\- end"
    )
