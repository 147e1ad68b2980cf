"""The schema for client tools that do not know federation: generators of types, and caches that read a schema."""

from dataclasses import replace

from graphql import (
    REMOVE,
    DirectiveNode,
    DocumentNode,
    Node,
    StringValueNode,
    Visitor,
    parse,
    print_ast,
    specified_directives,
    visit,
)
from graphql.language import DirectiveDefinitionNode, FieldDefinitionNode, TypeDefinitionNode

_DESCRIPTIONS = {directive.name: directive.description or "" for directive in specified_directives}
"""The descriptions of the directives of the GraphQL specification, which strawberry does not print."""


def client_sdl(sdl: str) -> str:
    """Returns the subgraph's SDL without the types and fields of federation, and without the directives that it uses
    but does not define."""
    document = parse(sdl)
    return print_ast(visit(document, _WithoutFederation(document)))


class _WithoutFederation(Visitor):
    def __init__(self, document: DocumentNode) -> None:
        super().__init__()
        definitions = (each for each in document.definitions if isinstance(each, DirectiveDefinitionNode))
        self._known = {each.name.value for each in definitions} | _DESCRIPTIONS.keys()

    def enter(self, node: Node, *_: object) -> object:
        match node:
            case DirectiveNode() if node.name.value not in self._known:
                return REMOVE
            case TypeDefinitionNode() | FieldDefinitionNode() if _belongs_to_federation(node.name.value):
                return REMOVE
            case DirectiveDefinitionNode(description=None) if node.name.value in _DESCRIPTIONS:
                return replace(node, description=StringValueNode(value=_DESCRIPTIONS[node.name.value], block=True))
        return None


def _belongs_to_federation(name: str) -> bool:
    """Returns whether the name is one of federation's own, such as `_Any`, or is imported, such as `link__Purpose`."""
    return name.startswith("_") or "__" in name
