"""A network connection that tests can break."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from contextlib import suppress

Connect = Callable[[], Awaitable[tuple[StreamReader, StreamWriter]]]


class Proxy:
    """Passes bytes on, after `latency` seconds, and not while `passing` is cleared."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._writers: set[StreamWriter] = set()
        self.latency = 0.0
        self.passing = _open_gate()
        self._abandoned: list[asyncio.Event] = []
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        self.reset()
        for gate in (self.passing, *self._abandoned):
            gate.set()

    def reset(self) -> None:
        """Aborts every connection."""
        for writer in list(self._writers):
            writer.transport.abort()

    def abandon(self) -> None:
        """Makes the present connections black holes permanently. New connections work."""
        self.passing.clear()
        self._abandoned.append(self.passing)
        self.passing = _open_gate()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            up_reader, up_writer = await self._connect()
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, up_writer}
        await asyncio.gather(self._pump(reader, up_writer), self._pump(up_reader, writer))
        self._writers -= {writer, up_writer}

    async def _pump(self, reader: StreamReader, writer: StreamWriter) -> None:
        passing = self.passing
        with suppress(OSError):
            while data := await reader.read(65536):
                await asyncio.sleep(self.latency)
                await passing.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


def _open_gate() -> asyncio.Event:
    gate = asyncio.Event()
    gate.set()
    return gate
