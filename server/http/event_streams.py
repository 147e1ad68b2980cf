"""Results as server-sent events (graphql-sse, distinct connections mode), for clients that cannot open a WebSocket.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
"""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.types import Receive, Scope, Send

from server.http.connections import Connections, ConnectionState
from server.http.extensions import abort_connection
from server.http.media_types import EVENT_STREAM
from server.http.operations import Deliver
from server.observation.records import Transport, observe_graphql

HEARTBEAT_SECONDS = 15.0
"""How often a comment is sent, so that proxies do not close a stream without events."""

HEADERS = [
    (b"content-type", f"{EVENT_STREAM}; charset=utf-8".encode()),
    (b"cache-control", b"no-cache, no-transform"),
    # nginx buffers responses otherwise.
    (b"x-accel-buffering", b"no"),
]

# Lines end with LF: some gateways cannot parse CRLF. An event needs the field `data`, even if it is empty.
COMPLETE = b"event: complete\ndata: \n\n"
COMMENT = b": ping\n\n"

Run = Callable[[Deliver], Awaitable[None]]
"""Runs an operation and delivers its results. Never raises because of the operation."""


class EventStreamResponse:
    """A response that sends each result as an event. It is one of the process's long-lived connections."""

    state = ConnectionState.EVENT_STREAM

    def __init__(self, run: Run, connections: Connections) -> None:
        self._run = run
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        observe_graphql(Transport.EVENT_STREAM)
        with self._connections.registered(self):
            tasks = [
                asyncio.create_task(self._send_results(send)),
                asyncio.create_task(_wait_for_disconnect(receive)),
                asyncio.create_task(_send_heartbeats(send)),
            ]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                results, *_ = await asyncio.gather(*tasks, return_exceptions=True)
            if isinstance(results, Exception):
                raise results

    async def close_for_restart(self) -> None:
        """Aborts the connection: clients resume a stream that is interrupted, but not one that has completed."""
        self.abort()

    def abort(self) -> None:
        abort_connection(self._scope)

    async def _send_results(self, send: Send) -> None:
        async def deliver(result: bytes) -> None:
            await _send(send, b"event: next\ndata: " + result + b"\n\n")

        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        # Some browsers and proxies pass nothing of a response on, not even its head, before the body begins.
        await _send(send, COMMENT)
        await self._run(deliver)
        await _send(send, COMPLETE)
        await send({"type": "http.response.body", "body": b""})


async def _send(send: Send, chunk: bytes) -> None:
    await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_heartbeats(send: Send) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        await _send(send, COMMENT)
