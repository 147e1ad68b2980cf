"""The time that execution takes in memory: breadth first, and by strawberry's own executor on the same schema.

The loaders of both answer from memory, with what they read for a first request. So the figures contain execution and
the objects of the schema, but neither SQL nor JSON. "cached": the loaders know all values. "in waves": they read them.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from benchmarks.environment import Environment, Json, running_app
from benchmarks.generated_account import VIEWER, AccountPlan, generate
from benchmarks.history import PAGE, SIDEBAR
from benchmarks.latency import Step, measure_alternately
from chat.identity import AgentToken
from execution import Loader
from live.hub import Hub
from loaders import DataSources, Loaders
from loaders.batches import Batch, Key, Value
from schema.context import Services
from server.http.operations import OperationLimits, Operations, Result
from server.http.requests import GraphQLRequest
from server.limits.settings import LimitSettings
from server.schema import ChatExecutor, ChatSchema, build_schema
from subscriptions.context import StreamContext

PLAN = AccountPlan("one", channels=120, messages=12_000)
SCHEMAS = (build_schema(StrawberryGraphQLCoreExecutionContext), build_schema(ChatExecutor))

REPEATED = 10
"""Executions per step. A single one would begin with the processor's caches full of the other executor's data."""


async def run(environment: Environment) -> None:
    account = await generate(environment.database_url, PLAN)
    requests: dict[str, tuple[str, Json]] = {
        "page of 50": (PAGE, {"channelId": f"chn_{account.long_channel_id.hex}"}),
        "sidebar, 100 channels": (SIDEBAR, {}),
    }
    table = Table(title=f"milliseconds in memory over {environment.options.rounds} rounds")
    for column in ("request", "loads"):
        table.add_column(column)
    for column in ("strawberry p50", "breadth first p50", "ratio"):
        table.add_column(column, justify="right")
    async with running_app(environment) as app:
        for name, (query, variables) in requests.items():
            steps = [_repeated(step) for step in await _steps(app, query, variables)]
            latencies = await measure_alternately(steps, environment.options.rounds)
            for loads, stock, breadth_first in zip(
                ("cached", "in waves"), latencies[::2], latencies[1::2], strict=True
            ):
                ratio = f"{stock.p50 / breadth_first.p50:.1f}"
                table.add_row(name, loads, *(f"{each.p50 / REPEATED:.2f}" for each in (stock, breadth_first)), ratio)
    Console(highlight=False, soft_wrap=True, width=120).print(table)


def _repeated(step: Step) -> Step:
    async def repeat(number: int) -> None:
        for _ in range(REPEATED):
            await step(number)

    return repeat


async def _steps(app: Starlette, query: str, variables: Json) -> Sequence[Step]:
    """Returns executions of the request: with each of SCHEMAS, first with loaders that know all values, then with
    loaders that know none. Raises AssertionError unless all give the same data."""
    hub = app.state.hub
    services = app.state.services
    token = AgentToken(PLAN.account_id, VIEWER, datetime.now(UTC) + timedelta(hours=1))
    memory: Memory = {}

    def step_of(schema: ChatSchema, known: Memory) -> Callable[[int], Awaitable[Result]]:
        operations = Operations(schema, OperationLimits.of(LimitSettings()))
        request = GraphQLRequest(query, variables, None)

        async def step(_: int) -> Result:
            context = _MemoryContext(services, token, hub, memory, known)
            result = await operations.execute(await operations.find(request, token), context)
            assert not result.errors
            return result

        return step

    steps = [step_of(schema, known) for known in (memory, {}) for schema in SCHEMAS]
    answers = {(await step(0)).encode() for step in steps}
    assert len(answers) == 1
    return steps


class _MemoryContext(StreamContext):
    """A context whose loaders answer from memory."""

    def __init__(self, services: Services, token: AgentToken, hub: Hub, memory: "Memory", known: "Memory") -> None:
        super().__init__(services, token, hub)
        self._memory = memory
        self._known = known

    def new_loaders(self) -> Loaders:
        return _MemoryLoaders(self.services.data, PLAN.account_id, self._memory, self._known)


class _MemoryLoaders(Loaders):
    """Loaders that know some values, and read from the database only what memory lacks."""

    def __init__(self, data: DataSources, account_id: str, memory: "Memory", known: "Memory") -> None:
        super().__init__(data, account_id)
        self._memory = memory
        self._known = known

    def _optional(self, batch: Batch[Key, Value]) -> Loader[Key, Value | None]:
        return self._remembering(batch, super()._optional(batch))

    def _defaulting(self, batch: Batch[Key, Value], missing: Callable[[], Value]) -> Loader[Key, Value]:
        return self._remembering(batch, super()._defaulting(batch, missing))

    def _remembering(self, batch: object, source: Loader[Key, Value]) -> Loader[Key, Value]:
        values = self._memory.setdefault(batch, {})

        async def read(keys: list[Key]) -> list[Any]:
            missing = [key for key in keys if key not in values]
            if missing:
                values.update(zip(missing, await source.load_many(missing), strict=True))
            return [values[key] for key in keys]

        return Loader(read, self._known.get(batch))


Memory = dict[object, dict[Any, Any]]
"""What was read, by batch function and key."""
