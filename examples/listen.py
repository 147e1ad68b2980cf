"""Prints the new messages of all channels of one agent, live.

    .venv/bin/python examples/listen.py TOKEN [URL]

A client that must not miss anything keeps the last position and resumes from it: see docs/delivery.md.
"""

import asyncio
import json
import sys

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

SUBSCRIPTION = """subscription {
  chatMessageAdded {
    message { channel { name } author { name } body }
    alert
    position
  }
}"""


async def listen(token: str, url: str) -> None:
    async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        # The token goes into connection_init, never into the URL, which ends up in logs.
        init = {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}
        await socket.send(json.dumps(init))
        print(await socket.recv(), flush=True)
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": SUBSCRIPTION}}))
        async for frame in socket:
            print(frame, flush=True)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    asyncio.run(listen(arguments[0], arguments[1] if len(arguments) > 1 else "ws://127.0.0.1:8000/graphql"))
