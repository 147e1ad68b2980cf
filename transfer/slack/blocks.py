"""Joining the blocks of a text, such as paragraphs and lists, so that each stays a block of its own in Markdown."""

from collections.abc import Iterable
from enum import Enum, auto
from typing import NamedTuple


class BlockKind(Enum):
    PARAGRAPH = auto()
    QUOTE = auto()
    LIST = auto()
    CODE = auto()


class Block(NamedTuple):
    kind: BlockKind
    markdown: str


def joined(blocks: Iterable[Block]) -> str:
    """Returns the blocks as one text. A paragraph after a quote or a list needs a blank line: it would continue them.
    Two quotes would become one."""
    parts: list[str] = []
    before: BlockKind | None = None
    for kind, markdown in blocks:
        if not markdown.strip():
            continue
        if before is not None:
            parts.append("\n\n" if _continues(before, kind) else "\n")
        parts.append(markdown)
        before = kind
    return "".join(parts)


def _continues(before: BlockKind, kind: BlockKind) -> bool:
    if kind == BlockKind.PARAGRAPH:
        return before in (BlockKind.QUOTE, BlockKind.LIST)
    return kind == before == BlockKind.QUOTE
