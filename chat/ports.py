"""What the chat needs from outside; the server wires the real ones in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from chat.cards import Answer, Check
from models.enums import ItemKind


class Clock(Protocol):
    def now(self) -> datetime:
        """Returns the present moment, with its time zone."""


class SignalKind(StrEnum):
    """Ephemeral events: they are told once, stored nowhere and take no place in the order of changes."""

    PERSONAL = "PERSONAL"
    TYPING = "TYPING"
    NOT_TYPING = "NOT_TYPING"
    PRESENCE = "PRESENCE"


@dataclass(frozen=True)
class Signal:
    """Something that the named agents' other devices want to know now: which channel it was about, if one."""

    account_id: str
    kind: SignalKind
    agent_ids: tuple[str, ...]
    channel_id: UUID | None = None


class WakeUps(Protocol):
    """Called after the commit. Neither waits nor fails: a lost call costs its hearers time, never a message."""

    def changed(self, account_id: str, change: int) -> None:
        """Tells that the account's changes up to this one can be read."""

    def signal(self, signal: Signal) -> None:
        """Passes an ephemeral event on."""


class CardSource(Protocol):
    async def answer(self, account_id: str, kind: ItemKind, checks: Sequence[Check]) -> Mapping[Check, Answer]:
        """Returns an answer for every check: never raises, never waits longer than the module's timeout, and asks the
        module once, however many checks there are (once per 500)."""


@dataclass(frozen=True)
class Chat:
    """What every operation works with."""

    sessions: async_sessionmaker[AsyncSession]
    clock: Clock
    wake_ups: WakeUps
    cards: CardSource
