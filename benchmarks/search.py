"""Measures searching, for every shape of query, and whether it gets slower as the history grows.

One database contains two accounts of the same shape, one with a tenth of the messages, many small accounts, and one
that joined after the last ANALYZE. The chat's own background job indexes all of them.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.environment import (
    Client,
    Environment,
    Json,
    Options,
    counted_statements,
    in_process_http,
    running_app,
)
from benchmarks.generated_account import (
    VIEWER,
    AccountPlan,
    GeneratedAccount,
    generate,
    generate_without_statistics,
    vacuum,
)
from benchmarks.generated_texts import WORDS, word
from benchmarks.latency import Latency, measure_alternately
from chat.ports import Chat
from server.addresses import async_url
from server.clock import SystemClock
from server.demo.player import NoWakeUps
from server.file_store import open_files
from server.indexing import index_all
from server.postgres.pool import ConnectionPool
from server.settings import Settings
from sources.registry import build_sources

TENANTS = 60
TENANT_MESSAGES = 1_000
LARGE = 1
"""The place of the large account among those that are measured."""

LIMIT_MS = 50.0
"""What the p95 of no shape may exceed."""

_BEGIN = text(
    """
    INSERT INTO search_backfills (account_id, position)
    SELECT account_id, change FROM account_clocks
     WHERE NOT EXISTS (SELECT FROM search_entries WHERE search_entries.account_id = account_clocks.account_id)
    """
)

SEARCH = """
query Search($words: String, $filter: ChatMessageSearchFilter) {
  searchChatMessages(query: $words, filter: $filter, first: 20) {
    nodes { snippet message { id body createdAt author { id name avatarUrl } channel { id name kind } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""


@dataclass(frozen=True)
class Shape:
    """A kind of search. `finds`: whether it finds anything in the large account."""

    words: str | None
    filter: Json | None = None
    finds: bool = True


def _shapes(account: GeneratedAccount) -> dict[str, Shape]:
    now = datetime.now(UTC)
    dense, common, medium = word(1), word(10), word(30)
    long_channel = f"chn_{account.long_channel_id.hex}"
    period = {"after": _days_ago(now, 210), "before": _days_ago(now, 200)}
    return {
        "word in most messages": Shape(dense),
        "common word": Shape(common),
        "rare word": Shape("rarissimo"),
        "only in old messages": Shape("antigamente"),
        "two words": Shape(f"{common} {medium}"),
        "common and rare word": Shape(f"{dense} rarissimo"),
        "two words, never together": Shape("rarissimo antigamente", finds=False),
        "phrase": Shape('"reuniao de equipe"'),
        "phrase, words never adjacent": Shape('"equipe reuniao"', finds=False),
        "Chinese, one character": Shape("会"),
        "Chinese, four characters": Shape("开会讨论"),
        "emoji": Shape("🎉"),
        "beginning, two letters": Shape(dense[:2]),
        "beginning, four letters": Shape("rari"),
        "two words, the second a beginning": Shape(f"{common} {medium[:3]}"),
        "nothing found": Shape("inexistente", finds=False),
        "filter: author": Shape(None, {"authorId": "agent-005"}),
        "filter: mentions me": Shape(None, {"mentionsViewer": True}),
        "filter: links": Shape(None, {"has": ["LINK"]}),
        "filter: files, none": Shape(None, {"has": ["FILE"]}, finds=False),
        "filter: channel": Shape(None, {"channelId": long_channel}),
        "filter: ten days, half a year ago": Shape(None, period),
        "word, ten days, half a year ago": Shape(common, period),
        "word in the long channel": Shape(common, {"channelId": long_channel}),
    }


def _days_ago(now: datetime, days: int) -> str:
    return (now - timedelta(days=days)).isoformat()


@dataclass(frozen=True)
class Measured:
    """One shape on all accounts, in the order in which they are measured."""

    name: str
    latencies: Sequence[Latency]
    statements: int


async def run(environment: Environment) -> None:
    """Raises AssertionError if a search of the large account finds nothing although it should, or the reverse."""
    console = Console(highlight=False, soft_wrap=True, width=140)
    options = environment.options
    accounts = await _generate(environment, console)
    async with running_app(environment) as app, in_process_http(app) as http:
        clients = [Client.of(http, environment.settings, each.account_id, VIEWER) for each in accounts]
        searches = [_shapes(account) for account in accounts]
        measured = [
            await _measure(app.state.pool, name, clients, [shapes[name] for shapes in searches], options.rounds)
            for name in searches[0]
        ]
    console.print(_table(measured, options))
    slow = [each.name for each in measured if max(latency.p95 for latency in each.latencies) > LIMIT_MS]
    console.print(f"p95 over {LIMIT_MS:.0f} ms: {', '.join(slow) or 'none'}")


async def _generate(environment: Environment, console: Console) -> list[GeneratedAccount]:
    """Returns the small, the large and the late account, with their entries in the search index."""
    url, options = environment.database_url, environment.options
    small = await generate(url, AccountPlan("small", options.channels, options.messages // 10, WORDS))
    large = await generate(url, AccountPlan("large", options.channels, options.messages, WORDS))
    for number in range(TENANTS):
        await generate(url, AccountPlan(f"tenant-{number}", channels=10, messages=TENANT_MESSAGES, body=WORDS))
    await _index(url, environment.settings, console)
    await vacuum(url)
    late = await generate_without_statistics(url, AccountPlan("late", options.channels, options.messages // 10, WORDS))
    await _index(url, environment.settings, console)
    return [small, large, late]


async def _index(database_url: str, settings: Settings, console: Console) -> None:
    """Indexes all messages that are not indexed yet, as after the migration that adds the index."""
    engine = create_async_engine(async_url(database_url))
    async with engine.begin() as connection:
        await connection.execute(_BEGIN)
    await engine.dispose()
    pool = ConnectionPool(database_url)
    start = time.perf_counter()
    async with pool.opened():
        chat = Chat(pool, SystemClock(), NoWakeUps(), build_sources({}, {}), open_files(settings))
        indexed = await index_all(chat, rest=0)
    seconds = time.perf_counter() - start
    console.print(f"{indexed:,} messages indexed in {seconds:.0f} s: {indexed / seconds:,.0f} per second")


async def _measure(
    pool: ConnectionPool, name: str, clients: Sequence[Client], shapes: Sequence[Shape], rounds: int
) -> Measured:
    counts = []
    for client, shape in zip(clients, shapes, strict=True):
        with counted_statements(pool) as statements:
            await _search(client, shape)
        counts.append(len(statements))
    found = await _search(clients[LARGE], shapes[LARGE])
    if bool(found) != shapes[LARGE].finds:
        raise AssertionError(f"{name}: {len(found)} messages found.")
    steps = [
        lambda _, client=client, shape=shape: _search(client, shape)
        for client, shape in zip(clients, shapes, strict=True)
    ]
    return Measured(name, await measure_alternately(steps, rounds), max(counts))


async def _search(client: Client, shape: Shape) -> list[Json]:
    answer = await client.execute(SEARCH, words=shape.words, filter=shape.filter)
    nodes: list[Json] = answer["searchChatMessages"]["nodes"]
    return nodes


def _table(measured: Sequence[Measured], options: Options) -> Table:
    table = Table(
        title=f"milliseconds over {options.rounds} rounds, one request at a time, application in this process"
    )
    table.add_column("search")
    table.add_column("SQL", justify="right")
    for account in (f"{options.messages // 10:,}", f"{options.messages:,}", "late"):
        for figure in (f"{account} p50", "p95", "max"):
            table.add_column(figure, justify="right")
    table.add_column("ratio p50", justify="right")
    for each in measured:
        figures = [f"{value:.1f}" for latency in each.latencies for value in (latency.p50, latency.p95, latency.max)]
        ratio = each.latencies[LARGE].p50 / each.latencies[0].p50
        table.add_row(each.name, str(each.statements), *figures, f"{ratio:.2f}")
    return table
