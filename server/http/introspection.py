"""Refusing documents that read the schema, for operators who do not publish it."""

import re
from typing import Any

from graphql import FieldNode, GraphQLError, ValidationRule

INTROSPECTION_FIELDS = frozenset({"__schema", "__type", "_service"})
"""`_service` is Apollo Federation's: it returns the schema in SDL."""

_SUGGESTION = re.compile(r" Did you mean .*\?$", re.DOTALL)


class NoIntrospection(ValidationRule):
    def enter_field(self, node: FieldNode, *_: Any) -> None:
        if node.name.value in INTROSPECTION_FIELDS:
            self.report_error(GraphQLError("Introspection is switched off on this server.", node))


def without_suggestion(error: GraphQLError) -> GraphQLError:
    """Returns the error without the names of the schema that graphql-core suggests for a name that does not exist."""
    return GraphQLError(_SUGGESTION.sub("", error.message), error.nodes)
