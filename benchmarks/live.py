"""The cost of live streams: deliveries per second, delay, memory per socket, processor time, SQL statements.

For comparison, two other servers do the same on the same machine in the same run: Mercurius, which stores
and checks what the chat does, and a bare socket server, which only sends the same frames. The ratio to the latter is
the cost of the chat itself.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from rich.console import Console

from benchmarks.deliveries import ROUNDS, Measurement, OpenStreams, measure_deliveries, open_streams, warm_up
from benchmarks.delivery_table import delivery_table
from benchmarks.environment import Environment, with_token_secret
from benchmarks.frames import check_same_structure
from benchmarks.layouts import create_layout
from benchmarks.mercurius import mercurius_process, reason_to_leave_out_mercurius
from benchmarks.processes import ServerProcess, bare_process, chat_process, http_client
from benchmarks.source_module_process import source_module_process
from benchmarks.steady import steady_table
from benchmarks.stream_clients import (
    CARD,
    TEXT,
    MessageKind,
    bare_clients,
    bare_post,
    graphql_clients,
    graphql_post,
)
from benchmarks.stream_statements import count_statements
from benchmarks.subscribers import DeliveryLog

WARM_UP_MEMBERS = 10
MEMBERS_OF_MANY = 4
"""Members per channel in the layout with many channels."""

Process = Callable[[Environment], AbstractAsyncContextManager[ServerProcess]]


@dataclass(frozen=True)
class Scenario:
    """`members` is the number of sockets per channel, `posts` that of messages per round at each speed."""

    name: str
    kind: MessageKind
    channels: int
    members: int
    posts: int

    @property
    def title(self) -> str:
        return (
            f"{self.channels:,} channel{'s' if self.channels > 1 else ''}, {self.members:,} sockets each;"
            f" {self.kind.title}; {ROUNDS} rounds, each with {self.posts:,} messages one at a time and without pause"
        )


async def run(environment: Environment) -> None:
    console = Console(highlight=False, soft_wrap=True, width=140)
    environment = with_token_secret(environment)
    options = environment.options
    servers: dict[str, Process] = {"chat": chat_process}
    reason = reason_to_leave_out_mercurius()
    if reason is None:
        servers["mercurius"] = mercurius_process
    else:
        console.print(f"Mercurius is left out: {reason}.")
    for scenario in (
        Scenario("one", TEXT, 1, options.sockets, options.posts),
        Scenario("many", TEXT, options.channels, MEMBERS_OF_MANY, options.posts * 10),
    ):
        console.print(delivery_table(scenario.title, await _measure(environment, scenario, servers)))
    async with source_module_process(environment) as with_cards:
        scenario = Scenario("card", CARD, 1, options.sockets, options.posts)
        console.print(delivery_table(scenario.title, await _measure(with_cards, scenario, {"chat": chat_process})))
    console.print(await steady_table(environment))
    counted = await create_layout(environment, "counted", 1, options.sockets)
    console.print(await count_statements(environment, counted))


async def _measure(environment: Environment, scenario: Scenario, servers: Mapping[str, Process]) -> list[Measurement]:
    """Measures the servers and the bare one, which sends the frames of the first. Raises AssertionError if the frames
    of the servers have different structures."""
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(_graphql_streams(environment, scenario, name, process))
            for name, process in servers.items()
        ]
        frames = opened[0].frames
        for other in opened[1:]:
            check_same_structure(frames, other.frames)
        opened.append(await stack.enter_async_context(_bare_streams(scenario, frames)))
        return await measure_deliveries(opened, scenario.posts)


@asynccontextmanager
async def _graphql_streams(
    environment: Environment, scenario: Scenario, name: str, process: Process
) -> AsyncIterator[OpenStreams]:
    """Each server has accounts of its own, because every stream starts at the account's first change."""
    kind, account_id = scenario.kind, f"{scenario.name}-{name}"
    small = await create_layout(environment, f"{account_id}-warm", 1, WARM_UP_MEMBERS)
    layout = await create_layout(environment, account_id, scenario.channels, scenario.members)
    async with process(environment) as server, http_client(server.port) as http:
        await warm_up(
            graphql_clients(environment, small, kind, server.port),
            DeliveryLog(small.members),
            graphql_post(environment, small, kind, http),
        )
        clients = graphql_clients(environment, layout, kind, server.port)
        post = graphql_post(environment, layout, kind, http)
        async with open_streams(name, server, clients, DeliveryLog(layout.members), post) as streams:
            yield streams


@asynccontextmanager
async def _bare_streams(scenario: Scenario, frames: Sequence[str]) -> AsyncIterator[OpenStreams]:
    kind = scenario.kind
    async with bare_process() as server, http_client(server.port) as http:
        await warm_up(
            bare_clients(kind, 1, WARM_UP_MEMBERS, server.port),
            DeliveryLog(WARM_UP_MEMBERS),
            bare_post(1, frames, http),
        )
        clients = bare_clients(kind, scenario.channels, scenario.members, server.port)
        post = bare_post(scenario.channels, frames, http)
        async with open_streams("bare", server, clients, DeliveryLog(scenario.members), post) as streams:
            yield streams
