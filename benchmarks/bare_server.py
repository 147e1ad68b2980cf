"""The baseline of the live benchmark: uvicorn and its WebSocket protocol without any chat code.

Sockets connect to `/<channel>?<variant>`. A POST to `/<channel>` is acknowledged. Then line n of its body is sent to
the sockets of variant n.
"""

import sys
from collections import defaultdict
from typing import Any

import uvicorn

sockets: defaultdict[str, set[tuple[Any, int]]] = defaultdict(set)
"""The `send` of each socket with its variant, by path."""


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await _serve_socket(scope["path"], int(scope["query_string"]), receive, send)
    elif scope["type"] == "http":
        await _broadcast_body(scope["path"], receive, send)


async def _serve_socket(path: str, variant: int, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "graphql-transport-ws"})
    sockets[path].add((send, variant))
    try:
        while (await receive())["type"] != "websocket.disconnect":
            pass
    finally:
        sockets[path].discard((send, variant))


async def _broadcast_body(path: str, receive: Any, send: Any) -> None:
    body = b""
    more = True
    while more:
        part = await receive()
        body += part.get("body", b"")
        more = part.get("more_body", False)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})
    frames = body.decode().split("\n")
    for send_to, variant in list(sockets[path]):
        await send_to({"type": "websocket.send", "text": frames[variant]})


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
        # The client keeps its connections while it measures the other servers.
        timeout_keep_alive=75,
    )


if __name__ == "__main__":
    main()
