"""Measures whether everyday requests get slower as the history grows.

Two accounts of the same shape, one with a tenth of the messages, live in one database. The same requests are sent to
both in alternation.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks.environment import Client, Environment, Options, counted_statements, in_process_http, running_app
from benchmarks.generated_account import VIEWER, AccountPlan, GeneratedAccount, generate, vacuum
from benchmarks.latency import Latency, Step, measure_alternately
from server.postgres.pool import ConnectionPool

SIDEBAR = """
query Sidebar {
  chatChannels(first: 100) {
    nodes {
      id kind name
      directPeer { id name avatarUrl }
      lastMessage { id body createdAt author { id name avatarUrl } }
      unreadCount unreadMentionCount
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""

MESSAGE = """
fragment MessageFields on ChatMessage {
  id seq body createdAt editedAt deletedAt
  author { id name avatarUrl }
  systemEvent { kind agents { id name } before after }
  reactions { emoji count viewerReacted }
  mentions { target agent { id name } reachable }
  replyTo { id body author { id name } }
}
"""

PAGE = f"""
query Page($channelId: ID!) {{
  chatChannel(id: $channelId) {{
    messages(last: 50) {{ nodes {{ ...MessageFields }} pageInfo {{ hasPreviousPage startCursor }} }}
  }}
}}
{MESSAGE}
"""

AROUND = f"""
query Around($channelId: ID!, $messageId: ID!) {{
  chatChannel(id: $channelId) {{
    messages(around: $messageId, first: 50) {{
      nodes {{ ...MessageFields }} pageInfo {{ hasPreviousPage hasNextPage startCursor endCursor }}
    }}
  }}
}}
{MESSAGE}
"""

SEND = """
mutation Send($input: SendChatMessageInput!) {
  sendChatMessage(input: $input) {
    message { id seq body createdAt author { id name } mentions { agent { id name } reachable } }
    userErrors { code message path }
  }
}
"""


@dataclass(frozen=True)
class FrontEnd:
    """The requests of the viewer's client in one of the accounts."""

    client: Client
    account: GeneratedAccount
    channel_ids: list[str]

    @classmethod
    async def open(cls, client: Client, account: GeneratedAccount) -> "FrontEnd":
        nodes = (await client.execute(SIDEBAR))["chatChannels"]["nodes"]
        return cls(client, account, [node["id"] for node in nodes])

    @property
    def long_channel_id(self) -> str:
        return f"chn_{self.account.long_channel_id.hex}"

    async def sidebar(self, _: int) -> None:
        nodes = (await self.client.execute(SIDEBAR))["chatChannels"]["nodes"]
        assert len(nodes) == len(self.channel_ids)

    async def page(self, number: int) -> None:
        """Opens a different channel of the sidebar in each round."""
        await self._newest(self.channel_ids[number % len(self.channel_ids)])

    async def long_page(self, _: int) -> None:
        await self._newest(self.long_channel_id)

    async def _newest(self, channel_id: str) -> None:
        answer = await self.client.execute(PAGE, channelId=channel_id)
        assert len(answer["chatChannel"]["messages"]["nodes"]) == 50

    async def jump(self, number: int) -> None:
        """Opens the long channel around a message from its middle half, a different one in each round."""
        message_id = f"msg_{self.account.middle_ids[number % len(self.account.middle_ids)].hex}"
        answer = await self.client.execute(AROUND, channelId=self.long_channel_id, messageId=message_id)
        nodes = answer["chatChannel"]["messages"]["nodes"]
        assert len(nodes) == 50
        assert message_id in {node["id"] for node in nodes}

    async def send(self, number: int) -> None:
        """Sends a reply with a client key and a mention to the long channel."""
        answer = await self.client.execute(
            SEND,
            input={
                "channelId": self.long_channel_id,
                "body": f"For [@Agent](mention://user/agent-005/Agent), round {number}",
                "replyToId": f"msg_{self.account.middle_ids[0].hex}",
                "clientKey": f"{time.time_ns()}",
            },
        )
        assert answer["sendChatMessage"]["userErrors"] == []


REQUESTS: dict[str, Callable[[FrontEnd], Step]] = {
    "sidebar, 100 channels": lambda front_end: front_end.sidebar,
    "page of 50, every channel in turn": lambda front_end: front_end.page,
    "page of 50, the long channel": lambda front_end: front_end.long_page,
    "jump into the long channel": lambda front_end: front_end.jump,
    "send with a mention": lambda front_end: front_end.send,
}


@dataclass(frozen=True)
class Comparison:
    """One request on both accounts."""

    name: str
    small: Latency
    large: Latency
    statements: int
    """SQL statements per request, the same on both accounts."""


async def run(environment: Environment) -> None:
    console = Console(highlight=False, soft_wrap=True, width=120)
    options = environment.options
    async with running_app(environment) as app, in_process_http(app) as http:
        pool: ConnectionPool = app.state.pool
        front_ends: list[FrontEnd] = []
        for plan in (
            AccountPlan("small", options.channels, options.messages // 10),
            AccountPlan("large", options.channels, options.messages),
        ):
            start = time.perf_counter()
            account = await generate(environment.database_url, plan)
            seconds = time.perf_counter() - start
            console.print(
                f"{plan.account_id}: {plan.messages:,} messages in {plan.channels} channels,"
                f" {plan.lengths[0]:,} of them in the long one, written and checked in {seconds:.0f} s"
            )
            client = Client.of(http, environment.settings, plan.account_id, VIEWER)
            front_ends.append(await FrontEnd.open(client, account))
        await vacuum(environment.database_url)
        console.print(_table([await _measure(pool, name, front_ends, options.rounds) for name in REQUESTS], options))


async def _measure(pool: ConnectionPool, name: str, front_ends: list[FrontEnd], rounds: int) -> Comparison:
    steps = [REQUESTS[name](front_end) for front_end in front_ends]
    counts = []
    for step in steps:
        with counted_statements(pool) as statements:
            await step(0)
        counts.append(len(statements))
    if len(set(counts)) > 1:
        raise AssertionError(f"{name}: {counts} SQL statements. The number must not depend on the history.")
    small, large = await measure_alternately(steps, rounds)
    return Comparison(name, small, large, counts[0])


def _table(comparisons: list[Comparison], options: Options) -> Table:
    table = Table(
        title=f"milliseconds over {options.rounds} rounds, one request at a time, application in this process"
    )
    table.add_column("request")
    table.add_column("SQL", justify="right")
    for messages in (options.messages // 10, options.messages):
        table.add_column(f"{messages:,} p50", justify="right")
        table.add_column("p95", justify="right")
    table.add_column("ratio p50", justify="right")
    table.add_column("p95", justify="right")
    for each in comparisons:
        latencies = (each.small.p50, each.small.p95, each.large.p50, each.large.p95)
        ratios = (each.large.p50 / each.small.p50, each.large.p95 / each.small.p95)
        figures = [*(f"{value:.1f}" for value in latencies), *(f"{value:.2f}" for value in ratios)]
        table.add_row(each.name, str(each.statements), *figures)
    return table
