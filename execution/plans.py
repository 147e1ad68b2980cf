"""Keeping the plans of a document with the document."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from threading import get_ident
from typing import TYPE_CHECKING
from weakref import ref

from graphql import DocumentNode, GraphQLSchema
from graphql.pyutils import Undefined

from execution.compilation import Compilation
from execution.compiler import Compiler, OnGrowth, PlanSize, condition_variables
from execution.plan import SelectionPlan

if TYPE_CHECKING:
    from execution.executor import BreadthFirstExecutor

FIELD_BYTES = 1_500
"""An estimate of the memory of a compiled field: 930 to 1,400 bytes were measured with tracemalloc."""

VARIANTS = 16
"""How many plans of one document are kept. There are several if it has several operations, or conditions that use
variables."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A plan, with the schema that its key identifies by id: as long as the schema exists, its id is not reused."""

    schema: GraphQLSchema
    compilation: Compilation[SelectionPlan | None]
    size: PlanSize


class Plans:
    """The plans of one document, by operation, schema, and class of the executor, which chooses the types that are not
    serialized. A plan is valid for the values of the variables that the operation's @skip and @include use, and belongs
    to a thread, because executions continue its compilation.

    `on_growth` lets the owner of the document account for the memory of its plans. A plan also grows during its
    executions, when selections of interfaces and unions are compiled.
    """

    def __init__(self) -> None:
        self.on_growth: OnGrowth | None = None
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._condition_variables: dict[int, tuple[str, ...]] = {}
        """The names of the variables in the conditions of each operation. The document keeps its operations."""

    def compilation_of(self, executor: "BreadthFirstExecutor") -> Compilation[SelectionPlan | None]:
        """Returns the compilation of the executor's operation, which may have ended. Its result is the plan, or None if
        graphql-core executes the operation. It raises GraphQLError, and RecursionError if the selections are nested too
        deeply."""
        operation, schema = executor.operation, executor.schema
        variables = self._condition_variables.get(id(operation))
        if variables is None:
            variables = self._condition_variables[id(operation)] = condition_variables(executor)
        coerced = executor.variable_values.coerced
        values = (coerced.get(name, Undefined) for name in variables)
        key = (id(operation), id(schema), type(executor), get_ident(), *values)
        kept = self._kept.get(key)
        if kept is None or kept.compilation.has_failed:
            size = PlanSize(self._weak_grow())
            kept = _Kept(schema, Compilation(Compiler(executor, variables, size).compile()), size)
            self._keep(key, kept)
        else:
            self._kept.move_to_end(key)
        return kept.compilation

    def _keep(self, key: Hashable, kept: _Kept) -> None:
        self._kept[key] = kept
        if len(self._kept) > VARIANTS:
            _, dropped = self._kept.popitem(last=False)
            self._grow(-dropped.size.reported)
            dropped.size.on_growth = None

    def _weak_grow(self) -> OnGrowth:
        # A plan refers to its size. A reference from there to this object would be a cycle, which keeps the memory of a
        # document that was dropped until a garbage collection.
        weak = ref(self)
        return lambda fields: plans._grow(fields) if (plans := weak()) is not None else None

    def _grow(self, fields: int) -> None:
        if self.on_growth is not None:
            self.on_growth(fields)


def plans_of(document: DocumentNode) -> Plans:
    """Returns the document's plans, which are its attribute, so they exist as long as it does. They are of use only if
    parsed documents are cached: a document that is parsed again is another document."""
    plans = document.__dict__.setdefault("plans", Plans())
    assert isinstance(plans, Plans)
    return plans
