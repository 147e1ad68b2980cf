"""Ephemeral events on their way to the streams of this process: told once, kept nowhere."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from chat.ports import Signal, SignalKind
from loaders import Loaders, Reading

Subject = UUID | str
"""A channel (UUID) or an agent (str) that a signal is about."""


@dataclass(frozen=True)
class Heard:
    """A signal, with the loaders that all of its listeners in this process share."""

    signal: Signal
    loaders: Loaders


class Listener:
    """A stream's ear. Of equal signals it keeps the latest only, so it grows no further than its subjects."""

    def __init__(self) -> None:
        self._heard: dict[tuple[UUID | None, tuple[str, ...]], Heard] = {}
        self._woken = asyncio.Event()

    def tell(self, heard: Heard) -> None:
        self._heard[heard.signal.channel_id, heard.signal.agent_ids] = heard
        self._woken.set()

    async def hear(self) -> AsyncGenerator[Heard, None]:
        """Yields what is told from now on, for good."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            heard, self._heard = list(self._heard.values()), {}
            for each in heard:
                yield each


class Signals:
    """Who listens to what in this process."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._listeners: dict[tuple[str, SignalKind, Subject], set[Listener]] = defaultdict(set)

    def tell(self, signal: Signal) -> None:
        heard = Heard(signal, Loaders(self._reading, signal.account_id))
        for subject in _subjects(signal):
            for listener in self._listeners.get((signal.account_id, signal.kind, subject), ()):
                listener.tell(heard)

    def accounts(self, kind: SignalKind) -> set[str]:
        """Returns the accounts in which somebody listens to this kind."""
        return {account_id for account_id, listened, _ in self._listeners if listened == kind}

    @contextmanager
    def listening(
        self, account_id: str, kinds: Iterable[SignalKind], subjects: Iterable[Subject]
    ) -> Iterator[Listener]:
        listener, listened = Listener(), list(subjects)
        addresses = [(account_id, kind, subject) for kind in kinds for subject in listened]
        for address in addresses:
            self._listeners[address].add(listener)
        try:
            yield listener
        finally:
            for address in addresses:
                self._listeners[address].discard(listener)
                if not self._listeners[address]:
                    del self._listeners[address]


def _subjects(signal: Signal) -> Iterable[Subject]:
    """Typing is told to the channel, the rest to the agents."""
    if signal.kind in (SignalKind.TYPING, SignalKind.NOT_TYPING):
        return [signal.channel_id] if signal.channel_id is not None else []
    return signal.agent_ids
