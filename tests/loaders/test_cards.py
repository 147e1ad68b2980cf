"""Calls to source modules: one per module for a page or a live event, without a cache."""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
import uvicorn

import loaders
from models.enums import ItemKind
from server.app import create_app
from server.settings import Settings
from tests.support.api import Account, Api, Json
from tests.support.processes import free_port
from tests.support.sockets import open_socket

KINDS = list(ItemKind)
TIMEOUT_MS = 1_000
PAGE = "messages(last: 50) { nodes { cards { access title entity { __typename } } } }"
ADDED = """subscription ($channel: ID!) { chatMessageAdded(channelId: $channel) { message {
  cards { access title entity { __typename } } replyTo { cards { access title } replyTo { cards { access } } }
} } }"""


@pytest.fixture(scope="module")
async def module_url() -> AsyncIterator[str]:
    port = free_port()
    script = Path(__file__).with_name("counting_module.py")
    process = await asyncio.create_subprocess_exec(sys.executable, str(script), str(port))
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient() as client, asyncio.timeout(20):
        while True:
            try:
                await client.get(f"{url}/control")
                break
            except httpx.TransportError:
                await asyncio.sleep(0.05)
    yield url
    process.kill()  # on SIGTERM it would wait for the calls that it delays
    await process.wait()


@pytest.fixture(scope="module")
async def server(module_url: str, database_url: str, api: Api) -> AsyncIterator[tuple[Api, str]]:
    """A server whose nine source modules are that process, and the address of its sockets."""
    module = {"type": "http", "url": f"{module_url}/cards", "secret": "s" * 32, "timeout_ms": TIMEOUT_MS}
    sources = json.dumps({kind.value: module for kind in KINDS})
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), sources=sources)
        app = create_app(settings, database_url)
        server = uvicorn.Server(
            uvicorn.Config(app, host="127.0.0.1", port=0, ws="websockets-sansio", log_level="warning")
        )
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110  (uvicorn has no event for it)
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
            yield Api(http, settings, api.engine, app.state.hub, app.state.pools), f"ws://127.0.0.1:{port}/graphql"
        server.should_exit = True
        await serving


async def control(module_url: str, **params: float) -> list[Json]:
    async with httpx.AsyncClient() as client:
        seen: list[Json] = (await client.get(f"{module_url}/control", params=params)).json()
        return seen


async def _channel_with_fifty_cards(account: Account) -> str:
    channel = await account.bruno.create_channel("Vendas", memberIds=["carla", "davi"])
    for number in range(50):
        kind = KINDS[number % len(KINDS)]
        await account.bruno.send(channel, "", cards=[{"kind": kind.value, "id": f"item-{number}"}])
    return channel


async def test_a_page_calls_each_module_once(server: tuple[Api, str], module_url: str) -> None:
    api, _ = server
    account = await api.create_account()
    channel = await _channel_with_fifty_cards(account)
    await control(module_url)
    page = (await account.carla.read(channel, PAGE))["messages"]["nodes"]
    assert [card["access"] for message in page for card in message["cards"]] == ["GRANTED"] * 50
    calls = await control(module_url)
    assert len(calls) == len(KINDS) == len({call["kind"] for call in calls})
    assert sum(int(call["checks"]) for call in calls) == 50
    await account.carla.read(channel, PAGE)
    assert len(await control(module_url)) == len(KINDS), "answers are not cached between requests"


async def test_cards_in_replies_are_requested_in_the_same_call(server: tuple[Api, str], module_url: str) -> None:
    """So are cards in replies to replies, and in other fields of the channel in the same request."""
    api, _ = server
    account = await api.create_account()
    channel = await account.bruno.create_channel("Vendas", memberIds=["carla"])
    await _chain_of_replies(account, channel)
    await control(module_url)
    card = "cards { access title entity { __typename } }"
    for page in (
        f"messages(last: 2) {{ nodes {{ {card} replyTo {{ {card} }} }} }}",
        f"messages(last: 1) {{ nodes {{ replyTo {{ author {{ name }} {card} replyTo {{ {card} }} }} {card} }} }}",
        f"lastMessage {{ {card} channel {{ messages(last: 50) {{ nodes {{ {card} replyTo {{ {card} }} }} }} }} }}",
    ):
        seen = await account.carla.read(channel, page)
        assert "GRANTED" in str(seen)
        (call,) = await control(module_url)
        assert call["kind"] == "DEAL"
        assert int(call["checks"]) > 1


SHARED_IN = """messages(last: 20) { nodes { cards { access entity { ... on Deal {
  id sharedIn(first: 10) { nodes { id cards { access title } replyTo { cards { title } } } } card { title }
} } } replyTo { cards { access } } } }"""


