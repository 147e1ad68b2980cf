"""A request that exceeds a limit is refused with a code, quickly, without a statement, and while others are served."""

import time
from collections.abc import Awaitable, Callable

import orjson
import pytest

from server.schema import ChatExecutor
from tests.server.limits.bombs import BOMBS, Bomb
from tests.support.api import Account, Api, Json, Response
from tests.support.event_loop import measured_blocking
from tests.support.sockets import open_socket

SECONDS = 0.1
ATTEMPTS = 3

bombs = pytest.mark.parametrize("bomb", BOMBS, ids=[bomb.name for bomb in BOMBS])


async def refused_in(send: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Returns the CPU time of the process, and the longest time for which the event loop was blocked. Other tests use
    the machine too, so the best of some attempts counts."""
    spent = blocked = 1.0
    for _ in range(ATTEMPTS):
        async with measured_blocking() as blocking:
            begun = time.process_time()
            await send()
            spent = min(spent, time.process_time() - begun)
        blocked = min(blocked, blocking.longest)
        if spent < SECONDS and blocked < SECONDS:
            break
    return spent, blocked


@bombs
async def test_over_http(account: Account, bomb: Bomb) -> None:
    fitting = await account.ana.execute(bomb.fitting, **bomb.fitting_variables)
    assert "errors" not in fitting.body, fitting.body["errors"]
    with account.api.statements() as statements:
        assert (await account.ana.execute(bomb.document, **bomb.variables)).code == bomb.code
        spent, blocked = await refused_in(lambda: account.ana.execute(bomb.document, **bomb.variables))
    assert statements == []
    assert spent < SECONDS
    assert blocked < SECONDS


@bombs
async def test_on_a_socket(account: Account, socket_url: str, bomb: Bomb) -> None:
    async with open_socket(socket_url, account.bruno.token) as socket:
        for document, variables, code in (
            (bomb.fitting, bomb.fitting_variables, None),
            (bomb.document, bomb.variables, bomb.code),
        ):
            body = await (await socket.subscribe(document, **variables)).next()
            assert (Response(body).code if "errors" in body else None) == code


@pytest.mark.parametrize("bomb", [bomb for bomb in BOMBS if bomb.name in ("depth", "cost")], ids=lambda bomb: bomb.name)
async def test_in_an_event_stream(account: Account, bomb: Bomb) -> None:
    headers = {"accept": "text/event-stream", "authorization": f"Bearer {account.ana.token}"}
    for document, variables, code in (
        (bomb.fitting, bomb.fitting_variables, None),
        (bomb.document, bomb.variables, bomb.code),
    ):
        request = {"query": document, "variables": variables}
        response = await account.api.http.post("/graphql", json=request, headers=headers)
        (data,) = [line[6:] for line in response.text.splitlines() if line.startswith("data: {")]
        body: Json = orjson.loads(data)
        assert (Response(body).code if "errors" in body else None) == code


async def test_a_subscription_that_costs_too_much_does_not_start(account: Account, socket_url: str) -> None:
    channel = await account.ana.create_channel()
    document = """subscription ($id: ID!, $first: Int) { chatChannelChanged(channelId: $id) {
      channel { members(first: 100) { nodes { agent { name } } } messages(last: 100) { nodes {
        reactions { agents(first: $first) { nodes { name } } } } } } } }"""
    async with open_socket(socket_url, account.ana.token) as socket:
        fitting = await socket.subscribe(document, id=channel, first=17)
        await account.until_subscribed()
        refused = await socket.subscribe(document, id=channel, first=18)
        assert await refused.error_code() == "COST_EXCEEDED"
        await account.ana.send(channel)
        assert "errors" not in await fitting.next()


async def test_the_error_and_on_request_the_response_show_the_cost(account: Account) -> None:
    async def execute(first: int, **extensions: object) -> Json:
        document = "query ($n: Int) { chatChannels(first: $n) { nodes { id } } }"
        request = {"query": document, "variables": {"n": first}, "extensions": extensions}
        headers = {"authorization": f"Bearer {account.ana.token}"}
        body: Json = (await account.api.http.post("/graphql", json=request, headers=headers)).json()
        return body

    assert (await execute(30, cost=True))["extensions"] == {"cost": {"requested": 31, "maximum": 20_000}}
    assert "extensions" not in await execute(30)
    assert "extensions" not in await execute(30, cost="yes")
    (error,) = (await execute(20_000))["errors"]
    assert error["extensions"] == {"code": "COST_EXCEEDED", "cost": {"requested": 20_001, "maximum": 20_000}}


async def test_a_result_with_too_many_objects_is_ended(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists without pages can be longer than their cost assumes."""
    account = await api.create_account(extra_agents=45)
    document = "{ chatAgents(first: %d) { nodes { id } } }"
    monkeypatch.setattr(ChatExecutor, "max_objects", 31)
    assert len((await account.ana.query(document % 30))["chatAgents"]["nodes"]) == 30
    assert (await account.ana.execute(document % 31)).code == "COST_EXCEEDED"


async def test_introspection_stands_alone(account: Account) -> None:
    alone = "{ __schema { queryType { name } } __typename }"
    assert (await account.ana.query(alone))["__schema"] == {"queryType": {"name": "Query"}}
    mixed = await account.ana.execute("{ __schema { queryType { name } } chatViewer { id } }")
    assert mixed.code == "GRAPHQL_VALIDATION_FAILED"
