"""One execution: resolves and completes the values of a plan, level by level."""

from collections.abc import AsyncIterable, Awaitable
from dataclasses import dataclass
from inspect import isawaitable
from itertools import chain, islice
from types import NoneType
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLObjectType, GraphQLResolveInfo
from graphql.execution import Executor
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path, Undefined, inspect, is_iterable
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from execution.errors import ErrorLog
from execution.plan import AbstractPlan, FieldPlan, LeafPlan, ListPlan, ObjectPlan, Row, SelectionPlan, ValuePlan
from execution.positions import FieldPosition, ItemPosition, Position, RootPosition, Step, SubsetPosition, trace
from execution.resolvers import call_each
from execution.scheduler import Join, OnEventLoop, Routine, Scheduler

Column = list[Any]
"""One value per object of a level."""

CompositePlan = ListPlan | ObjectPlan | AbstractPlan

NO_VALUE = {NoneType, type(Undefined)}


class Run:
    """Executes a plan for one or more roots that share a context and variables."""

    def __init__(self, executor: Executor[Any], scheduler: Scheduler) -> None:
        self.executor = executor
        self.scheduler = scheduler
        self.errors = ErrorLog()
        self._arguments: dict[FieldPlan, dict[str, Any]] = {}
        self._infos: dict[FieldPlan, strawberry.Info] = {}

    async def execute(self, plan: SelectionPlan, roots: list[Any]) -> list[Row | None]:
        """Returns the data of each root."""
        return await self._select(plan, roots, RootPosition())

    async def execute_serially(self, plan: SelectionPlan, root: Any) -> list[Row | None]:
        """Returns the data of one root, whose fields are executed one after the other."""
        values = []
        for field in plan.fields:
            (value,) = await self._field(field, [root], RootPosition())
            if value is None and field.value.non_null:
                return [None]
            values.append(value)
        return [plan.row(*values)]

    # ------------------------------------------------------------------ objects

    async def _select(self, plan: SelectionPlan, objects: list[Any], position: Position) -> list[Row | None]:
        """Returns the row of each object; None for an object that an error made null."""
        columns: list[Column] = []
        unfinished: list[tuple[int, Routine[Column]]] = []
        for field in plan.fields:
            column = self._start(field, objects, position)
            if isinstance(column, Routine):
                if column.done:
                    column = column.value()
                else:
                    unfinished.append((len(columns), column))
                    column = []
            columns.append(column)
        if unfinished:
            await Join([routine for _, routine in unfinished])
            for index, routine in unfinished:
                columns[index] = routine.value()
        rows: list[Row | None] = list(map(plan.row, *columns)) if columns else [plan.row() for _ in objects]
        for index in plan.non_null_fields:
            if None in columns[index]:
                for number, value in enumerate(columns[index]):
                    if value is None:
                        rows[number] = None
        return rows

    def _start(self, field: FieldPlan, objects: list[Any], position: Position) -> Column | Routine[Column]:
        """Returns the completed values of a field that needs nothing else, or a routine for them."""
        if not (field.resolver.is_immediate and isinstance(field.value, LeafPlan)):
            return self.scheduler.spawn(self._field(field, objects, position))
        values = field.resolver.resolve(self, field, objects, position)
        assert isinstance(values, list)
        if field.value.serializer.sends(values, set(map(type, values)), field.value.non_null):
            return values
        return self.scheduler.spawn(self._complete(field.value, values, _position_of(field, position), field))

    async def _field(self, field: FieldPlan, objects: list[Any], parent: Position) -> Column:
        """Returns the completed value of the field for each object."""
        position = _position_of(field, parent)
        try:
            resolved = field.resolver.resolve(self, field, objects, position)
            values = resolved if isinstance(resolved, list) else list(await resolved)
            if len(values) != len(objects):
                raise ValueError(f"{field.key}: {len(values)} values for {len(objects)} objects")
        except Exception as error:
            values = [error] * len(objects)
        return await self._complete(field.value, values, position, field)

    # ------------------------------------------------------------------ values

    async def _complete(self, plan: ValuePlan, values: Column, position: Position, field: FieldPlan) -> Column:
        """Returns the completed values; None for null."""
        if not values:
            return []
        types = set(map(type, values))
        if any(hasattr(type_, "__await__") for type_ in types):
            values = await _awaited(values)
            types = set(map(type, values))
        if plan.non_null and types & NO_VALUE:
            self._add_null_errors(values, position, field)
        if isinstance(plan, LeafPlan):
            return plan.serializer.serialize(
                values, types, lambda number, error: self._add_error(error, position, number, field)
            )
        if types & NO_VALUE or any(issubclass(type_, Exception) for type_ in types):
            return await self._complete_some(plan, values, position, field)
        return await self._complete_present(plan, values, position, field)

    async def _complete_some(self, plan: CompositePlan, values: Column, position: Position, field: FieldPlan) -> Column:
        """Completes the values that are neither null nor errors."""
        numbers = []
        for number, value in enumerate(values):
            if isinstance(value, Exception):
                self._add_error(value, position, number, field)
            elif value is not None and value is not Undefined:
                numbers.append(number)
        completed: Column = [None] * len(values)
        if numbers:
            present = [values[number] for number in numbers]
            results = await self._complete_present(plan, present, SubsetPosition(position, numbers), field)
            _put(completed, numbers, results)
        return completed

    async def _complete_present(
        self, plan: CompositePlan, values: Column, position: Position, field: FieldPlan
    ) -> Column:
        match plan:
            case ListPlan():
                return await self._complete_lists(plan, values, position, field)
            case AbstractPlan():
                return await self._complete_abstract(plan, values, position, field)
            case ObjectPlan(type=type_) if type_.is_type_of is not None:
                return await self._complete_checked(plan, values, position, field)
            case ObjectPlan():
                return await self._complete_objects(plan, values, position, field)

    async def _complete_objects(self, plan: ObjectPlan, values: Column, position: Position, field: FieldPlan) -> Column:
        if isinstance(plan.selection, GraphQLError):
            for number in range(len(values)):
                self._add_error(plan.selection, position, number, field)
            return [None] * len(values)
        return await self._select(plan.selection, values, position)

    async def _complete_lists(self, plan: ListPlan, values: Column, position: Position, field: FieldPlan) -> Column:
        """Completes the items of all lists together."""
        if set(map(type, values)) == {list}:
            return await self._complete_items(plan, values, position, field)
        lists: list[_Items] = await _awaited([_items_of(value, field) for value in values])
        completed = await self._complete_items(plan, [items.items for items in lists], position, field)
        for number, items in enumerate(lists):
            if items.error is not None:
                self.errors.add_after_items(items.error, field.nodes, position, number)
                completed[number] = None
        return completed

    async def _complete_items(
        self, plan: ListPlan, lists: list[Column], position: Position, field: FieldPlan
    ) -> Column:
        lengths = list(map(len, lists))
        items = list(chain.from_iterable(lists))
        at = ItemPosition(position, lengths, plan.item.non_null)
        completed = iter(await self._complete(plan.item, items, at, field))
        results: Column = [list(islice(completed, length)) for length in lengths]
        if plan.item.non_null:
            results = [None if None in result else result for result in results]
        return results

    async def _complete_checked(self, plan: ObjectPlan, values: Column, position: Position, field: FieldPlan) -> Column:
        """Completes objects of a type that has a predicate for its objects."""
        info, is_type_of = self._info(field), plan.type.is_type_of
        assert is_type_of is not None
        checks = await _awaited(call_each(lambda value: is_type_of(value, info), values))
        numbers = []
        for number, (value, check) in enumerate(zip(values, checks, strict=True)):
            if isinstance(check, Exception):
                self._add_error(check, position, number, field)
            elif not check:
                message = f"Expected value of type '{plan.type}' but got: {inspect(value)}."
                self._add_error(GraphQLError(message, field.nodes), position, number, field)
            else:
                numbers.append(number)
        completed: Column = [None] * len(values)
        if numbers:
            objects = [values[number] for number in numbers]
            results = await self._complete_objects(plan, objects, SubsetPosition(position, numbers), field)
            _put(completed, numbers, results)
        return completed

    async def _complete_abstract(
        self, plan: AbstractPlan, values: Column, position: Position, field: FieldPlan
    ) -> Column:
        """Completes the objects of each concrete type together."""
        numbers_of: dict[GraphQLObjectType, list[int]] = {}
        for number, type_ in enumerate(await self._concrete_types(plan, values, field)):
            if isinstance(type_, Exception):
                self._add_error(type_, position, number, field)
            else:
                numbers_of.setdefault(type_, []).append(number)
        routines = {}
        for type_, numbers in numbers_of.items():
            concrete = ObjectPlan(type_, plan.selection_of(type_), plan.non_null)
            objects = [values[number] for number in numbers]
            at = SubsetPosition(position, numbers)
            routines[type_] = self.scheduler.spawn(self._complete_present(concrete, objects, at, field))
        await Join(list(routines.values()))
        completed: Column = [None] * len(values)
        for type_, routine in routines.items():
            _put(completed, numbers_of[type_], routine.value())
        return completed

    async def _concrete_types(
        self, plan: AbstractPlan, values: Column, field: FieldPlan
    ) -> list[GraphQLObjectType | Exception]:
        """Returns the object type of each value, or the exception that says why it has none."""
        info = self._info(field)
        resolve_type = plan.type.resolve_type or self.executor.type_resolver
        names = await _awaited(call_each(lambda value: resolve_type(value, info, plan.type), values))

        def valid_type(number: int) -> GraphQLObjectType:
            if isinstance(names[number], Exception):
                raise names[number]
            return self.executor.ensure_valid_runtime_type(
                names[number], plan.type, field.details, info, values[number]
            )

        return call_each(valid_type, range(len(values)))

    # ------------------------------------------------------------------ for resolvers

    def strawberry_info(self, field: FieldPlan) -> strawberry.Info:
        """Returns strawberry's info for all objects of the level."""
        info = self._infos.get(field)
        if info is None:
            definition = _strawberry_field(field)
            info_class = self.executor.schema._strawberry_schema.config.info_class  # type: ignore[attr-defined]
            info = self._infos[field] = info_class(_raw_info=self._info(field), _field=definition)
        return info

    def python_arguments(self, field: FieldPlan) -> dict[str, Any]:
        """Returns the arguments as strawberry passes them to Python functions."""
        arguments = self.arguments(field)
        if not arguments:
            return arguments
        schema = self.executor.schema._strawberry_schema  # type: ignore[attr-defined]
        return convert_arguments(
            arguments,
            _strawberry_field(field).arguments,
            scalar_registry=schema.schema_converter.scalar_registry,
            config=schema.config,
            info=self.strawberry_info(field),
        )

    def arguments(self, field: FieldPlan) -> dict[str, Any]:
        """Returns the arguments as graphql-core coerces them. Raises GraphQLError."""
        if field.constant_arguments is not None:
            return dict(field.constant_arguments)
        arguments = self._arguments.get(field)
        if arguments is None:
            arguments = self._arguments[field] = get_argument_values(
                field.definition,
                field.nodes[0],
                self.executor.variable_values,
                field.details[0].fragment_variable_values,
                self.executor.hide_suggestions,
            )
        return dict(arguments)

    def info_at(self, field: FieldPlan, position: Position, number: int) -> GraphQLResolveInfo[Any]:
        """Returns graphql-core's info for one object."""
        _, steps = trace(position, number)
        path: Path | None = None
        for step in steps[:-1]:
            path = Path(path, step.key, None)
        return self._info_with(field, Path(path, field.key, field.parent_type.name))

    def _info(self, field: FieldPlan) -> GraphQLResolveInfo[Any]:
        """Returns graphql-core's info for a level. Its path is only the field's key, since its objects have many."""
        return self._info_with(field, Path(None, field.key, field.parent_type.name))

    def _info_with(self, field: FieldPlan, path: Path) -> GraphQLResolveInfo[Any]:
        return self.executor.build_resolve_info(field.definition, field.nodes, field.parent_type, path)

    # ------------------------------------------------------------------ errors

    def _add_null_errors(self, values: Column, position: Position, field: FieldPlan) -> None:
        message = f"Cannot return null for non-nullable field {field.parent_type}.{field.nodes[0].name.value}."
        for number, value in enumerate(values):
            if value is None or value is Undefined:
                self._add_error(TypeError(message), position, number, field)

    def _add_error(self, error: Exception, position: Position, number: int, field: FieldPlan) -> None:
        self.errors.add(error, field.nodes, position, number)


def _position_of(field: FieldPlan, parent: Position) -> FieldPosition:
    return FieldPosition(parent, Step(field.key, field.rank, field.value.non_null))


async def _awaited(values: Column) -> Column:
    """Awaits all awaitables among the values. Where one raised, the exception stands in its place."""
    numbers = [number for number, value in enumerate(values) if isawaitable(value)]
    if not numbers:
        return values
    completed = list(values)
    _put(completed, numbers, await OnEventLoop([values[number] for number in numbers]))
    return completed


@dataclass(frozen=True, slots=True)
class _Items:
    """The items of an iterable that is not a list. If it raised, the items that came before, and the exception."""

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
        # If the iterable raises, `extend` keeps the items that came before.
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


def _put(column: Column, numbers: list[int], values: Column) -> None:
    for number, value in zip(numbers, values, strict=True):
        column[number] = value


def _strawberry_field(field: FieldPlan) -> StrawberryField:
    definition = field.definition.extensions["strawberry-definition"]
    assert isinstance(definition, StrawberryField)
    return definition
