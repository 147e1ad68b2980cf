"""The long-lived connections (sockets and event streams) of this process, and closing all of them before a shutdown.

A server that shuts down closes its connections over some seconds, so that the clients do not all reconnect to the next
replica together. A client that does not read must not delay the shutdown.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Protocol

CLOSE_SECONDS = 1.0
"""How long a connection may take to close before it is aborted."""

DRAIN_STEPS = 20


class ConnectionState(StrEnum):
    EVENT_STREAM = "event_stream"
    SIGNED_IN = "signed_in"
    """A socket whose client has sent a valid token."""

    NOT_SIGNED_IN = "not_signed_in"


class Connection(Protocol):
    @property
    def state(self) -> ConnectionState: ...

    async def close_for_restart(self) -> None:
        """Closes the connection in a way that makes clients reconnect, here or to another replica."""

    def abort(self) -> None:
        """Ends the connection, even if the client does not read."""


class Connections:
    """The open connections of this process."""

    def __init__(self) -> None:
        self.draining = False
        self._open: set[Connection] = set()

    def __len__(self) -> int:
        return len(self._open)

    def by_state(self) -> Mapping[ConnectionState, int]:
        """Returns how many connections are in each state."""
        counts = Counter(connection.state for connection in self._open)
        return {state: counts[state] for state in ConnectionState}

    @contextmanager
    def registered(self, connection: Connection) -> Iterator[None]:
        self._open.add(connection)
        try:
            yield
        finally:
            self._open.discard(connection)

    async def drain(self, seconds: float) -> None:
        """Closes a twentieth of the connections at a time. Takes the whole time if there are any, so that a load
        balancer notices. A client that does not read is aborted and does not delay the others."""
        self.draining = True
        closing = list(self._open)
        if not closing:
            return
        async with asyncio.TaskGroup() as group:
            for step in range(DRAIN_STEPS):
                for connection in closing[step::DRAIN_STEPS]:
                    group.create_task(_close_or_abort(connection))
                await asyncio.sleep(seconds / DRAIN_STEPS)


async def _close_or_abort(connection: Connection) -> None:
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await connection.close_for_restart()
    except Exception:
        # The client does not read, or the connection is closing already.
        connection.abort()
