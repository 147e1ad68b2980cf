"""The beginning of a message as plain text: what a reader of the rendered Markdown sees, without formatting."""

import re
import unicodedata
from collections.abc import Iterable

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

EXCERPT_LENGTH = 500
EXCERPT_LINES = 12

_SOURCE_LENGTH = 4 * EXCERPT_LENGTH
"""What is read of the Markdown, so that the time does not grow with the message."""

_MENTION = re.compile(r"\[(@[^\n]{0,200}?)\]\(mention://(?:user|team|channel)/[^/)\s]++(?:/(?:[^)\n\]]|\](?!\())*+)?\)")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_BLANK_LINES = re.compile(r"\n\s*\n")
_INDENTATION = "\u00a0\u00a0"
"""No-break spaces, which HTML does not collapse."""

_DIRECTION = set(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
"""Embeddings, overrides and isolates of the text direction. They would reorder the text after the excerpt."""


def excerpt(markdown: str) -> str:
    """Returns the text with its line breaks, at most EXCERPT_LENGTH characters and EXCERPT_LINES lines of it. If it is
    cut, it ends with an ellipsis."""
    reader = _TextReader()
    reader.read(_MARKDOWN.parse(markdown[:_SOURCE_LENGTH]))
    text = _BLANK_LINES.sub("\n\n", _printable("\n".join(reader.lines))).strip()
    return _shortened(text, is_cut=len(markdown) > _SOURCE_LENGTH)


def _read_mention(state: StateInline, silent: bool) -> bool:
    """A rule of the parser: a mention is the name in its label. Unlike other links, it may have unbalanced brackets in
    the label, and spaces and brackets in the address (see chat.mention_scanner)."""
    if state.src[state.pos] != "[" or not (mention := _MENTION.match(state.src, state.pos)):
        return False
    if not silent:
        state.push("text", "", 0).content = _ESCAPE.sub(r"\1", mention[1])
    state.pos = mention.end()
    return True


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable("strikethrough")
    parser.inline.ruler.before("link", "mention", _read_mention)
    # The first call compiles the rules, during which other threads would parse without them.
    parser.parse("text")
    return parser


_MARKDOWN = _parser()


class _TextReader:
    """The lines of the blocks read so far. A blank line separates blocks, but not the items of a tight list."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.prefixes: list[str] = []
        """What a line begins with in each of the open quotes and list items."""
        self.marker = ""
        """The bullet or number of the item that was opened last, until its first line."""

    def read(self, tokens: Iterable[Token]) -> None:
        for token in tokens:
            match token.type:
                case "inline":
                    self._add(_inline_text(token.children or []))
                case "fence" | "code_block":
                    self._add(token.content.rstrip("\n"))
                    self.lines.append("")
                case "blockquote_open":
                    self.prefixes.append("> ")
                case "list_item_open":
                    self.prefixes.append(_INDENTATION)
                    self.marker = f"{token.info}{token.markup} " if token.info else "• "
                case "blockquote_close" | "list_item_close":
                    self.prefixes.pop()
                case "bullet_list_close" | "ordered_list_close" if token.level == 0:
                    self.lines.append("")
                case "paragraph_close" | "heading_close" if not token.hidden:
                    self.lines.append("")

    def _add(self, text: str) -> None:
        for line in text.split("\n"):
            prefix = "".join(self.prefixes[:-1]) + self.marker if self.marker else "".join(self.prefixes)
            self.lines.append(prefix + line)
            self.marker = ""


def _inline_text(tokens: Iterable[Token]) -> str:
    """Returns the text without markup and tags. An image is its description."""
    return "".join("\n" if token.type in ("softbreak", "hardbreak") else _token_text(token) for token in tokens)


def _token_text(token: Token) -> str:
    return token.content if token.type in ("text", "code_inline", "image") else ""


def _printable(text: str) -> str:
    kept = (letter for letter in text if letter == "\n" or unicodedata.category(letter) not in ("Cc", "Cs"))
    return "".join(letter for letter in kept if letter not in _DIRECTION)


def _shortened(text: str, *, is_cut: bool) -> str:
    lines = text.split("\n")
    shown = "\n".join(lines[:EXCERPT_LINES])
    if len(shown) > EXCERPT_LENGTH:
        cut = shown[: EXCERPT_LENGTH - 1]
        at_word = re.sub(r"\s+\S{0,30}$", "", cut)
        return f"{at_word.rstrip()}…"
    return f"{shown.rstrip()}…" if is_cut or len(lines) > EXCERPT_LINES else shown
