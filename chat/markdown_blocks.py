"""The block structure of Markdown, as CommonMark defines it: finds the paragraphs and headings of a text.

Code blocks, HTML blocks and everything in block quotes are left out. Reads each line once. Definitions of link
references are not recognised, so they count as paragraphs.
"""

import re

from chat.markdown_html import html_block_end

_NESTING_LIMIT = 20
"""A quote or a list item in more containers than this is read as text, so that each line takes bounded time."""

_QUOTE = ">"
_BLOCK_STARTS = frozenset(">#`~<-+*_=0123456789")

_LINE_END = re.compile(r"\r\n?|\n")
# In an open quote the marker may be indented further, as in markdown-it.
_QUOTE_MARKER = re.compile(r" *+> ?")
_LEAF_START = re.compile(
    r"""
    [ ]{0,3}+
    (?: (?P<heading> \#{1,6}+ (?=[ ]|$) )
      | (?P<fence> `{3,}+ (?!.*`) | ~{3,}+ )
      | (?P<thematic_break> (?P<marker>[-*_]) (?:[ ]*+(?P=marker)){2,}+ [ ]*+ $ )
      | (?P<underline> (?: =++ | -++ ) [ ]*+ $ )
      | (?P<html> < )
    )
    """,
    re.VERBOSE,
)
_LIST_MARKER = re.compile(r" {0,3}(?:[-+*]|(\d{1,9})[.)])(?=( *+)(.?))(?: |$)")


def inline_texts(body: str) -> list[str]:
    """Returns the texts of the paragraphs and headings outside block quotes, in order."""
    reader = _BlockReader()
    for line in _LINE_END.split(body):
        reader.read(line.expandtabs(4))
    reader.close(0)
    return reader.texts


class _BlockReader:
    """The blocks that are open after the lines read so far: nested containers, and at most one leaf in them."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.containers: list[str] = []
        """What a line must begin with to stay in each container: ">" for a quote, the indentation for a list item."""
        self.paragraph: list[str] = []
        self.fence = ""
        self.html_end: re.Pattern[str] | None = None
        self.empty_item = False
        """The innermost container is a list item without content. A blank line ends it."""

    def read(self, line: str) -> None:
        depth, rest = self._match_containers(line)
        inside = depth == len(self.containers)
        ends_item, self.empty_item = self.empty_item and inside, False
        if inside and self._continue_verbatim(rest):
            return
        if rest.strip(" "):
            self._read_block(depth, rest)
        else:
            self.close(depth - 1 if ends_item else depth)

    def close(self, depth: int) -> None:
        """Closes the leaf and the containers from this depth on."""
        if self.paragraph:
            self._add_text("\n".join(self.paragraph))
            self.paragraph = []
        self.fence, self.html_end = "", None
        del self.containers[depth:]

    def _add_text(self, text: str) -> None:
        if _QUOTE not in self.containers:
            self.texts.append(text)

    def _match_containers(self, line: str) -> tuple[int, str]:
        """Returns how many of the containers the line continues, and the rest of the line."""
        if not line.strip(" "):
            return self.containers.index(_QUOTE) if _QUOTE in self.containers else len(self.containers), ""
        for depth, prefix in enumerate(self.containers):
            if prefix == _QUOTE:
                marker = _QUOTE_MARKER.match(line)
                if not marker:
                    return depth, line
                line = line[marker.end() :]
            elif line.startswith(prefix):
                line = line[len(prefix) :]
            elif line.strip(" "):
                return depth, line
        return len(self.containers), line

    def _continue_verbatim(self, line: str) -> bool:
        """Returns whether the line belongs to the open fenced code or HTML block, which it may end."""
        if self.fence:
            marker = line.strip(" ")
            if _indent(line) < 4 and marker.startswith(self.fence) and not marker.strip(self.fence[0]):
                self.fence = ""
            return True
        if self.html_end:
            if self.html_end.search(line):
                self.html_end = None
            return True
        return False

    def _read_block(self, depth: int, line: str) -> None:
        in_paragraph = bool(self.paragraph) and depth == len(self.containers)
        while (indent := _indent(line)) < 4 and line[indent : indent + 1] in _BLOCK_STARTS:
            if self._start_leaf(depth, line, in_paragraph):
                return
            content = self._start_container(depth, line, in_paragraph)
            if content is None:
                break
            depth, line, in_paragraph = len(self.containers), content, False
        self._read_text(depth, line)

    def _read_text(self, depth: int, line: str) -> None:
        """Continues the paragraph, in its containers or lazily without their markers, or starts one. An indented line
        is code."""
        if self.paragraph:
            self.paragraph.append(line)
        elif line.strip(" "):
            self.close(depth)
            if _indent(line) < 4:
                self.paragraph.append(line)

    def _start_leaf(self, depth: int, line: str, in_paragraph: bool) -> bool:
        """Returns whether the line is a heading, an underline or a thematic break, or starts a verbatim block."""
        start = _LEAF_START.match(line)
        if not start or (start.lastgroup == "underline" and not in_paragraph):
            return False
        if start.lastgroup == "html":
            return self._start_html(depth, line.lstrip(" "))
        self.close(depth)
        if start.lastgroup == "heading":
            self._add_text(line[start.end() :])
        self.fence = start["fence"] or ""
        return True

    def _start_html(self, depth: int, line: str) -> bool:
        end = html_block_end(line, in_paragraph=bool(self.paragraph))
        if not end:
            return False
        self.close(depth)
        self.html_end = None if end.search(line) else end
        return True

    def _start_container(self, depth: int, line: str, in_paragraph: bool) -> str | None:
        """Returns the content of the quote or list item that the line starts. None if it starts neither."""
        if depth == _NESTING_LIMIT:
            return None
        if quote := _QUOTE_MARKER.match(line):
            self.close(depth)
            self.containers.append(_QUOTE)
            return line[quote.end() :]
        item = _LIST_MARKER.match(line)
        if not item or (in_paragraph and not _interrupts_paragraph(item)):
            return None
        self.close(depth)
        spaces = len(item[2])
        width = item.start(2) + (spaces if item[3] and spaces <= 4 else 1)
        self.containers.append(" " * width)
        self.empty_item = not item[3]
        return line[width:]


def _interrupts_paragraph(item: re.Match[str]) -> bool:
    """Only an item with content that is not numbered, or is number 1, can follow a paragraph without a blank line."""
    return bool(item[3]) and (item[1] is None or int(item[1]) == 1)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
