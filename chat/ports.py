"""The external dependencies of the chat, as Protocols. `server` supplies the implementations."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol
from uuid import UUID

from chat.cards import Answer, Check
from models.database import Database
from models.enums import AttachmentKind, ItemKind


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


class WrittenFile(NamedTuple):
    byte_size: int
    sha256: bytes


@dataclass(frozen=True)
class FileFacts:
    """What was found in a stored file. `content_type` is the declared type only if the bytes are of no known type and
    browsers cannot execute it."""

    kind: AttachmentKind
    content_type: str
    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None
    waveform: Sequence[int] | None = None


class InspectedFile(NamedTuple):
    """`cleaned` is the file without the metadata that must not be served, if it had any."""

    facts: FileFacts
    thumbnail: bytes | None
    cleaned: bytes | None


class Files(Protocol):
    """The storage of files, and the inspection of what they contain. Every method can raise FilesUnavailable."""

    async def write(self, key: str, chunks: AsyncIterator[bytes], byte_limit: int) -> WrittenFile:
        """Stores the chunks without keeping them in memory. Stores nothing if the iterator raises."""

    async def put(self, key: str, content: bytes) -> None:
        """Stores the content, in the place of an earlier one."""

    async def inspect(self, key: str, byte_size: int, content_type: str, filename: str) -> InspectedFile:
        """Inspects a stored file, of which the uploader declares the type and the name."""

    async def square_thumbnail(self, key: str) -> bytes | None:
        """Returns a square image made from a stored one; None if that is missing or is not an image."""

    async def copy(self, source: str, target: str) -> None:
        """Copies a stored file. Copies nothing if it does not exist."""

    async def delete(self, keys: Sequence[str]) -> None:
        """Deletes the files. Ignores those that do not exist."""


class FilesUnavailable(Exception):
    """The storage of files does not answer."""


@dataclass(frozen=True)
class UploadLimits:
    byte_size: int = 100_000_000
    """The maximum size of a file."""

    lifetime: timedelta = timedelta(hours=24)
    """How long an upload can be sent."""


@dataclass(frozen=True)
class Chat:
    """The dependencies of every operation."""

    database: Database
    clock: Clock
    wake_ups: WakeUps
    cards: CardSource
    files: Files
    email_delay: timedelta = timedelta(minutes=2)
    """How long an e-mail about a message waits for the agent to read it. Half of it for direct messages."""

    upload_limits: UploadLimits = UploadLimits()
