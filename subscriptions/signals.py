"""Ephemeral events on their way to the streams of this process: told once, kept nowhere."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from chat.ports import Signal, SignalKind

Address = tuple[str, SignalKind, UUID | str]
"""An account, a kind, and the channel or the agent that the signal is about."""


class Listener:
    """A stream's ear. It keeps what it heard per address, the latest only, so it cannot grow beyond its addresses."""

    def __init__(self) -> None:
        self._heard: dict[tuple[Address, UUID | None], Signal] = {}
        self._woken = asyncio.Event()

    def tell(self, address: Address, signal: Signal) -> None:
        self._heard[address, signal.channel_id] = signal
        self._woken.set()

    async def heard(self) -> list[Signal]:
        """Returns what was heard since it last asked; waits for something."""
        await self._woken.wait()
        self._woken.clear()
        heard, self._heard = list(self._heard.values()), {}
        return heard


class Signals:
    """Who listens to what in this process."""

    def __init__(self) -> None:
        self._listeners: dict[Address, set[Listener]] = defaultdict(set)

    def tell(self, signal: Signal) -> None:
        for address in _addresses(signal):
            for listener in self._listeners.get(address, ()):
                listener.tell(address, signal)

    @contextmanager
    def listening(self, addresses: Iterable[Address]) -> Iterator[Listener]:
        listener, listened = Listener(), list(addresses)
        for address in listened:
            self._listeners[address].add(listener)
        try:
            yield listener
        finally:
            for address in listened:
                self._listeners[address].discard(listener)
                if not self._listeners[address]:
                    del self._listeners[address]


def _addresses(signal: Signal) -> Iterator[Address]:
    """Typing is told to the channel, the rest to the agents."""
    if signal.kind == SignalKind.TYPING:
        if signal.channel_id is not None:
            yield signal.account_id, signal.kind, signal.channel_id
        return
    for agent_id in signal.agent_ids:
        yield signal.account_id, signal.kind, agent_id
