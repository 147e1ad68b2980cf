"""The time that execution takes in memory: breadth first, and by strawberry's own executor on the same schema.

The loaders of both answer from memory, with what they read for a first request. So the figures contain validation,
execution and the objects of the schema, but neither SQL nor JSON.
"""

from collections.abc import Hashable
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from benchmarks.environment import Environment, Json, running_app
from benchmarks.generated_account import VIEWER, AccountPlan, generate
from benchmarks.history import PAGE, SIDEBAR
from benchmarks.latency import Latency, Step, measure_alternately
from chat.identity import AgentToken
from chat.ports import Chat
from execution import BreadthFirstExecutor, Loader
from loaders import Loaders
from schema.context import Context, Services
from server.app import SystemClock
from server.schema import ChatSchema, build_schema

PLAN = AccountPlan("one", channels=120, messages=12_000)
SCHEMAS = (build_schema(StrawberryGraphQLCoreExecutionContext), build_schema(BreadthFirstExecutor))


async def run(environment: Environment) -> None:
    account = await generate(environment.database_url, PLAN)
    requests: dict[str, tuple[str, Json]] = {
        "page of 50": (PAGE, {"channelId": f"chn_{account.long_channel_id.hex}"}),
        "sidebar, 100 channels": (SIDEBAR, {}),
    }
    table = Table(title=f"milliseconds in memory over {environment.options.rounds} rounds")
    for column in ("request", "strawberry p50", "breadth first p50", "ratio"):
        table.add_column(column, justify="left" if column == "request" else "right")
    async with running_app(environment) as app:
        for name, (query, variables) in requests.items():
            stock, breadth_first = await _measure(app, query, variables, environment.options.rounds)
            ratio = stock.p50 / breadth_first.p50
            table.add_row(name, f"{stock.p50:.2f}", f"{breadth_first.p50:.2f}", f"{ratio:.1f}")
    Console(highlight=False, soft_wrap=True, width=120).print(table)


async def _measure(app: Starlette, query: str, variables: Json, rounds: int) -> list[Latency]:
    """Returns the latency with each of SCHEMAS. Raises AssertionError unless all give the same data."""
    hub = app.state.hub
    services = Services(Chat(app.state.pool, SystemClock(), hub, hub.data.cards), hub.data, "http://chat")
    token = AgentToken(PLAN.account_id, VIEWER, datetime.now(UTC) + timedelta(hours=1))
    memory = _Memory(Loaders(hub.data, PLAN.account_id))

    def step_of(schema: ChatSchema) -> Step:
        async def step(_: int) -> object:
            context = Context(services, token)
            context.use_loaders(memory.loaders())
            result = await schema.execute(query, variables, context)
            assert result.errors is None
            return result.data

        return step

    steps = [step_of(schema) for schema in SCHEMAS]
    data = [await step(0) for step in steps]
    assert data[0] == data[1]
    return await measure_alternately(steps, rounds)


class _Memory:
    """What the loaders of a first request read, by the name of the loader and the key."""

    def __init__(self, source: Loaders) -> None:
        self._source = source
        self._values: dict[str, dict[Hashable, object]] = {name: {} for name in vars(source)}

    def loaders(self) -> Loaders:
        """Returns loaders without cached values, which read from the source what memory lacks."""
        loaders = object.__new__(Loaders)
        for name in self._values:
            setattr(loaders, name, self._loader(name))
        return loaders

    def _loader(self, name: str) -> Loader[Hashable, object]:
        source: Loader[Hashable, object] = getattr(self._source, name)
        values = self._values[name]

        async def read(keys: list[Hashable]) -> list[object]:
            if not values.keys() >= set(keys):
                values.update(zip(keys, await source.load_many(keys), strict=True))
            return [values[key] for key in keys]

        return type(source)(read)
