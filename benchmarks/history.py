"""Does the cost of everyday requests grow with the history? Two accounts of one shape, one with a tenth of the
messages, in one database, asked in turn by one front end each."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.accounts import VIEWER, Generated, Plan, generate, settle
from benchmarks.measure import Latency, Step, in_turn
from benchmarks.place import Client, Place, counted_statements, front_door, running_app

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
fragment Shown on ChatMessage {
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
    messages(last: 50) {{ nodes {{ ...Shown }} pageInfo {{ hasPreviousPage startCursor }} }}
  }}
}}
{MESSAGE}
"""

AROUND = f"""
query Around($channelId: ID!, $messageId: ID!) {{
  chatChannel(id: $channelId) {{
    messages(around: $messageId, first: 50) {{
      nodes {{ ...Shown }} pageInfo {{ hasPreviousPage hasNextPage startCursor endCursor }}
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
    """What the viewer's client does, in one of the accounts."""

    client: Client
    account: Generated
    channel_ids: list[str]

    @classmethod
    async def open(cls, client: Client, account: Generated) -> "FrontEnd":
        nodes = (await client.ask(SIDEBAR))["chatChannels"]["nodes"]
        return cls(client, account, [node["id"] for node in nodes])

    @property
    def long_channel_id(self) -> str:
        return f"chn_{self.account.long_channel_id.hex}"

    async def sidebar(self, _: int) -> None:
        nodes = (await self.client.ask(SIDEBAR))["chatChannels"]["nodes"]
        assert len(nodes) == len(self.channel_ids)

    async def page(self, round_: int) -> None:
        """Another channel of the sidebar each time."""
        await self._newest(self.channel_ids[round_ % len(self.channel_ids)])

    async def long_page(self, _: int) -> None:
        await self._newest(self.long_channel_id)

    async def _newest(self, channel_id: str) -> None:
        answer = await self.client.ask(PAGE, channelId=channel_id)
        assert len(answer["chatChannel"]["messages"]["nodes"]) == 50

    async def jump(self, round_: int) -> None:
        """To another message each time, from the middle half of the long channel."""
        message_id = f"msg_{self.account.middle_ids[round_ % len(self.account.middle_ids)].hex}"
        answer = await self.client.ask(AROUND, channelId=self.long_channel_id, messageId=message_id)
        nodes = answer["chatChannel"]["messages"]["nodes"]
        assert len(nodes) == 50
        assert message_id in {node["id"] for node in nodes}

    async def send(self, round_: int) -> None:
        """A post with a client key, a mention and a reply, in the long channel."""
        answer = await self.client.ask(
            SEND,
            input={
                "channelId": self.long_channel_id,
                "body": f"For [@Agent](mention://user/agent-005/Agent), round {round_}",
                "replyToId": f"msg_{self.account.middle_ids[0].hex}",
                "clientKey": f"{time.time_ns()}",
            },
        )
        assert answer["sendChatMessage"]["userErrors"] == []


REQUESTS: dict[str, Callable[[FrontEnd], Step]] = {
    "sidebar, 100 channels": lambda front_end: front_end.sidebar,
    "page of 50, channels in turn": lambda front_end: front_end.page,
    "page of 50, the long channel": lambda front_end: front_end.long_page,
    "jump into the long channel": lambda front_end: front_end.jump,
    "send with a mention": lambda front_end: front_end.send,
}


@dataclass(frozen=True)
class Finding:
    """One request on both accounts; `statements` is the number of SQL statements on the large one, which the small
    one must equal."""

    name: str
    small: Latency
    large: Latency
    statements: int


async def run(place: Place) -> None:
    console = Console(highlight=False, soft_wrap=True, width=120)
    options = place.options
    async with running_app(place) as app, front_door(app) as http:
        engine: AsyncEngine = app.state.pool.engine
        front_ends: list[FrontEnd] = []
        for plan in (
            Plan("small", options.channels, options.messages // 10),
            Plan("large", options.channels, options.messages),
        ):
            began = time.perf_counter()
            account = await generate(engine, plan)
            seconds = time.perf_counter() - began
            console.print(
                f"{plan.account_id}: {plan.messages:,} messages in {plan.channels} channels,"
                f" {plan.lengths[0]:,} of them in the long one, written and checked in {seconds:.0f} s"
            )
            client = Client.of(http, place.settings, plan.account_id, VIEWER)
            front_ends.append(await FrontEnd.open(client, account))
        await settle(engine)
        console.print(_table([await _measure(engine, name, front_ends, options.rounds) for name in REQUESTS], place))


async def _measure(engine: AsyncEngine, name: str, front_ends: list[FrontEnd], rounds: int) -> Finding:
    steps = [REQUESTS[name](front_end) for front_end in front_ends]
    counts = []
    for step in steps:
        with counted_statements(engine) as statements:
            await step(0)
        counts.append(len(statements))
    if len(set(counts)) > 1:
        raise AssertionError(f"{name}: {counts} SQL statements, which must not depend on the history.")
    small, large = await in_turn(steps, rounds)
    return Finding(name, small, large, counts[0])


def _table(findings: list[Finding], place: Place) -> Table:
    options = place.options
    table = Table(
        title=f"milliseconds over {options.rounds} rounds, one request at a time, application in the bench's process"
    )
    table.add_column("request")
    table.add_column("SQL", justify="right")
    for messages in (options.messages // 10, options.messages):
        table.add_column(f"{messages:,} p50", justify="right")
        table.add_column("p95", justify="right")
    table.add_column("ratio p50", justify="right")
    table.add_column("p95", justify="right")
    for found in findings:
        latencies = (found.small.p50, found.small.p95, found.large.p50, found.large.p95)
        ratios = (found.large.p50 / found.small.p50, found.large.p95 / found.small.p95)
        figures = [*(f"{value:.1f}" for value in latencies), *(f"{value:.2f}" for value in ratios)]
        table.add_row(found.name, str(found.statements), *figures)
    return table
