"""Slack's markup, "mrkdwn", as Markdown.

Slack writes `*bold*`, `_italic_`, `~strike~`, code, quotes, and references such as `<@U123>` or `<https://…|label>`.
Everything else is plain text, in which only `&`, `<` and `>` are escaped. What would be markup in Markdown but is not
in Slack is therefore escaped here. The time is linear in the length of the text.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby

from transfer.slack.blocks import Block, BlockKind, joined
from transfer.slack.emojis import emoji_of
from transfer.slack.fields import storable
from transfer.slack.markdown import (
    Style,
    code,
    code_block,
    emphasized,
    escaped,
    link,
    quoted,
    with_escaped_line_starts,
)
from transfer.slack.references import References

_CODE_BLOCK = re.compile(r"```(.*?)```", re.DOTALL)
_CODE_OR_REFERENCE = re.compile(r"`([^`\n]++)`|<([^<>\n]++)>")
_REFERENCE = re.compile(r"<([^<>\n]++)>")
_FORMATTED = re.compile(
    r"(?<![\w*])\*(?![\s*])(?P<bold>[^\n*]++)(?<!\s)\*(?![\w*])"
    r"|(?<![\w])_(?![\s_])(?P<italic>[^\n_]++)(?<!\s)_(?![\w])"
    r"|(?<![\w~])~(?![\s~])(?P<strike>[^\n~]++)(?<!\s)~(?![\w~])"
    r"|:(?P<emoji>[a-z0-9_+'-]++(?:::skin-tone-[2-6])?):"
    "|\x00(?P<kept>\\d+)\x00"
)
_STYLES = {"bold": Style(bold=True), "italic": Style(italic=True), "strike": Style(strike=True)}
_QUOTE = re.compile("(?:&gt;|>)(?!(?:&gt;|>)(?:&gt;|>)) ?(.*)")
_QUOTE_OF_THE_REST = re.compile("(?m)^(?:&gt;|>){3} ?")
_ITEM = re.compile("([ \t]*)([•◦▪])\ufe0e?[ \t]+(.*)")
_ITEM_LEVELS = {"•": 0, "◦": 1, "▪": 2}
_ITEM_INDENT = 4
_ENTITY = re.compile("&(amp|lt|gt);")
_CHARACTERS = {"amp": "&", "lt": "<", "gt": ">"}
EVERYBODY = {"channel", "here", "everyone", "group"}


def to_markdown(text: str, references: References) -> str:
    return joined(_blocks(storable(text), references))


def to_plain(text: str, references: References) -> str:
    """Returns the text without references and entities. Emphasis stays as it is written."""
    plain = _REFERENCE.sub(lambda found: _plain_reference(found[1], references), storable(text))
    return unescaped(plain)


def unescaped(text: str) -> str:
    return _ENTITY.sub(lambda entity: _CHARACTERS[entity[1]], text)


def _blocks(text: str, references: References) -> Iterator[Block]:
    # The texts at the odd places are code.
    for place, part in enumerate(_CODE_BLOCK.split(text)):
        if place % 2 and part.strip():
            yield Block(BlockKind.CODE, code_block(to_plain(part, references)))
        elif not place % 2:
            yield from _text_blocks(part.strip("\n"), references)


def _text_blocks(text: str, references: References) -> Iterator[Block]:
    found = _QUOTE_OF_THE_REST.search(text)
    if found is None:
        yield from _line_blocks(text, references)
        return
    yield from _line_blocks(text[: found.start()].rstrip("\n"), references)
    yield Block(BlockKind.QUOTE, quoted(joined(_line_blocks(text[found.end() :], references))))


def _line_blocks(text: str, references: References) -> Iterator[Block]:
    for kind, lines in groupby(text.split("\n"), _kind_of_line):
        yield Block(kind, _block(kind, list(lines), references))


def _kind_of_line(line: str) -> BlockKind:
    if _QUOTE.match(line):
        return BlockKind.QUOTE
    return BlockKind.LIST if _ITEM.match(line) else BlockKind.PARAGRAPH


def _block(kind: BlockKind, lines: list[str], references: References) -> str:
    match kind:
        case BlockKind.QUOTE:
            contents = [_QUOTE.sub(r"\1", line, count=1) for line in lines]
            return quoted(_paragraph(contents, references))
        case BlockKind.LIST:
            return "\n".join(_items(lines, references))
    return _paragraph(lines, references)


def _paragraph(lines: list[str], references: References) -> str:
    return with_escaped_line_starts("\n".join(_line(line, references) for line in lines)).strip("\n")


def _items(lines: list[str], references: References) -> Iterator[str]:
    """Yields the items of a list. An item is at most one level deeper than the one before it."""
    before = -1
    for line in lines:
        found = _ITEM.match(line)
        assert found is not None
        indent, bullet, text = found.groups()
        level = max(len(indent.expandtabs(_ITEM_INDENT)) // _ITEM_INDENT, _ITEM_LEVELS[bullet])
        before = min(level, before + 1)
        yield " " * _ITEM_INDENT * before + "- " + _line(text, references)


def _line(line: str, references: References) -> str:
    """Returns a line as Markdown. Code and references are converted first: what they contain is not formatted."""
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        literal, reference = found.groups()
        if literal is not None:
            kept.append(code(to_plain(literal, references)))
        else:
            kept.append(_reference(reference, references))
        return f"\x00{len(kept) - 1}\x00"

    return _inline(_CODE_OR_REFERENCE.sub(keep, line), kept)


def _inline(text: str, kept: list[str]) -> str:
    parts: list[str] = []
    place = 0
    for found in _FORMATTED.finditer(text):
        parts += [escaped(unescaped(text[place : found.start()])), _formatted(found, kept)]
        place = found.end()
    return "".join([*parts, escaped(unescaped(text[place:]))])


def _formatted(found: re.Match[str], kept: list[str]) -> str:
    name = found.lastgroup or ""
    content = found[name]
    match name:
        case "kept":
            return kept[int(content)]
        case "emoji":
            return emoji_of(content) or escaped(found[0])
    return emphasized(_inline(content, kept), _STYLES[name])


def _reference(body: str, references: References) -> str:
    target, _, label = body.partition("|")
    match target[:1]:
        case "@":
            return references.person(target[1:], unescaped(label))
        case "#":
            return references.channel(target[1:], unescaped(label))
        case "!":
            return _special(target[1:], unescaped(label), references)
    url, shown = unescaped(target), unescaped(label)
    return link(escaped(shown), references.address(url)) if shown or ":" in url else escaped(f"<{url}>")


def _special(target: str, label: str, references: References) -> str:
    kind, _, rest = target.partition("^")
    if kind in EVERYBODY:
        return references.everybody()
    if kind == "date":
        return _date(rest.split("^"), label)
    return escaped(label or f"@{kind}")


def _date(parts: list[str], label: str) -> str:
    """Returns what Slack shows to those whose client cannot format the date, and otherwise the time."""
    shown = escaped(label or date_text(parts[0]))
    return link(shown, unescaped(parts[2])) if len(parts) > 2 else shown


def date_text(seconds: str) -> str:
    """Returns the time, such as "2021-01-01 12:00 UTC"; the text itself if it is not a time."""
    try:
        return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return seconds


def _plain_reference(body: str, references: References) -> str:
    target, _, label = body.partition("|")
    match target[:1]:
        case "@":
            return references.person_name(target[1:], label)
        case "#":
            return references.channel_name(target[1:], label)
        case "!":
            return label or f"@{target[1:].partition('^')[0]}"
    return label or target
