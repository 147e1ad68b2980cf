"""The lexemes that a message is found by.

They are made here and not by a text search configuration of PostgreSQL, which knows neither the words of Chinese nor
emojis, and folds accents only with an extension. A lexeme is a unit of the text (`chat.search_text`), a pair of
characters of a script without spaces, or a fact about the message. Facts begin with "#", which no word contains.

Lexemes are written in the format of a tsvector, each with the placeholder SLICE before it. The statement that stores
them puts the key of the message's slice there (`chat.search_index`).
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from itertools import islice
from types import MappingProxyType
from uuid import UUID

from chat.search_text import UNITS_PER_MESSAGE, Unit, plain_text, units
from models.enums import AttachmentKind, ItemKind

SLICE = "\x01"

POSITIONS_LIMIT = 255
"""A tsvector has no more positions of a lexeme."""

_LINK = re.compile(r"https?://[^\s/]", re.IGNORECASE)


class MessageContent(StrEnum):
    """What a message can contain, besides text."""

    FILE = "FILE"
    IMAGE = "IMAGE"
    AUDIO = "AUDIO"
    CARD = "CARD"
    LINK = "LINK"


@dataclass(frozen=True)
class MessageFacts:
    """What is indexed of a message.

    Card texts are not among the facts: a card's module decides who sees them.
    `quoted`: the original's text if the message is a forward.
    `mentions_group`: the message mentions a team or everybody, so the agents whom it mentions are not only those of
    `mentioned_ids`.
    """

    channel_id: UUID
    author_id: str
    body: str
    quoted: str = ""
    attachment_kinds: frozenset[AttachmentKind] = frozenset()
    card_kinds: frozenset[ItemKind] = frozenset()
    mentioned_ids: frozenset[str] = frozenset()
    mentions_group: bool = False


_CONTENT_OF = MappingProxyType(
    {
        AttachmentKind.IMAGE: MessageContent.IMAGE,
        AttachmentKind.AUDIO: MessageContent.AUDIO,
        AttachmentKind.VIDEO: MessageContent.FILE,
        AttachmentKind.FILE: MessageContent.FILE,
    }
)

EVERY_MESSAGE = "#"
GROUP_MENTION = "#@"


def lexemes(facts: MessageFacts) -> str:
    """Returns the lexemes of the message as the text of a tsvector, with SLICE before each."""
    terms = _text_terms(plain_text(facts.body), plain_text(facts.quoted))
    texts = [_written(term, positions) for term, positions in terms.items()]
    return " ".join([*texts, *(_written(term, ()) for term in sorted(_fact_terms(facts)))])


def channel_term(channel_id: UUID) -> str:
    """Returns a term that few other channels have. A search compares the channels of what it finds, too."""
    return f"#c{channel_id.hex[-12:]}"


def author_term(agent_id: str) -> str:
    return f"#a{_digest(agent_id)}"


def mention_term(agent_id: str) -> str:
    return f"#@{_digest(agent_id)}"


def content_term(content: MessageContent) -> str:
    return f"#h{content}"


def card_term(kind: ItemKind) -> str:
    return f"#k{kind}"


def _digest(agent_id: str) -> str:
    """Returns a text for the agent that needs no quoting. Ids are the platform's, and may contain anything."""
    return sha256(agent_id.encode()).hexdigest()[:16]


def _fact_terms(facts: MessageFacts) -> Iterator[str]:
    yield EVERY_MESSAGE
    yield channel_term(facts.channel_id)
    yield author_term(facts.author_id)
    yield from map(content_term, _contents(facts))
    yield from map(card_term, facts.card_kinds)
    yield from map(mention_term, facts.mentioned_ids)
    if facts.mentions_group:
        yield GROUP_MENTION


def _contents(facts: MessageFacts) -> frozenset[MessageContent]:
    """Returns what the message contains. Images and recordings are files too."""
    contents = {_CONTENT_OF[kind] for kind in facts.attachment_kinds}
    if contents:
        contents.add(MessageContent.FILE)
    if facts.card_kinds:
        contents.add(MessageContent.CARD)
    if _LINK.search(facts.body) or _LINK.search(facts.quoted):
        contents.add(MessageContent.LINK)
    return frozenset(contents)


def _text_terms(*texts: str) -> dict[str, list[int]]:
    """Returns the terms of the texts with their positions."""
    terms: dict[str, list[int]] = defaultdict(list)
    before: Unit | None = None
    for position, unit in islice(_numbered_units(texts), UNITS_PER_MESSAGE):
        terms[unit.text].append(position)
        if unit.joined and before is not None:
            terms[before.text + unit.text].append(position - 1)
        before = unit
    return terms


def _numbered_units(texts: Sequence[str]) -> Iterator[tuple[int, Unit]]:
    """Yields the units of the texts with their positions, counted from 1. One position between two texts is not used,
    so no phrase is found that begins in one and ends in the other."""
    position = 0
    for text in texts:
        for unit in units(text):
            position += 1
            yield position, unit
        position += 1


def _written(term: str, positions: Sequence[int]) -> str:
    if len(positions) == 1:
        return f"'{SLICE}{term}':{positions[0]}"
    kept = ",".join(map(str, positions[:POSITIONS_LIMIT]))
    return f"'{SLICE}{term}':{kept}" if kept else f"'{SLICE}{term}'"
