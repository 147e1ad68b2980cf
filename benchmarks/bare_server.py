"""The baseline of the live benchmark: uvicorn and its WebSocket protocol without any chat code.

Sockets connect to `/<channel>`. A POST to the same path is acknowledged, then its body is sent to each of them.
"""

import sys
from collections import defaultdict
from typing import Any

import uvicorn

sockets: defaultdict[str, set[Any]] = defaultdict(set)


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await _serve_socket(scope["path"], receive, send)
    elif scope["type"] == "http":
        await _broadcast_body(scope["path"], receive, send)


async def _serve_socket(path: str, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "graphql-transport-ws"})
    sockets[path].add(send)
    try:
        while (await receive())["type"] != "websocket.disconnect":
            pass
    finally:
        sockets[path].discard(send)


async def _broadcast_body(path: str, receive: Any, send: Any) -> None:
    body = b""
    more = True
    while more:
        part = await receive()
        body += part.get("body", b"")
        more = part.get("more_body", False)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})
    frame = body.decode()
    for send_to in list(sockets[path]):
        await send_to({"type": "websocket.send", "text": frame})


def main() -> None:
    uvicorn.run(
        application,
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        lifespan="off",
        access_log=False,
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