@pytest.mark.parametrize("slow", ["load_shared_in", "load_messages", "load_cards", None])
async def test_cards_in_shared_in_are_requested_in_the_same_call(
    slow: str | None, server: tuple[Api, str], module_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, _ = server
    account = await api.create_account(extra_agents=2)
    channel = await account.bruno.create_channel("Vendas", memberIds=["extra-0000", "extra-0001"])
    await _chain_of_replies(account, channel)
    if slow is not None:
        _slow_down(slow, monkeypatch)
    await control(module_url)
    nodes = (await account.agent("extra-0000").read(channel, SHARED_IN))["messages"]["nodes"]
    (call,) = await control(module_url)
    assert call == {"kind": "DEAL", "checks": 4}
    cards = [card for node in nodes for card in node["cards"]]
    assert [card["access"] for card in cards] == ["GRANTED"] * 4
    entity = cards[1]["entity"]
    assert entity["card"] == {"title": "Title of deal-1"}
    (message,) = entity["sharedIn"]["nodes"]
    assert message["cards"] == [{"access": "GRANTED", "title": "Title of deal-1"}]
    assert message["replyTo"]["cards"] == [{"title": "Title of deal-0"}]
    nodes = (await account.agent("extra-0001").read(channel, SHARED_IN))["messages"]["nodes"]
    assert [card for node in nodes for card in node["cards"]] == [{"access": "FORBIDDEN", "entity": None}] * 4


@pytest.mark.parametrize("read", ["load_messages", "load_cards", "load_agents"])
async def test_a_slow_read_does_not_split_the_call(
    read: str, server: tuple[Api, str], module_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cards of the replies are known only after the replies, while those of the page are known early."""
    api, _ = server
    account = await api.create_account()
    channel = await account.bruno.create_channel("Vendas", memberIds=["carla"])
    await _chain_of_replies(account, channel)
    _slow_down(read, monkeypatch)
    await control(module_url)
    card = "cards { access title sharedBy { name } }"
    await account.carla.read(channel, f"messages(last: 2) {{ nodes {{ {card} replyTo {{ {card} }} }} }}")
    (call,) = await control(module_url)
    assert int(call["checks"]) == 3


def _slow_down(read: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Delays a read of the loaders by 50 ms."""
    original = getattr(loaders, read)

    async def slow_read(*arguments: object) -> object:
        await asyncio.sleep(0.05)
        return await original(*arguments)

    monkeypatch.setattr(loaders, read, slow_read)


async def _chain_of_replies(account: Account, channel: str) -> str:
    """Sends 4 messages, each with a card and each a reply to the one before. Returns the last one."""
    message = await account.bruno.send(channel, "", cards=[{"kind": "DEAL", "id": "deal-0"}])
    for number in range(1, 4):
        card = {"kind": "DEAL", "id": f"deal-{number}"}
        message = await account.bruno.send(channel, "", cards=[card], replyToId=message)
    return message


async def test_a_hanging_module_delays_a_page_by_one_timeout(server: tuple[Api, str], module_url: str) -> None:
    api, _ = server
    account = await api.create_account()
    channel = await account.bruno.create_channel("Vendas", memberIds=["carla"])
    for kind in (ItemKind.DEAL, ItemKind.TASK):
        await account.bruno.send(channel, kind.value, cards=[{"kind": kind.value, "id": "1"}])
    await control(module_url, delay=30.0)
    try:
        began = time.perf_counter()
        page = (await account.carla.read(channel, PAGE))["messages"]["nodes"]
        took = time.perf_counter() - began
    finally:
        await control(module_url, delay=0.0)
    assert [card["access"] for message in page for card in message["cards"]] == ["UNAVAILABLE"] * 2
    assert took < TIMEOUT_MS / 1000 + 1.0


async def test_a_preview_has_no_count_if_one_member_is_not_answered(server: tuple[Api, str]) -> None:
    api, _ = server
    account = await api.create_account()
    channel = await account.bruno.create_channel("Vendas", memberIds=["carla", "davi"])
    query = """query ($entity: SharedEntityRef!, $to: ShareDestinationRef!) {
      sharePreview(entity: $entity, destination: $to) { card { access } membersWithAccess memberCount } }"""
    for item, count in (("1", 2), ("doubtful", None)):
        entity = {"kind": "DEAL", "id": item}
        seen = (await account.bruno.query(query, entity=entity, to={"channelId": channel}))["sharePreview"]
        assert seen == {"card": {"access": "GRANTED"}, "membersWithAccess": count, "memberCount": 3}


async def test_a_live_event_makes_one_call_for_all_subscribers(server: tuple[Api, str], module_url: str) -> None:
    """For the message's own card, and for the cards of the messages that it replies to."""
    api, url = server
    account = await api.create_account(extra_agents=100)
    readers = [f"extra-{number:04}" for number in range(100)]
    channel = await account.bruno.create_channel("Vendas", memberIds=readers)
    replied_to = await _chain_of_replies(account, channel)
    async with AsyncExitStack() as sockets:
        opened = [
            await sockets.enter_async_context(open_socket(url, account.agent(reader).token)) for reader in readers
        ]
        streams = [await each.subscribe(ADDED, channel=channel) for each in opened]
        await account.until_subscribed(len(streams))
        await control(module_url)
        await account.bruno.send(channel, "", cards=[{"kind": "DEAL", "id": "1"}], replyToId=replied_to)
        seen = [(await stream.data())["message"] for stream in streams]
    for reader, message in zip(readers, seen, strict=True):
        granted = reader[-1] in "02468"
        (card,), (before,) = message["cards"], message["replyTo"]["cards"]
        assert card["access"] == before["access"] == ("GRANTED" if granted else "FORBIDDEN")
        assert (card["title"] is not None) == (card["entity"] is not None) == granted
        assert before["title"] == ("Title of deal-3" if granted else None)
    sharing, event = await control(module_url)
    assert sharing == {"kind": "DEAL", "checks": 1}
    assert event == {"kind": "DEAL", "checks": 300}
