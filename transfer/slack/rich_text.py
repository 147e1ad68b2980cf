"""The blocks of a message as Markdown: the rich text that people write, and the layouts that apps send."""

from collections.abc import Iterator, Sequence

from transfer.slack.blocks import Block, BlockKind, joined
from transfer.slack.emojis import emoji_of
from transfer.slack.fields import JsonObject, number_of, object_of, objects_of, storable, text_of
from transfer.slack.markdown import (
    Style,
    code_block,
    emphasized,
    escaped,
    link,
    quoted,
    styled,
    with_escaped_line_starts,
)
from transfer.slack.mrkdwn import date_text, to_markdown, to_plain, unescaped
from transfer.slack.references import References

_INDENT = 4
_NESTED_LEVELS = 8


def blocks_to_markdown(blocks: Sequence[JsonObject], references: References) -> str:
    """Returns the readable text of the blocks. Buttons and other controls have none."""
    return joined(each for block in blocks for each in _layout(block, references))


def _layout(block: JsonObject, references: References) -> Iterator[Block]:
    match block.get("type"):
        case "rich_text":
            for element in objects_of(block, "elements"):
                yield from _rich_text(element, references)
        case "header":
            title = to_plain(_raw_text(block.get("text")), references)
            yield Block(BlockKind.PARAGRAPH, emphasized(escaped(title), Style(bold=True)))
        case "section":
            texts = [block.get("text"), *objects_of(block, "fields")]
            yield from (_text_object(text, references) for text in texts)
        case "context":
            yield from (_text_object(element, references) for element in objects_of(block, "elements"))
        case "markdown":
            yield Block(BlockKind.PARAGRAPH, text_of(block, "text"))
        case "image" | "video":
            yield _picture(block, references)


def _text_object(text: object, references: References) -> Block:
    raw = _raw_text(text)
    if isinstance(text, dict) and text.get("type") == "plain_text":
        return Block(BlockKind.PARAGRAPH, with_escaped_line_starts(escaped(to_plain(raw, references))))
    return Block(BlockKind.PARAGRAPH, to_markdown(raw, references))


def _raw_text(text: object) -> str:
    if isinstance(text, str):
        return storable(text)
    return text_of(text, "text", "alt_text") if isinstance(text, dict) else ""


def _picture(block: JsonObject, references: References) -> Block:
    title = to_plain(_raw_text(block.get("title")), references) or text_of(block, "alt_text")
    url = text_of(block, "title_url", "image_url", "video_url")
    return Block(BlockKind.PARAGRAPH, link(escaped(title), url) if url else escaped(title))


def _rich_text(element: JsonObject, references: References) -> Iterator[Block]:
    inline = objects_of(element, "elements")
    match element.get("type"):
        case "rich_text_section":
            yield Block(BlockKind.PARAGRAPH, with_escaped_line_starts(_section(inline, references)).strip("\n"))
        case "rich_text_quote":
            yield Block(BlockKind.QUOTE, quoted(with_escaped_line_starts(_section(inline, references)).strip("\n")))
        case "rich_text_preformatted":
            yield Block(BlockKind.CODE, code_block("".join(_plain(each, references) for each in inline)))
        case "rich_text_list":
            yield Block(BlockKind.LIST, "\n".join(_items(element, references)))


def _items(element: JsonObject, references: References) -> Iterator[str]:
    indent = " " * _INDENT * min(number_of(element, "indent"), _NESTED_LEVELS)
    number = number_of(element, "offset")
    for item in objects_of(element, "elements"):
        number += 1
        marker = f"{number}." if element.get("style") == "ordered" else "-"
        lines = _section(objects_of(item, "elements"), references).strip("\n").split("\n")
        continued = f"\n{indent}{' ' * (len(marker) + 1)}".join(lines)
        yield f"{indent}{marker} {continued}"


def _section(elements: Sequence[JsonObject], references: References) -> str:
    return "".join(_inline(element, references) for element in elements)


def _inline(element: JsonObject, references: References) -> str:
    style = _style(element)
    match element.get("type"):
        case "text":
            return styled(unescaped(text_of(element, "text")), style)
        case "link":
            return _link(element, style, references)
        case "user":
            return emphasized(references.person(text_of(element, "user_id"), ""), style)
        case "channel":
            return emphasized(references.channel(text_of(element, "channel_id"), ""), style)
        case "broadcast":
            return references.everybody()
    return emphasized(escaped(_plain(element, references)), style)


def _link(element: JsonObject, style: Style, references: References) -> str:
    url = unescaped(text_of(element, "url"))
    label = unescaped(text_of(element, "text"))
    return link(styled(label, style), references.address(url))


def _plain(element: JsonObject, references: References) -> str:
    """Returns an inline element without markup."""
    match element.get("type"):
        case "user":
            return references.person_name(text_of(element, "user_id"), "")
        case "channel":
            return references.channel_name(text_of(element, "channel_id"), "")
        case "broadcast":
            return f"@{text_of(element, 'range')}"
        case "usergroup":
            return f"@{text_of(element, 'name', 'usergroup_id')}"
        case "emoji":
            return _emoji(element)
        case "date":
            return text_of(element, "fallback") or date_text(str(number_of(element, "timestamp")))
    return unescaped(text_of(element, "text", "value", "url"))


def _emoji(element: JsonObject) -> str:
    name, tone = text_of(element, "name"), number_of(element, "skin_tone")
    written = f"{name}::skin-tone-{tone}" if tone else name
    return emoji_of(written) or f":{name}:"


def _style(element: JsonObject) -> Style:
    style = object_of(element, "style")
    names = ("bold", "italic", "strike", "code")
    return Style(**{name: style.get(name) is True for name in names})
