"""Delivery of ephemeral events to the streams of this process. They are delivered once and never stored."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from chat.ports import Signal, SignalKind
from loaders import DataSources, Loaders

Subject = UUID | str
"""The channel (UUID) or agent (str) that a signal is about."""


@dataclass(frozen=True)
class ReceivedSignal:
    """A signal, with the loaders that its listeners in this process share."""

    signal: Signal
    loaders: Loaders

    committed_at: ClassVar[float | None] = None
    """A signal is not a change, and has no time."""


class Listener:
    """A stream that receives signals. Of several equal signals it keeps only the latest, so the queue of a
    slow stream is bounded by the number of its subjects."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[UUID | None, tuple[str, ...]], ReceivedSignal] = {}
        self._woken = asyncio.Event()

    def deliver(self, received: ReceivedSignal) -> None:
        self._waiting[received.signal.channel_id, received.signal.agent_ids] = received
        self._woken.set()

    async def received(self) -> AsyncGenerator[ReceivedSignal, None]:
        """Yields the signals that are delivered from now on, indefinitely."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            waiting, self._waiting = list(self._waiting.values()), {}
            for received in waiting:
                yield received


class Signals:
    """The listeners of this process."""

    def __init__(self, data: DataSources) -> None:
        self._data = data
        self._listeners: dict[tuple[str, SignalKind, Subject], set[Listener]] = defaultdict(set)

    def deliver(self, signal: Signal) -> None:
        received = ReceivedSignal(signal, Loaders(self._data, signal.account_id))
        for subject in _subjects(signal):
            for listener in self._listeners.get((signal.account_id, signal.kind, subject), ()):
                listener.deliver(received)

    def accounts(self, kind: SignalKind) -> set[str]:
        """Returns the accounts that have listeners for this kind of signal."""
        return {account_id for account_id, listened, _ in self._listeners if listened == kind}

    @contextmanager
    def listen(self, account_id: str, kinds: Iterable[SignalKind], subjects: Iterable[Subject]) -> Iterator[Listener]:
        """Registers a listener for these kinds of signals about these subjects, until the block ends."""
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
    """Typing is delivered to those who watch the channel, everything else to those who watch the agents."""
    if signal.kind in (SignalKind.TYPING, SignalKind.NOT_TYPING):
        return [signal.channel_id] if signal.channel_id is not None else []
    return signal.agent_ids
