"""Loading values by key, in batches.

A loader collects the keys that are requested together and reads them with one call. It caches what it has read, so it
must not live longer than the data may be reused: one request, or one batch of events.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Generator, Hashable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from threading import local
from typing import Any, Generic, Protocol, TypeVar, final

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class RunningResolver(Protocol):
    """A resolver that runs in a task of its own. Its execution decides when its loads are dispatched."""

    @property
    def is_in_execution(self) -> bool:
        """False once the execution has ended, when a task that the resolver has started may still run."""

    def future_of(self, load: "Load[Any, Any]") -> "asyncio.Future[list[Any]]":
        """Requests the load. Returns a future for its values."""


class _Driving(local):
    """Whether this thread is running a coroutine that a scheduler drives itself, without a task."""

    now = False


driving = _Driving()
running_resolver: ContextVar[RunningResolver | None] = ContextVar("running_resolver", default=None)
"""The resolver that runs in the current task or has started it."""


class Loader(Generic[Key, Value]):
    """`read` takes distinct keys and returns one value for each, in their order. It is called in a task of its own, so
    cancelling a caller never cancels it."""

    is_last = False
    """Whether its loads wait until no other load of the execution is requested or running."""

    def __init__(
        self, read: Callable[[list[Key]], Awaitable[Sequence[Value]]], known: Mapping[Key, Value] | None = None
    ) -> None:
        """`known` are values that need not be read."""
        self._read = read
        self._values: dict[Key, Value] = dict(known or {})
        self._reading: dict[asyncio.Task[None], Collection[Key]] = {}
        """The reads that are running, with their keys."""

        self._collected: dict[Key, None] = {}
        self._collecting: asyncio.Future[set[asyncio.Task[None]]] | None = None

    async def load(self, key: Key) -> Value:
        """Returns the value of one key. Raises what `read` raises."""
        if key in self._values:
            return self._values[key]
        return (await Load(self, [key]))[0]

    def load_many(self, keys: Iterable[Key]) -> "Load[Key, Value]":
        """Returns an awaitable for the values of these keys, in their order. It raises what `read` raises."""
        return Load(self, list(keys))

    def known(self, keys: list[Key]) -> list[Value] | None:
        """Returns the values if all of them are cached."""
        try:
            return list(map(self._values.__getitem__, keys))
        except KeyError:
            return None

    def start(self, keys: Iterable[Key]) -> "set[asyncio.Task[None]]":
        """Starts reading the keys that are neither cached nor being read. Returns the reads of the keys that are not
        cached."""
        reads: set[asyncio.Task[None]] = set()
        missing = dict.fromkeys(keys)
        if self._values:
            missing = {key: None for key in missing if key not in self._values}
        for read, read_keys in self._reading.items():
            if not missing.keys().isdisjoint(read_keys):
                reads.add(read)
                missing = {key: None for key in missing if key not in read_keys}
        if missing:
            reads.add(self._start_read(missing))
        return reads

    def cancel_reads(self) -> None:
        """Cancels the reads that are running. Only for a loader that no other request uses."""
        for read in list(self._reading):
            read.cancel()

    async def collect(self, keys: list[Key]) -> list[Value]:
        """Reads the keys together with those that other tasks request in the same turn of the event loop. This serves
        callers outside of an execution."""
        self._collected.update(dict.fromkeys(keys))
        if self._collecting is None:
            loop = asyncio.get_running_loop()
            self._collecting = loop.create_future()
            loop.call_soon(self._start_collected, self._collecting)
        reads = await asyncio.shield(self._collecting)
        for read in reads:
            await asyncio.shield(read)
        values = self.known(keys)
        assert values is not None
        return values

    def _start_collected(self, collecting: "asyncio.Future[set[asyncio.Task[None]]]") -> None:
        collected, self._collected, self._collecting = self._collected, {}, None
        collecting.set_result(self.start(collected))

    def _start_read(self, keys: dict[Key, None]) -> "asyncio.Task[None]":
        read = asyncio.create_task(self._read_batch(list(keys)))
        self._reading[read] = keys
        read.add_done_callback(self._end_read)
        return read

    async def _read_batch(self, keys: list[Key]) -> None:
        # A read may serve several executions, so what it loads itself is not part of the one that started it.
        running_resolver.set(None)
        values = await self._read(keys)
        self._values.update(zip(keys, values, strict=True))

    def _end_read(self, read: "asyncio.Task[None]") -> None:
        del self._reading[read]
        if not read.cancelled():
            # Keeps asyncio from logging an error that nobody retrieves because all callers were cancelled.
            read.exception()


class LastLoader(Loader[Key, Value]):
    """A loader for calls that must come after all other loads, so that one call has all keys of an execution."""

    is_last = True


@final
class Load(Generic[Key, Value]):
    """A request for the values of some keys of one loader."""

    __slots__ = ("keys", "loader")

    def __init__(self, loader: Loader[Key, Value], keys: list[Key]) -> None:
        self.loader = loader
        self.keys = keys

    def __await__(self) -> Generator[Any, Any, list[Value]]:
        values = self.loader.known(self.keys)
        if values is not None:
            return values
        if driving.now:
            loaded: list[Value] = yield self
            return loaded
        resolver = running_resolver.get()
        if resolver is not None and resolver.is_in_execution:
            return (yield from resolver.future_of(self))
        return (yield from self.loader.collect(self.keys).__await__())


AnyLoader = Loader[Any, Any]
AnyLoad = Load[Any, Any]
