"""Requests per second of the chat and of a Mercurius server that answers the same requests from the same rows.

The answers are compared first. Then the servers take turns, so that other load on the machine affects both equally.
Only one server at a time receives requests.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from statistics import median, quantiles

from rich.console import Console
from rich.table import Table

from benchmarks.environment import Client, Environment, with_token_secret
from benchmarks.equal_answers import AnswerComparison
from benchmarks.generated_account import VIEWER, AccountPlan, GeneratedAccount, generate, vacuum
from benchmarks.history import PAGE, SIDEBAR, FrontEnd
from benchmarks.http_load import graphql_request, http_connections, run_round
from benchmarks.mercurius import mercurius_process, reason_to_leave_out_mercurius
from benchmarks.processes import ServerProcess, chat_process, http_client
from server.identity.tokens import issue_token

CONNECTIONS = 16
ROUNDS = 5
ROUND_SECONDS = 2.0
WARM_UP_SECONDS = 3.0
"""Enough for every connection to the database to prepare its statements, and for Node to compile its code."""


@dataclass(frozen=True)
class Request:
    """A query, with one set of variables or several that are sent in turn."""

    title: str
    query: str
    variables: Sequence[dict[str, str]]


@dataclass(frozen=True)
class MeasuredRound:
    """In seconds."""

    requests_per_second: float
    latencies: Sequence[float]
    processor_per_request: float


@dataclass(frozen=True)
class Figures:
    """The medians of a server's rounds, and the percentiles of all its latencies. In seconds."""

    requests_per_second: float
    p50: float
    p99: float
    processor_per_request: float

    @classmethod
    def of(cls, rounds: Sequence[MeasuredRound]) -> "Figures":
        cuts = quantiles(chain.from_iterable(each.latencies for each in rounds), n=100, method="inclusive")
        return cls(
            requests_per_second=median(each.requests_per_second for each in rounds),
            p50=cuts[49],
            p99=cuts[98],
            processor_per_request=median(each.processor_per_request for each in rounds),
        )


@dataclass(frozen=True)
class MeasuredServer:
    name: str
    server: ServerProcess

    def requests(self, request: Request, token: str) -> list[bytes]:
        return [graphql_request(self.server.port, token, request.query, **each) for each in request.variables]

    async def run_round(self, requests: Sequence[bytes], seconds: float) -> MeasuredRound:
        """Opens connections for this round only, because servers close those that are idle for some seconds."""
        async with http_connections(self.server.port, CONNECTIONS) as connections:
            processor_before = self.server.processor_seconds
            done = await run_round(connections, requests, seconds)
            processor = self.server.processor_seconds - processor_before
        answers = len(done.latencies)
        return MeasuredRound(answers / done.seconds, done.latencies, processor / answers)


async def run(environment: Environment) -> None:
    console = Console(highlight=False, soft_wrap=True, width=120)
    reason = reason_to_leave_out_mercurius()
    if reason is not None:
        console.print(f"The comparison with Mercurius is left out: {reason}.")
        return
    environment = with_token_secret(environment)
    plan = AccountPlan("peer", environment.options.channels, environment.options.messages // 10)
    account = await generate(environment.database_url, plan)
    await vacuum(environment.database_url)
    async with (
        chat_process(environment) as chat,
        mercurius_process(environment) as mercurius,
    ):
        compared = await _compare(environment, account, chat, mercurius)
        channel_ids = await _channel_ids(environment, account, chat)
        servers = [MeasuredServer("chat", chat), MeasuredServer("mercurius", mercurius)]
        token = issue_token(environment.settings, account.account_id, VIEWER, timedelta(hours=1))
        table = _empty_table(plan, compared)
        for request in (
            Request("page of 50, every channel in turn", PAGE, [{"channelId": id} for id in channel_ids]),
            Request(f"sidebar, {len(channel_ids)} channels", SIDEBAR, [{}]),
        ):
            _add_rows(table, request, servers, await _measure(servers, request, token))
        console.print(table)


async def _compare(
    environment: Environment, account: GeneratedAccount, chat: ServerProcess, mercurius: ServerProcess
) -> int:
    """Returns how many answers were compared. The refusals come last: Mercurius compiles a query the second time that
    it is sent, and never if that request is refused."""
    async with http_client(chat.port) as to_chat, http_client(mercurius.port) as to_mercurius:
        comparison = AnswerComparison(environment, account.account_id, [to_chat, to_mercurius])
        compared = await comparison.compare_answers()
        await comparison.compare_refusals()
        return compared


async def _channel_ids(environment: Environment, account: GeneratedAccount, chat: ServerProcess) -> list[str]:
    """Returns the ids of the channels in the viewer's sidebar."""
    async with http_client(chat.port) as http:
        client = Client.of(http, environment.settings, account.account_id, VIEWER)
        return (await FrontEnd.open(client, account)).channel_ids


async def _measure(servers: Sequence[MeasuredServer], request: Request, token: str) -> list[Figures]:
    requests = [each.requests(request, token) for each in servers]
    for each, own in zip(servers, requests, strict=True):
        await each.run_round(own, WARM_UP_SECONDS)
    rounds: list[list[MeasuredRound]] = [[] for _ in servers]
    for _ in range(ROUNDS):
        for each, own, done in zip(servers, requests, rounds, strict=True):
            done.append(await each.run_round(own, ROUND_SECONDS))
    return [Figures.of(done) for done in rounds]


def _empty_table(plan: AccountPlan, compared: int) -> Table:
    table = Table(
        title=f"{plan.messages:,} messages in {plan.channels:,} channels; {CONNECTIONS} connections;"
        f" {ROUNDS} rounds of {ROUND_SECONDS:g} s each; {compared} answers compared, all equal"
    )
    table.add_column("request")
    table.add_column("server")
    for title in ("requests/s", "ms p50", "p99", "ms CPU per\nrequest"):
        table.add_column(title, justify="right")
    return table


def _add_rows(table: Table, request: Request, servers: Sequence[MeasuredServer], figures: Sequence[Figures]) -> None:
    for title, server, own in zip((request.title, ""), servers, figures, strict=True):
        milliseconds = [f"{each * 1000:.2f}" for each in (own.p50, own.p99, own.processor_per_request)]
        table.add_row(title, server.name, f"{own.requests_per_second:,.0f}", *milliseconds)
    chat, mercurius = figures
    ratios = (
        chat.requests_per_second / mercurius.requests_per_second,
        chat.p50 / mercurius.p50,
        chat.p99 / mercurius.p99,
        chat.processor_per_request / mercurius.processor_per_request,
    )
    table.add_row("", "ratio", *(f"{ratio:.2f}" for ratio in ratios), end_section=True)
