"""How a message can be addressed to an agent, in any channel: a stream of what is addressed to its agent follows the
agent's `AddressTopic`.

Each kind of address has a table with the agents of every message. A further kind is one more entry of
`ADDRESS_TABLES`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import ColumnElement, true
from sqlalchemy.orm import Mapped
from sqlmodel import col

from models import MentionedAgent, Notification


class AddressKind(StrEnum):
    MENTION = "MENTION"
    """The message mentions the agent."""

    NOTIFICATION = "NOTIFICATION"
    """The agent's bell shows the message."""


class AddressTopic(NamedTuple):
    """The topic of messages that are addressed to this agent in this way."""

    kind: AddressKind
    agent_id: str


Addressees = Mapping[AddressKind, frozenset[str]]
"""The agents to whom a change addresses its message for the first time."""


@dataclass(frozen=True)
class AddressTable:
    """A table of messages and agents, with an index by message and agent. `revision` is the message's first revision
    that was addressed to the agent: an edit is reported only to those to whom the message was not addressed before.
    Rows that do not meet the condition address nothing."""

    table: type[MentionedAgent] | type[Notification]
    condition: ColumnElement[bool] | Mapped[bool]


ADDRESS_TABLES: Mapping[AddressKind, AddressTable] = MappingProxyType(
    {
        AddressKind.MENTION: AddressTable(MentionedAgent, true()),
        AddressKind.NOTIFICATION: AddressTable(Notification, col(Notification.bell)),
    }
)
