"""The arguments and the info that resolvers are called with."""

from collections.abc import Mapping
from typing import Any

import strawberry
from graphql import GraphQLResolveInfo
from graphql.execution import Executor
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from execution.plan import FieldPlan
from execution.positions import Position, trace


class Calls:
    """The arguments and the info of one execution's resolver calls. Those that all objects of a field share are made
    once."""

    def __init__(self, executor: Executor[Any]) -> None:
        self.executor = executor
        self._arguments: dict[FieldPlan, dict[str, Any]] = {}
        self._infos: dict[FieldPlan, strawberry.Info] = {}

    def strawberry_info(self, field: FieldPlan) -> strawberry.Info:
        """Returns strawberry's info for all objects of a level."""
        info = self._infos.get(field)
        if info is None:
            definition = _strawberry_field(field)
            info_class = self.executor.schema._strawberry_schema.config.info_class  # type: ignore[attr-defined]
            info = self._infos[field] = info_class(_raw_info=self.level_info(field), _field=definition)
        return info

    def python_arguments(self, field: FieldPlan) -> Mapping[str, Any]:
        """Returns the arguments as strawberry passes them to Python functions."""
        if field.constant_python_arguments is not None:
            return field.constant_python_arguments
        arguments = self.arguments(field)
        if not arguments:
            return arguments
        schema = self.executor.schema._strawberry_schema  # type: ignore[attr-defined]
        definition = _strawberry_field(field)
        converted = convert_arguments(
            arguments,
            definition.arguments,
            scalar_registry=schema.schema_converter.scalar_registry,
            config=schema.config,
            info=self.strawberry_info(field),
        )
        self.executor.check_arguments(definition, converted)  # type: ignore[attr-defined]
        return converted

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

    def object_info(self, field: FieldPlan, position: Position, number: int) -> GraphQLResolveInfo[Any]:
        """Returns graphql-core's info for one object."""
        _, steps = trace(position, number)
        path: Path | None = None
        for step in steps[:-1]:
            path = Path(path, step.key, None)
        return self._info(field, Path(path, field.key, field.parent_type.name))

    def level_info(self, field: FieldPlan) -> GraphQLResolveInfo[Any]:
        """Returns graphql-core's info for a level. Its path is only the field's key, since its objects have many."""
        return self._info(field, Path(None, field.key, field.parent_type.name))

    def _info(self, field: FieldPlan, path: Path) -> GraphQLResolveInfo[Any]:
        return self.executor.build_resolve_info(field.definition, field.nodes, field.parent_type, path)


def _strawberry_field(field: FieldPlan) -> StrawberryField:
    definition = field.definition.extensions["strawberry-definition"]
    assert isinstance(definition, StrawberryField)
    return definition
