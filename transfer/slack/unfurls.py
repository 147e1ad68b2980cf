"""The attachments of a message, in Slack's sense: what apps send beside the text, and previews of links. They become
quotes, in which mentions mention nobody."""

from collections.abc import Iterator, Sequence

from transfer.slack.blocks import Block, BlockKind, joined
from transfer.slack.fields import JsonObject, object_of, objects_of, text_of
from transfer.slack.markdown import Style, emphasized, escaped, link, quoted
from transfer.slack.mrkdwn import to_markdown, to_plain, unescaped
from transfer.slack.references import References
from transfer.slack.rich_text import blocks_to_markdown


def attachments_to_markdown(attachments: Sequence[JsonObject], references: References) -> str:
    return joined(each for attachment in attachments for each in _attachment(attachment, references))


def _attachment(attachment: JsonObject, references: References) -> Iterator[Block]:
    yield Block(BlockKind.PARAGRAPH, to_markdown(text_of(attachment, "pretext"), references))
    content = joined(_content(attachment, references))
    if not content.strip():
        content = to_markdown(text_of(attachment, "fallback"), references)
    if content.strip():
        yield Block(BlockKind.QUOTE, quoted(content))


def _content(attachment: JsonObject, references: References) -> Iterator[Block]:
    yield Block(
        BlockKind.PARAGRAPH, escaped(to_plain(text_of(attachment, "author_name", "author_subname"), references))
    )
    yield Block(BlockKind.PARAGRAPH, _title(attachment, references))
    if blocks := _nested_blocks(attachment):
        yield Block(BlockKind.PARAGRAPH, blocks_to_markdown(blocks, references))
    else:
        yield Block(BlockKind.PARAGRAPH, to_markdown(text_of(attachment, "text"), references))
    for field in objects_of(attachment, "fields"):
        title = emphasized(escaped(to_plain(text_of(field, "title"), references)), Style(bold=True))
        value = to_markdown(text_of(field, "value"), references)
        yield Block(BlockKind.PARAGRAPH, f"{title}: {value}" if title else value)
    if image := text_of(attachment, "image_url"):
        yield Block(BlockKind.PARAGRAPH, link("", unescaped(image)))
    yield Block(BlockKind.PARAGRAPH, to_markdown(text_of(attachment, "footer"), references))


def _title(attachment: JsonObject, references: References) -> str:
    title = emphasized(escaped(to_plain(text_of(attachment, "title"), references)), Style(bold=True))
    url = unescaped(text_of(attachment, "title_link"))
    return link(title, references.address(url)) if title and url else title


def _nested_blocks(attachment: JsonObject) -> Sequence[JsonObject]:
    """Returns the blocks of an attachment, or of the message that it quotes."""
    if blocks := objects_of(attachment, "blocks"):
        return blocks
    quoted_messages = objects_of(attachment, "message_blocks")
    return [block for each in quoted_messages for block in objects_of(object_of(each, "message"), "blocks")]
