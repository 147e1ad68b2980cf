"""The kinds of fields in the demo's content files.

The files name agents ("ana"); the fields hold their ids ("1"). A time ("25 days ago 09:10") becomes the offset from
midnight at the start of the day on which the demo is seeded, so the demo has the same age whenever it is seeded.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, ConfigDict, ValidationInfo

from chat.cards import ItemRef
from server.demo.generated_files import MAKERS, ending

STRICT = ConfigDict(extra="forbid")
"""Refuses keys that the format does not have."""

MENTION = re.compile(r"(?<!\w)@(\w+)")
_TIME = re.compile(r"([1-9][0-9]?) days? ago ([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True)
class References:
    """What the files of an account may refer to. It is the context in which they are validated."""

    agents: Mapping[str, str]
    """Agent ids by the names that the files use."""
    mentionable: frozenset[str]
    items: frozenset[ItemRef] = frozenset()


def _agent_id(name: str, info: ValidationInfo[References]) -> str:
    agents = info.context.agents
    if name not in agents:
        raise ValueError(f'there is no agent "{name}", only {", ".join(agents)}')
    return agents[name]


def _text(text: str, info: ValidationInfo[References]) -> str:
    for name in MENTION.findall(text):
        if name not in info.context.mentionable:
            raise ValueError(f"@{name} mentions nobody; use the name of an agent or a team, or @all")
    return text


def _item_ref(text: object, info: ValidationInfo[References]) -> ItemRef:
    kind, _, item_id = text.partition(" ") if isinstance(text, str) else ("", "", "")
    for ref in info.context.items:
        if (ref.kind.value, ref.item_id) == (kind, item_id):
            return ref
    raise ValueError('a card is the kind and id of an item in items.toml, such as "DEAL 77"')


def _file(name: str) -> str:
    if ending(name) not in MAKERS:
        raise ValueError(f"the name of a file ends with .{' or .'.join(MAKERS)}")
    return name


def _offset(text: object) -> timedelta:
    time = _TIME.fullmatch(text) if isinstance(text, str) else None
    if time is None:
        raise ValueError('a time has the form "25 days ago 09:10", from 1 to 99 days ago')
    days, hours, minutes = map(int, time.groups())
    return timedelta(days=-days, hours=hours, minutes=minutes)


AgentId: TypeAlias = Annotated[str, AfterValidator(_agent_id)]
Time: TypeAlias = Annotated[timedelta, BeforeValidator(_offset)]
Text: TypeAlias = Annotated[str, AfterValidator(_text)]
"""Markdown. An agent, a team or everybody is mentioned as @Name."""
FileName: TypeAlias = Annotated[str, AfterValidator(_file)]
Card: TypeAlias = Annotated[ItemRef, BeforeValidator(_item_ref)]
