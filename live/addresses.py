"""How a message can be addressed to an agent, in any channel: a stream of what is addressed to its agent follows the
agent's `AddressTopic`.

Each way has a table with the agents of every message. A further way is one more entry of `ADDRESSES`.
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


class Addressing(StrEnum):
    MENTION = "MENTION"
    """The message mentions the agent."""

    NOTIFICATION = "NOTIFICATION"
    """The agent's bell shows the message."""


class AddressTopic(NamedTuple):
    """The topic of messages that are addressed to this agent in this way."""

    addressing: Addressing
    agent_id: str


@dataclass(frozen=True)
class Addresses:
    """A table of messages and agents, with an index by message and agent. `revision` is the message's first revision
    that was addressed to the agent: an edit is reported only to those to whom the message was not addressed before."""

    table: type[MentionedAgent] | type[Notification]
    condition: ColumnElement[bool] | Mapped[bool]


ADDRESSES: Mapping[Addressing, Addresses] = MappingProxyType(
    {
        Addressing.MENTION: Addresses(MentionedAgent, true()),
        Addressing.NOTIFICATION: Addresses(Notification, col(Notification.bell)),
    }
)
