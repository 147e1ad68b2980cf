"""Finds the mentions in a message's text: links such as `[@Ana](mention://user/12/Ana)`.

A mention counts where a reader of the rendered Markdown sees a link. In code, comments, images and quotes it does not.
Two rules are looser than CommonMark's, because clients insert names as they are: a label may contain unbalanced
brackets, and the name at the end of an address may contain spaces and brackets. Three are stricter: the label is on one
line, the address follows it (not a link reference), and entities such as `&amp;` in an address are not decoded. The
time is linear in the length of the text.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from chat.errors import RefusalCode, Refused
from chat.markdown_blocks import inline_texts
from chat.markdown_html import TAG_OR_AUTOLINK, section_end
from chat.naming import is_storable
from models.enums import MentionTarget

MENTIONS_LIMIT = 100

_PUNCTUATION = r"[!-/:-@\[-`{-~]"
_TOKEN = re.compile(rf"\\{_PUNCTUATION}|`+|<|!?\[@?|\]")
_BACKTICKS = re.compile("`+")
_ESCAPE = re.compile(rf"\\({_PUNCTUATION})")
_ADDRESS = re.compile(r"mention://(user|team|channel)/([^/]+)")
# The name ends before the next "](", so that a text full of unterminated addresses is read once.
_ADDRESS_WITH_NAME = re.compile(r"\((mention://(?:user|team|channel)/[^/)\s]++)/(?:[^)\n\]]|\](?!\())*+\)")
_TARGETS = {"user": MentionTarget.AGENT, "team": MentionTarget.TEAM, "channel": MentionTarget.CHANNEL}


def _link_end() -> re.Pattern[str]:
    """Returns a pattern for the parentheses after a link's label, with an address and a title. CommonMark allows 32
    levels of balanced parentheses in an address."""
    characters = r"[^\\()\x00-\x20\x7f]++|\\[^\x00-\x20\x7f]"
    address = rf"(?:{characters})*+"
    for _ in range(32):
        address = rf"(?:{characters}|\({address}\))*+"
    title = r""""(?:\\[\s\S]|[^"\\])*+"|'(?:\\[\s\S]|[^'\\])*+'|\((?:\\[\s\S]|[^()\\])*+\)"""
    space = r"[ \t\n]"
    return re.compile(rf"\({space}*+(?:<((?:\\.|[^<>\n\\])*+)>|(?!<)({address}))(?:{space}++(?:{title}))?+{space}*+\)")


_LINK_END = _link_end()


@dataclass(frozen=True)
class ParsedMention:
    """A mention in the text. An agent or team with this id may not exist."""

    target: MentionTarget
    id: str


EVERYBODY = ParsedMention(MentionTarget.CHANNEL, "all")


def parse_mentions(body: str) -> list[ParsedMention]:
    """Returns the mentions of the text without duplicates, in order. Raises Refused INVALID for more than 100."""
    found = list(dict.fromkeys(scan_mentions(body)))
    if len(found) > MENTIONS_LIMIT:
        raise Refused(RefusalCode.INVALID, f"A message can mention at most {MENTIONS_LIMIT} agents and teams.", "body")
    return found


def scan_mentions(body: str) -> Iterator[ParsedMention]:
    """Yields the mentions of the text in order, with duplicates."""
    for text in inline_texts(body) if "mention://" in body else ():
        if "mention://" in text:
            yield from _InlineReader(text).read()


class _InlineReader:
    """Reads the brackets of one paragraph from left to right. A link contains no other link, so the end of a link
    deactivates the brackets opened before it, except those of images."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.mentions: list[ParsedMention] = []
        self.openers: list[int | None] = []
        """The open brackets: the number of mentions before an image, None for a link."""
        self.active_from = 0
        self.label_from: int | None = None
        """The index of the first active opener "[@" on its line."""
        self.label_line_end = 0
        self.unclosed: set[str] = set()
        """The ends of HTML sections that do not occur in the rest of the text."""
        self.backticks: dict[int, list[int]] = defaultdict(list)
        """The places of all runs of backticks, by length."""
        for run in _BACKTICKS.finditer(text):
            self.backticks[run.end() - run.start()].append(run.start())

    def read(self) -> list[ParsedMention]:
        place = 0
        while token := _TOKEN.search(self.text, place):
            place = self._read_token(token)
        return self.mentions

    def _read_token(self, token: re.Match[str]) -> int:
        """Returns where to read on."""
        match token[0][0]:
            case "[" | "!":
                self._open(token)
            case "]":
                return self._close(token.end())
            case "`":
                return self._end_of_code(token)
            case "<":
                return self._end_of_html(token.start())
        return token.end()

    def _end_of_code(self, opening: re.Match[str]) -> int:
        length = opening.end() - opening.start()
        closings = self.backticks[length]
        next_closing = bisect_left(closings, opening.end())
        return closings[next_closing] + length if next_closing < len(closings) else opening.end()

    def _end_of_html(self, start: int) -> int:
        if tag := TAG_OR_AUTOLINK.match(self.text, start):
            return tag.end()
        end = section_end(self.text, start)
        if end is None or end in self.unclosed:
            return start + 1
        # "<!-->" and "<!--->" are comments.
        found = self.text.find(end, start + 2)
        if found < 0:
            self.unclosed.add(end)
            return start + 1
        return found + len(end)

    def _open(self, bracket: re.Match[str]) -> None:
        if bracket[0] == "[@" and (self.label_from is None or bracket.start() > self.label_line_end):
            self.label_from = len(self.openers)
            line_end = self.text.find("\n", bracket.end())
            self.label_line_end = line_end if line_end >= 0 else len(self.text)
        self.openers.append(len(self.mentions) if bracket[0][0] == "!" else None)

    def _close(self, place: int) -> int:
        """Reads what follows a closing bracket, and returns where to read on."""
        if not self.openers:
            return place
        mentions_before = self.openers.pop()
        end = self._close_link(place) if mentions_before is None else self._close_image(place, mentions_before)
        self.active_from = min(self.active_from, len(self.openers))
        if self.label_from == len(self.openers):
            self.label_from = None
        return end

    def _close_image(self, place: int, mentions_before: int) -> int:
        """The mentions in an image's description do not count."""
        image = _LINK_END.match(self.text, place)
        if not image:
            return place
        del self.mentions[mentions_before:]
        return image.end()

    def _close_link(self, place: int) -> int:
        if len(self.openers) < self.active_from:
            return place
        in_label = self.label_from is not None and place <= self.label_line_end
        link = _LINK_END.match(self.text, place) or (in_label and _ADDRESS_WITH_NAME.match(self.text, place))
        if not link:
            return place
        self.active_from, self.label_from = len(self.openers), None
        if in_label and (mention := _mention(link[link.lastindex or 0])):
            self.mentions.append(mention)
        return link.end()


def _mention(address: str) -> ParsedMention | None:
    found = _ADDRESS.match(_ESCAPE.sub(r"\1", address))
    if not found:
        return None
    mention = ParsedMention(_TARGETS[found[1]], _decoded(found[2]))
    return mention if mention.target != MentionTarget.CHANNEL or mention == EVERYBODY else None


def _decoded(id: str) -> str:
    """Returns the id with its percent-escapes decoded. Returns it as it is written if the escapes are not UTF-8, or if
    the result cannot be stored."""
    try:
        decoded = unquote(id, errors="strict")
    except UnicodeDecodeError:
        return id
    return decoded if is_storable(decoded) else id
