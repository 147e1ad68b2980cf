"""The external dependencies of the chat, as Protocols. `server` supplies the implementations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from chat.cards import Answer, Check
from models.database import Database
from models.enums import ItemKind


class Clock(Protocol):
    def now(self) -> datetime:
        """Returns the current time, with its time zone."""


class SignalKind(StrEnum):
    """The kinds of ephemeral events. They are sent once, never stored, and not part of the order of changes."""

    PERSONAL = "PERSONAL"
    """An agent changed a personal setting or read marker."""

    TYPING = "TYPING"
    NOT_TYPING = "NOT_TYPING"
    PRESENCE = "PRESENCE"
    """Agents came online, went offline, chose another presence, or were changed by the directory."""


AGENTS_PER_SIGNAL = 100
"""A notification of PostgreSQL, which may carry a signal, has at most 8,000 bytes."""


@dataclass(frozen=True)
class Signal:
    """An ephemeral event about these agents, and about a channel unless it is a change of presence."""

    account_id: str
    kind: SignalKind
    agent_ids: tuple[str, ...]
    channel_id: UUID | None = None


def presence_signals(account_id: str, agent_ids: Sequence[str]) -> list[Signal]:
    """Returns signals that these agents, or their presence, have changed."""
    return [
        Signal(account_id, SignalKind.PRESENCE, tuple(agent_ids[start : start + AGENTS_PER_SIGNAL]))
        for start in range(0, len(agent_ids), AGENTS_PER_SIGNAL)
    ]


class WakeUps(Protocol):
    """Called after a commit. The calls return immediately and never fail. If a wake-up is lost, events are delayed but
    not lost."""

    def changed(self, account_id: str, change: int) -> None:
        """Reports that the account's changes up to this one can be read."""

    def signal(self, signal: Signal) -> None:
        """Sends an ephemeral event."""


class CardSource(Protocol):
    async def answer(self, account_id: str, kind: ItemKind, checks: Sequence[Check]) -> Mapping[Check, Answer]:
        """Returns an answer for every check. Never raises and never waits longer than the source module's timeout.
        Calls the module once per 500 checks."""


@dataclass(frozen=True)
class Chat:
    """The dependencies of every operation."""

    database: Database
    clock: Clock
    wake_ups: WakeUps
    cards: CardSource
    email_delay: timedelta = timedelta(minutes=2)
    """How long an e-mail about a message waits for the agent to read it. Half of it for direct messages."""
