"""Writing plain text and formatted text as Markdown."""

import re
from dataclasses import dataclass
from urllib.parse import quote

_SPECIAL = re.compile(r"[\\`*\[\]~]|(?<![^\W_])_|_(?![^\W_])|<(?=[A-Za-z/!?])|&(?=#?\w+;)")
_BLOCK_START = re.compile(r"(?m)^( {0,3})(?=[-+](?:[ \t]|$|-)|=+[ \t]*$|#{1,6}(?:[ \t]|$)|>|[|:][ \t|:-]*$)")
_NUMBER = re.compile(r"(?m)^( {0,3}\d{1,9})([.)])(?=[ \t]|$)")
_INDENT = re.compile(r"(?m)^(?: *\t[ \t]*| {4,})")
_BACKTICKS = re.compile("`+")
_UNSAFE_IN_URL = re.compile(r"[\s<>\\\x00-\x1f\x7f]")
_WEB_ADDRESS = re.compile(r"(?i)https?://[^\s/]")


@dataclass(frozen=True)
class Style:
    """How a run of text is formatted."""

    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False


PLAIN = Style()


def escaped(text: str) -> str:
    """Returns Markdown that shows exactly this text within a paragraph."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def with_escaped_line_starts(markdown: str) -> str:
    """Returns the Markdown of a paragraph with what would begin a list, a heading, a quote, a table or a code block at
    the start of a line escaped."""
    indented = _INDENT.sub(lambda spaces: "\u00a0" * len(spaces[0].expandtabs(4)), markdown)
    return _NUMBER.sub(r"\1\\\2", _BLOCK_START.sub(r"\1\\", indented))


def styled(text: str, style: Style) -> str:
    """Returns Markdown that shows the text in this style."""
    return code(text) if style.code and text.strip() else emphasized(escaped(text), style)


def emphasized(markdown: str, style: Style) -> str:
    """Returns the inline Markdown in this style, line by line: emphasis does not cross a blank line. Spaces at the ends
    stay outside, because emphasis cannot begin or end with them."""
    if style == PLAIN:
        return markdown
    return "\n".join(_emphasized_line(line, style) for line in markdown.split("\n"))


def _emphasized_line(line: str, style: Style) -> str:
    text = line.strip()
    if not text:
        return line
    start = line[: len(line) - len(line.lstrip())]
    end = line[len(line.rstrip()) :]
    marks = [mark for mark, used in (("~~", style.strike), ("**", style.bold), ("_", style.italic)) if used]
    return "".join([start, *marks, text, *reversed(marks), end])


def code(text: str) -> str:
    """Returns a code span. Line breaks become spaces."""
    line = text.replace("\n", " ")
    longest = max((len(run[0]) for run in _BACKTICKS.finditer(line)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{padding}{line}{padding}{fence}"


def code_block(text: str) -> str:
    """Returns a fenced code block, without line breaks around it."""
    longest = max((len(run[0]) for run in _BACKTICKS.finditer(text)), default=0)
    fence = "`" * max(3, longest + 1)
    lines = text.strip("\n")
    return f"{fence}\n{lines}\n{fence}"


def quoted(markdown: str) -> str:
    return "\n".join(f"> {line}" if line else ">" for line in markdown.split("\n"))


def link(label: str, url: str) -> str:
    """Returns a link to a web or e-mail address with a label, which is Markdown. For any other address, returns the
    label."""
    if not _is_linkable(url):
        return label
    address = _UNSAFE_IN_URL.sub(lambda unsafe: quote(unsafe[0]), url)
    if not label.strip() or label == escaped(url):
        return f"<{address}>"
    target = address.replace("(", "%28").replace(")", "%29")
    return f"[{label.replace(chr(10), ' ')}]({target})"


def mention(name: str, agent_id: str) -> str:
    """Returns a mention in the platform's syntax."""
    return f"[@{escaped(name)}](mention://user/{quote(agent_id, safe='')}/{quote(name, safe='')})"


MENTION_OF_EVERYBODY = "[@all](mention://channel/all)"


def _is_linkable(url: str) -> bool:
    return bool(_WEB_ADDRESS.match(url)) or url.lower().startswith("mailto:")
