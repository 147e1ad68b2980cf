"""Completing the values of fields: serializing leaves, and turning objects, lists and abstract types into levels."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain
from types import NoneType
from typing import Any, TypeVar

from graphql import GraphQLError, GraphQLObjectType
from graphql.execution import Executor
from graphql.pyutils import Undefined, inspect, is_iterable

from execution.calls import Calls
from execution.compilation import Compilation
from execution.errors import ErrorLog
from execution.plan import AbstractPlan, FieldPlan, LeafPlan, ListPlan, ObjectPlan, Selection, SelectionPlan, ValuePlan
from execution.positions import ItemPosition, Position, SubsetPosition
from execution.resolvers import Column, call_each
from execution.results import (
    ConcatenatedValues,
    Level,
    Lists,
    MergedValues,
    SharedValues,
    Values,
    ValuesWithNulls,
)

CompositePlan = ListPlan | ObjectPlan | AbstractPlan
Compiled = TypeVar("Compiled")

PART = 500
"""The maximum number of values that are completed in one step, and so of the objects of a level. A step in which
resolvers are called as graphql-core calls them, or all values have errors, takes 5 to 20 ms."""

NO_VALUE, AWAITABLE, EXCEPTION = 1, 2, 4
"""Flags for the types of values. A type without flags has ordinary values."""


class Completion(ABC):
    """Completes values. Its subclass `Run` resolves the fields of the levels that it adds."""

    def __init__(self, executor: Executor[Any]) -> None:
        self.errors = ErrorLog()
        self.calls = Calls(executor)

    @abstractmethod
    def add_level(self, plan: SelectionPlan, objects: list[Any], position: Position) -> Level:
        """Returns a level whose fields will be resolved."""

    @abstractmethod
    def await_values(self, values: Column, complete: Callable[[Column], Values]) -> Values:
        """Returns the values that `complete` returns once all awaitables have been replaced by their results. An
        awaitable that raised is replaced by its exception."""

    @abstractmethod
    def complete_later(self, complete: Callable[[], Values]) -> Values:
        """Returns the values that `complete` returns. It is called before the next wave of loads starts, in a later
        turn of the event loop if the time of this turn is used up."""

    @abstractmethod
    def complete_compiled(self, compilation: Compilation[Compiled], complete: Callable[[Compiled], Values]) -> Values:
        """Returns the values that `complete` returns for what was compiled."""

    @abstractmethod
    def add_shared(self, shared: SharedValues) -> None:
        """Calls `complete_others` once all values are known."""

    def complete(self, plan: ValuePlan, values: Column, position: Position, field: FieldPlan) -> Values:
        """Returns the completed values; None for null."""
        if not values:
            return []
        if len(values) > PART:
            return self._complete_in_parts(plan, values, position, field)
        types = set(map(type, values))
        special = 0
        for type_ in types:
            special |= _special(type_)
        if special & AWAITABLE:
            return self.await_values(values, lambda known: self.complete(plan, known, position, field))
        if plan.non_null and special & NO_VALUE:
            self._add_null_errors(values, position, field)
        if isinstance(plan, LeafPlan):
            return plan.serializer.serialize(
                values, types, lambda number, error: self.add_error(error, position, number, field)
            )
        if special:
            return self._complete_some(plan, values, position, field)
        return self._complete_present(plan, values, position, field)

    def add_error(self, error: Exception, position: Position, number: int, field: FieldPlan) -> None:
        self.errors.add(error, field.nodes, position, number)

    def complete_others(self, shared: SharedValues) -> None:
        """Completes the lists of the other objects, if there are errors in those of the first."""
        if shared.firsts.has_errors:
            lists = [shared.lists[number] for number in shared.others]
            at = SubsetPosition(shared.position, shared.others)
            shared.other_values = self._complete_all_items(shared.plan, lists, at, shared.field)

    def _complete_in_parts(self, plan: ValuePlan, values: Column, position: Position, field: FieldPlan) -> Values:
        def complete_part(numbers: range) -> Values:
            part = values[numbers.start : numbers.stop]
            return self.complete(plan, part, SubsetPosition(position, numbers), field)

        every = range(len(values))
        parts = [every[start : start + PART] for start in range(0, len(values), PART)]
        return ConcatenatedValues([self.complete_later(partial(complete_part, numbers)) for numbers in parts])

    def _complete_some(self, plan: CompositePlan, values: Column, position: Position, field: FieldPlan) -> Values:
        """Completes the values that are neither null nor errors."""
        numbers = []
        for number, value in enumerate(values):
            if isinstance(value, Exception):
                self.add_error(value, position, number, field)
            elif value is not None and value is not Undefined:
                numbers.append(number)
        return self._complete_subset(plan, values, numbers, position, field)

    def _complete_subset(
        self, plan: CompositePlan, values: Column, numbers: list[int], position: Position, field: FieldPlan
    ) -> Values:
        """Completes the values with these numbers. The others are null."""
        if not numbers:
            return [None] * len(values)
        subset = [values[number] for number in numbers]
        completed = self._complete_present(plan, subset, SubsetPosition(position, numbers), field)
        return MergedValues(len(values), [(numbers, completed)])

    def _complete_present(self, plan: CompositePlan, values: Column, position: Position, field: FieldPlan) -> Values:
        if isinstance(plan, ListPlan):
            return self._complete_lists(plan, values, position, field)
        if isinstance(plan, AbstractPlan):
            return self._complete_abstract(plan, values, position, field)
        if plan.type.is_type_of is not None:
            return self._complete_checked(plan, values, position, field)
        return self._complete_objects(plan, values, position, field)

    # ------------------------------------------------------------------ objects

    def _complete_objects(self, plan: ObjectPlan, values: Column, position: Position, field: FieldPlan) -> Values:
        if isinstance(plan.selection, GraphQLError):
            for number in range(len(values)):
                self.add_error(plan.selection, position, number, field)
            return [None] * len(values)
        return self.add_level(plan.selection, values, position)

    def _complete_checked(self, plan: ObjectPlan, values: Column, position: Position, field: FieldPlan) -> Values:
        """Completes objects of a type that has an `is_type_of` function."""
        info, is_type_of = self.calls.level_info(field), plan.type.is_type_of
        assert is_type_of is not None
        checks = call_each(lambda value: is_type_of(value, info), values)
        if set(map(type, checks)) == {bool} and all(checks):
            return self._complete_objects(plan, values, position, field)
        return self.await_values(checks, lambda known: self._complete_valid(plan, values, known, position, field))

    def _complete_valid(
        self, plan: ObjectPlan, values: Column, checks: Column, position: Position, field: FieldPlan
    ) -> Values:
        numbers = []
        for number, (value, check) in enumerate(zip(values, checks, strict=True)):
            if isinstance(check, Exception):
                self.add_error(check, position, number, field)
            elif not check:
                message = f"Expected value of type '{plan.type}' but got: {inspect(value)}."
                self.add_error(GraphQLError(message, field.nodes), position, number, field)
            else:
                numbers.append(number)
        if not numbers:
            return [None] * len(values)
        objects = [values[number] for number in numbers]
        completed = self._complete_objects(plan, objects, SubsetPosition(position, numbers), field)
        return MergedValues(len(values), [(numbers, completed)])

    # ------------------------------------------------------------------ lists

    def _complete_lists(self, plan: ListPlan, values: Column, position: Position, field: FieldPlan) -> Values:
        """Completes the items of all lists together."""
        if set(map(type, values)) == {list}:
            return self._complete_items(plan, values, position, field)
        return self.await_values(
            [_items_of(value, field) for value in values],
            lambda known: self._complete_iterables(plan, known, position, field),
        )

    def _complete_items(
        self, plan: ListPlan, lists: list[Column], position: Position, field: FieldPlan
    ) -> Lists | SharedValues:
        has_many = sum(map(len, lists)) > PART
        if has_many and plan.is_shareable and len(set(map(id, lists))) < len(lists):
            return self._complete_shared(plan, lists, position, field)
        return self._complete_all_items(plan, lists, position, field)

    def _complete_shared(
        self, plan: ListPlan, lists: list[Column], position: Position, field: FieldPlan
    ) -> SharedValues:
        """Completes lists of which several are the same object."""
        shared = SharedValues(plan, lists, position, field)
        distinct = [lists[number] for number in shared.firsts.numbers]
        shared.first_values = self._complete_all_items(plan, distinct, shared.firsts, field)
        self.add_shared(shared)
        return shared

    def _complete_all_items(self, plan: ListPlan, lists: list[Column], position: Position, field: FieldPlan) -> Lists:
        lengths = list(map(len, lists))
        items = list(chain.from_iterable(lists))
        at = ItemPosition(position, lengths, plan.item.non_null)
        return Lists(lengths, self.complete(plan.item, items, at, field), plan.item.non_null)

    def _complete_iterables(
        self, plan: ListPlan, iterables: "list[_Items]", position: Position, field: FieldPlan
    ) -> Values:
        lists = self._complete_items(plan, [each.items for each in iterables], position, field)
        failed = []
        for number, each in enumerate(iterables):
            if each.error is not None:
                self.errors.add_after_items(each.error, field.nodes, position, number)
                failed.append(number)
        return ValuesWithNulls(lists, failed) if failed else lists

    # ------------------------------------------------------------------ interfaces and unions

    def _complete_abstract(self, plan: AbstractPlan, values: Column, position: Position, field: FieldPlan) -> Values:
        info, executor = self.calls.level_info(field), self.calls.executor
        resolve_type = plan.type.resolve_type or executor.type_resolver
        return self.await_values(
            call_each(lambda value: resolve_type(value, info, plan.type), values),
            lambda names: self._complete_by_type(plan, values, names, position, field),
        )

    def _complete_by_type(
        self, plan: AbstractPlan, values: Column, names: Column, position: Position, field: FieldPlan
    ) -> Values:
        """Completes the objects of each concrete type together."""
        numbers_of: dict[GraphQLObjectType, list[int]] = {}
        for number, type_ in enumerate(self._concrete_types(plan, values, names, field)):
            if isinstance(type_, Exception):
                self.add_error(type_, position, number, field)
            else:
                numbers_of.setdefault(type_, []).append(number)
        parts = []
        for type_, numbers in numbers_of.items():
            objects = [values[number] for number in numbers]
            complete = partial(self._complete_concrete, plan, type_, objects, SubsetPosition(position, numbers), field)
            parts.append((numbers, self.complete_compiled(plan.selection_of(type_), complete)))
        return MergedValues(len(values), parts)

    def _complete_concrete(
        self,
        plan: AbstractPlan,
        type_: GraphQLObjectType,
        objects: Column,
        position: Position,
        field: FieldPlan,
        selection: Selection,
    ) -> Values:
        return self._complete_present(ObjectPlan(type_, selection, plan.non_null), objects, position, field)

    def _concrete_types(
        self, plan: AbstractPlan, values: Column, names: Column, field: FieldPlan
    ) -> list[GraphQLObjectType | Exception]:
        """Returns the object type of each value, or an exception for a value that has none. `names` are the names of
        the types, or exceptions."""
        calls = self.calls
        info = calls.level_info(field)

        def valid_type(number: int) -> GraphQLObjectType:
            name = names[number]
            if isinstance(name, Exception):
                raise name
            return calls.executor.ensure_valid_runtime_type(name, plan.type, field.details, info, values[number])

        return call_each(valid_type, range(len(values)))

    def _add_null_errors(self, values: Column, position: Position, field: FieldPlan) -> None:
        message = f"Cannot return null for non-nullable field {field.parent_type}.{field.nodes[0].name.value}."
        for number, value in enumerate(values):
            if value is None or value is Undefined:
                self.add_error(TypeError(message), position, number, field)


@lru_cache(maxsize=1_000)
def _special(type_: type) -> int:
    if type_ is NoneType or type_ is type(Undefined):
        return NO_VALUE
    return (AWAITABLE if hasattr(type_, "__await__") else 0) | (EXCEPTION if issubclass(type_, Exception) else 0)


@dataclass(frozen=True, slots=True)
class _Items:
    """The items of an iterable that is not a list. If it raised, the items before that and the exception."""

    items: Column
    error: Exception | None = None


def _items_of(value: Any, field: FieldPlan) -> "_Items | Awaitable[_Items]":
    if hasattr(type(value), "__aiter__"):
        return _items_of_async(value)
    if not is_iterable(value):
        name = f"{field.parent_type}.{field.nodes[0].name.value}"
        return _Items([], GraphQLError(f"Expected Iterable, but did not find one for field '{name}'."))
    items: Column = []
    try:
        # If the iterable raises, `extend` keeps the items before that.
        items.extend(value)
    except Exception as error:
        return _Items(items, error)
    return _Items(items)


async def _items_of_async(value: AsyncIterable[Any]) -> _Items:
    items: Column = []
    try:
        async for item in value:
            items.append(item)
    except Exception as error:
        return _Items(items, error)
    return _Items(items)
