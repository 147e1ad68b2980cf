"""Server-sent events: the same streams for clients without sockets."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.support.api import Account

Json = dict[str, Any]
ADDED = """subscription ($channel: ID!, $since: String) {
  chatMessageAdded(channelId: $channel, since: $since) { message { body systemEvent { kind } } position }
}"""


class Events:
    """A text/event-stream response, read event by event."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.raw = ""
        self._chunks = response.aiter_text()

    async def next(self) -> tuple[str, Json | None]:
        """Returns the name and the data of the next event, and skips comments."""
        async with asyncio.timeout(10):
            while True:
                frame, found, rest = self.raw.partition("\n\n")
                if not found:
                    self.raw += await anext(self._chunks)
                    assert "\r" not in self.raw
                    continue
                self.raw = rest
                lines = dict(line.split(": ", 1) for line in frame.split("\n") if not line.startswith(":"))
                if lines:
                    return lines["event"], json.loads(lines["data"]) if lines["data"] else None

    async def message(self) -> Json:
        name, data = await self.next()
        assert name == "next"
        assert data is not None
        assert "errors" not in data, data
        event: Json = data["data"]["chatMessageAdded"]
        return event


@asynccontextmanager
async def subscribed(url: str, token: str | None, query: str, **variables: object) -> AsyncIterator[Events]:
    headers = {"accept": "text/event-stream", "authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(timeout=10) as http:
        address = url.replace("ws://", "http://")
        request = {"query": query, "variables": variables}
        async with http.stream("POST", address, json=request, headers=headers) as response:
            yield Events(response)


async def test_a_stream_delivers_new_messages_and_resumes(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno", "carla"])
    position = await account.carla.position(channel)
    await account.bruno.send(channel, "before")
    async with subscribed(socket_url, account.carla.token, ADDED, channel=channel, since=position) as events:
        assert events.response.status_code == 200
        assert events.response.headers["content-type"].startswith("text/event-stream")
        replayed = await events.message()
        await account.bruno.send(channel, "live, com acentuação\nand two lines")
        live = await events.message()
    assert replayed["message"]["body"] == "before"
    assert live["message"]["body"] == "live, com acentuação\nand two lines"
    await account.bruno.send(channel, "while away")
    async with subscribed(socket_url, account.carla.token, ADDED, channel=channel, since=live["position"]) as events:
        assert (await events.message())["message"]["body"] == "while away"


async def test_a_stream_without_events_begins_at_once(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel()
    async with subscribed(socket_url, account.ana.token, ADDED, channel=channel) as events, asyncio.timeout(2):
        assert await anext(events.response.aiter_text()) == ": ping\n\n"


async def test_a_query_is_one_event_and_completes(account: Account, socket_url: str) -> None:
    async with subscribed(socket_url, account.carla.token, "{ __typename }") as events:
        assert await events.next() == ("next", {"data": {"__typename": "Query"}})
        assert (await events.next())[0] == "complete"


async def test_the_stream_of_a_removed_member_ends_with_a_code(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno", "carla"])
    position = await account.carla.position(channel)
    async with subscribed(socket_url, account.carla.token, ADDED, channel=channel, since=position) as events:
        await account.bruno.send(channel, "before")
        assert (await events.message())["message"]["body"] == "before"
        await account.ana.mutate("removeChatMember", "channel { id }", channelId=channel, agentId="carla")
        await account.bruno.send(channel, "after")
        name, data = await events.next()
        assert data is not None
        if "errors" not in data:
            assert data["data"]["chatMessageAdded"]["message"]["systemEvent"] == {"kind": "REMOVED"}
            name, data = await events.next()
        assert (name, data and data["errors"][0]["extensions"]["code"]) == ("next", "ACCESS_LOST")
        assert (await events.next())[0] == "complete"


async def test_an_invalid_token_is_answered_with_a_code(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel()
    async with subscribed(socket_url, "nonsense", ADDED, channel=channel) as events:
        name, data = await events.next()
        assert data is not None
        assert (name, data["errors"][0]["extensions"]["code"]) == ("next", "UNAUTHENTICATED")
        assert (await events.next())[0] == "complete"
