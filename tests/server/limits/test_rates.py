"""Token buckets, in memory and in Redis: both keep the same contract."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from signal import SIGCONT, SIGKILL, SIGSTOP
from time import perf_counter

import httpx
import pytest
from starlette.applications import Starlette
from structlog.testing import capture_logs

from server.app import create_app
from server.limits.memory_rates import SWEPT_AT, MemoryRates
from server.limits.rates import Rate, RateLimiter
from server.limits.redis_rates import ANSWER_SECONDS, RedisRates
from server.settings import Settings
from tests.server.limits.conftest import serving
from tests.support.api import Account, AgentClient, Api, Response
from tests.support.services import RedisServer
from tests.support.sockets import open_socket

RATE = Rate("test", per_second=20, burst=5)
SLOW = Rate("slow", per_second=0.1, burst=3)
BOTH = ["memory", pytest.param("redis", marks=pytest.mark.redis)]


@pytest.fixture(scope="module")
async def redis() -> AsyncIterator[RedisServer]:
    server = RedisServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def shared(redis: RedisServer) -> AsyncIterator[Callable[[], RedisRates]]:
    """Makes the limiters of processes that share the server."""
    async with AsyncExitStack() as made:

        def make() -> RedisRates:
            rates = RedisRates(f"redis://127.0.0.1:{redis.port}/0")
            made.push_async_callback(rates.aclose)
            return rates

        yield make


@pytest.fixture(params=BOTH)
def limiter(request: pytest.FixtureRequest) -> RateLimiter:
    if request.param == "memory":
        return MemoryRates()
    made: RateLimiter = request.getfixturevalue("shared")()
    return made


async def granted(limiter: RateLimiter, key: str, rate: Rate, times: int) -> list[bool]:
    return [(await limiter.take(key, rate)).allowed for _ in range(times)]


async def test_a_full_bucket_has_the_burst(limiter: RateLimiter) -> None:
    assert await granted(limiter, "burst", SLOW, 5) == [True] * 3 + [False] * 2


async def test_buckets_of_different_keys_are_independent(limiter: RateLimiter) -> None:
    assert await granted(limiter, "one", SLOW, 4) == [True, True, True, False]
    assert await granted(limiter, "another", SLOW, 1) == [True]


async def test_a_bucket_fills_with_the_rate(limiter: RateLimiter) -> None:
    assert (await granted(limiter, "filling", RATE, 20))[-1] is False
    refused = await limiter.take("filling", RATE)
    assert 0 < refused.retry_after <= 1 / RATE.per_second
    await asyncio.sleep(refused.retry_after + 0.01)
    assert await granted(limiter, "filling", RATE, 1) == [True]


async def test_a_grant_says_what_remains_and_when_the_bucket_is_full(limiter: RateLimiter) -> None:
    first, second, third = [await limiter.take("state", SLOW) for _ in range(3)]
    assert [grant.remaining for grant in (first, second, third)] == [2, 1, 0]
    assert (first.state, third.state) == ('"slow";r=2;t=10', '"slow";r=0;t=30')
    assert first.retry_after == 0
    assert third.retry_after == pytest.approx(10, abs=0.2)
    assert first.rate.policy == '"slow";q=3;w=30'


async def test_calls_at_the_same_time_get_no_more_than_the_burst(limiter: RateLimiter) -> None:
    grants = await asyncio.gather(*(limiter.take("together", SLOW) for _ in range(10)))
    assert sum(grant.allowed for grant in grants) == SLOW.burst


# ------------------------------------------------------------------ memory


async def test_a_bucket_that_is_full_again_takes_no_memory() -> None:
    now = 0.0
    rates = MemoryRates(lambda: now)
    for number in range(20 * SWEPT_AT):
        await rates.take(str(number), RATE)
        now += 0.001
    assert len(rates) <= SWEPT_AT + 1


async def test_taking_from_memory_costs_microseconds() -> None:
    rates = MemoryRates()
    begun = perf_counter()
    for _ in range(1_000):
        await rates.take("key", RATE)
    assert (perf_counter() - begun) / 1_000 < 0.000_1


# ------------------------------------------------------------------ Redis


@pytest.mark.redis
async def test_processes_share_the_buckets(shared: Callable[[], RedisRates]) -> None:
    one, other = shared(), shared()
    assert await granted(one, "shared", SLOW, 2) == [True, True]
    assert await granted(other, "shared", SLOW, 2) == [True, False]


@pytest.mark.redis
@pytest.mark.parametrize("failure", ["killed", "frozen", "never there"])
async def test_without_redis_the_buckets_of_the_process_answer_at_once(failure: str) -> None:
    server = RedisServer()
    if failure != "never there":
        await server.start()
    rates = RedisRates(f"redis://127.0.0.1:{server.port}/0")
    if failure != "never there":
        assert await granted(rates, "key", SLOW, 1) == [True]
        server.send(SIGKILL if failure == "killed" else SIGSTOP)
    with capture_logs() as logged:
        begun = perf_counter()
        assert await granted(rates, "key", SLOW, 100) == [True] * 3 + [False] * 97
        assert perf_counter() - begun < ANSWER_SECONDS + 0.5, "only the first waits for Redis"
    assert [event["event"] for event in logged] == ["shared_rates_unavailable"]
    await rates.aclose()
    if failure != "never there":
        if failure == "frozen":
            server.send(SIGCONT)
        await server.end_by(SIGKILL) if failure == "frozen" else await server.process.wait()


@pytest.mark.redis
async def test_redis_is_used_again_when_it_answers(redis: RedisServer, shared: Callable[[], RedisRates]) -> None:
    now = 0.0
    rates = RedisRates(f"redis://127.0.0.1:{redis.port}/0", lambda: now)
    assert await granted(rates, "again", SLOW, 2) == [True, True]
    redis.send(SIGSTOP)
    try:
        assert await granted(rates, "again", SLOW, 1) == [True]
    finally:
        redis.send(SIGCONT)
    now += 2
    await granted(rates, "again", SLOW, SLOW.burst)
    assert await granted(shared(), "again", SLOW, 1) == [False], "another process sees the empty bucket"
    await rates.aclose()


# ------------------------------------------------------------------ clients


async def post(client: AgentClient, document: str = "{ __typename }") -> httpx.Response:
    headers = {"authorization": f"Bearer {client.token}"}
    return await client.http.post("/graphql", json={"query": document}, headers=headers)


@pytest.fixture(scope="module")
async def strict_app(settings: Settings, database_url: str) -> AsyncIterator[Starlette]:
    """A server that grants an agent three operations, and then one every ten seconds."""
    strict = {"operations_per_second": 0.1, "operations_burst": 3}
    app = create_app(settings.model_copy(update=strict), database_url)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def strict(strict_app: Starlette, account: Account) -> AsyncIterator[Account]:
    """The account on that server."""
    transport = httpx.ASGITransport(strict_app)
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.test") as http:
        api = Api(http, account.api.settings, account.api.engine, strict_app.state.hub, strict_app.state.pools)
        yield Account(api, account.account_id)


@pytest.fixture(scope="module")
async def strict_url(strict_app: Starlette, settings: Settings) -> AsyncIterator[str]:
    async with serving(strict_app, settings) as address:
        yield f"ws://{address}/graphql"


async def test_the_default_rate(limited: Account) -> None:
    response = await post(limited.bruno)
    assert response.headers["ratelimit-policy"] == '"agent";q=200;w=4'
    assert response.headers["ratelimit"] == '"agent";r=199;t=1'


async def test_an_agent_who_starts_too_many_operations_is_refused(strict: Account) -> None:
    with strict.api.statements() as statements:
        responses = [await post(strict.ana, "{ chatViewer { id } }") for _ in range(5)]
    assert [response.status_code for response in responses] == [200] * 3 + [429] * 2
    assert len(statements) == 3
    refused = responses[-1]
    assert Response(refused.json()).code == "RATE_LIMITED"
    assert 0 < refused.json()["errors"][0]["extensions"]["retryAfter"] <= 10
    assert 0 < int(refused.headers["retry-after"]) <= 10
    assert refused.headers["ratelimit-policy"] == '"agent";q=3;w=30'
    assert refused.headers["ratelimit"].startswith('"agent";r=0;t=')
    assert (await post(strict.bruno)).status_code == 200


async def test_sockets_and_requests_of_an_agent_share_the_rate(strict: Account, strict_url: str) -> None:
    assert (await post(strict.ana)).status_code == 200
    async with open_socket(strict_url, strict.ana.token) as socket:
        streams = [await socket.subscribe("{ __typename }") for _ in range(4)]
        answers = [await stream.next() for stream in streams]
        assert [Response(answer).code for answer in answers if "errors" in answer] == ["RATE_LIMITED"] * 2
        assert 0 < answers[-1]["errors"][0]["extensions"]["retryAfter"] <= 10
    assert (await post(strict.ana)).status_code == 429


async def test_clients_without_a_valid_token_share_the_rate_of_their_address(
    settings: Settings, database_url: str, account: Account
) -> None:
    few = {"anonymous_operations_per_second": 0.1, "anonymous_operations_burst": 4}
    app = create_app(settings.model_copy(update=few), database_url)

    async def post_from(address: str, token: str | None) -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(address, 1))
        headers = {"authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(transport=transport, base_url="http://chat.test") as http:
            return await http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)

    async with app.router.lifespan_context(app):
        responses = [await post_from("198.51.100.7", token) for token in (None, "invalid") * 3]
        assert [response.status_code for response in responses] == [200] * 4 + [429] * 2
        assert responses[0].headers["ratelimit-policy"] == '"address";q=4;w=40'
        assert (await post_from("198.51.100.8", None)).status_code == 200
        assert (await post_from("198.51.100.7", account.ana.token)).status_code == 200


async def test_uploads_and_pages_are_not_operations(limited: Account) -> None:
    before = await post(limited.davi)
    for _ in range(5):
        page = await limited.api.http.get("/graphql", headers={"accept": "text/html"})
        assert (page.status_code, "ratelimit" in page.headers) == (200, False)
        assert "ratelimit" not in (await limited.api.http.put("/uploads/unknown", content=b"x")).headers
    after = await post(limited.davi)
    remaining = [int(response.headers["ratelimit"].split(";")[1][2:]) for response in (before, after)]
    assert remaining[1] >= remaining[0] - 1
