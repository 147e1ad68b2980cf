"""Caching the plans of operations that were executed recently."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphql import GraphQLSchema, OperationDefinitionNode
from graphql.pyutils import Undefined

from execution.compiler import Compiler, condition_variables
from execution.plan import SelectionPlan

if TYPE_CHECKING:
    from execution.executor import BreadthFirstExecutor

CAPACITY = 1_000


@dataclass(frozen=True, slots=True)
class _Entry:
    """A plan, with the objects that its key identifies by id: as long as they exist, their ids are not reused."""

    operation: OperationDefinitionNode
    schema: GraphQLSchema
    condition_variables: tuple[str, ...]
    plan: SelectionPlan | None


class PlanCache:
    """Plans by the identity of their operation and schema, and by the class of the executor, which chooses the types
    that are not serialized. The cache is useful only if parsed documents are cached too: a document that is parsed
    again is a new operation.

    A plan is valid for the values of the variables that the operation's @skip and @include use. When there are more
    plans than the capacity, the one that has not been used for longest is dropped.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._latest: OrderedDict[Hashable, _Entry] = OrderedDict()
        """The latest plan of each operation, for the names of its variables."""

    def plan_of(self, executor: "BreadthFirstExecutor") -> SelectionPlan | None:
        """Returns the plan of the executor's operation; None if graphql-core executes it. Raises GraphQLError, and
        RecursionError if the selections are nested too deeply."""
        operation, schema = executor.operation, executor.schema
        source = (id(operation), id(schema), type(executor))
        latest = self._latest.get(source)
        variables = condition_variables(executor) if latest is None else latest.condition_variables
        coerced = executor.variable_values.coerced
        key = (*source, *(coerced.get(name, Undefined) for name in variables))
        entry = self._entries.get(key)
        if entry is None:
            entry = _Entry(operation, schema, variables, Compiler(executor, variables).compile())
            self._keep(self._entries, key, entry)
            self._keep(self._latest, source, entry)
        else:
            self._entries.move_to_end(key)
        return entry.plan

    def _keep(self, entries: OrderedDict[Hashable, _Entry], key: Hashable, entry: _Entry) -> None:
        entries[key] = entry
        if len(entries) > self._capacity:
            entries.popitem(last=False)
