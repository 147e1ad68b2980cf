"""Names of types and root fields do not collide with those of other modules."""

import re

from graphql import FieldDefinitionNode, ObjectTypeDefinitionNode, TypeDefinitionNode, parse

from models.enums import ItemKind
from schema.entities import ENTITIES
from server.schema import schema

ROOTS = {"Query", "Mutation", "Subscription"}
ITEMS = {ENTITIES[kind].__name__ for kind in ItemKind}
COMMON = {"PageInfo", "DateTime"} | ITEMS | {f"{item}Card" for item in ITEMS}
FEDERATION = {"_Any", "_Entity", "_Service", "_entities", "_service"}
OURS = re.compile("[Cc]hat|[Ss]hare|DirectMessage|^whyNotified$")


def test_every_type_and_root_field_has_a_name_of_the_chat() -> None:
    types = [each for each in parse(schema.as_str()).definitions if isinstance(each, TypeDefinitionNode)]
    names = {each.name.value for each in types} - ROOTS - COMMON - FEDERATION
    assert {name for name in names if not OURS.search(name)} == set()
    roots = [field.name.value for each in types for field in _fields(each) if each.name.value in ROOTS]
    assert {name for name in roots if not OURS.search(name)} - FEDERATION == set()


def _fields(definition: TypeDefinitionNode) -> tuple[FieldDefinitionNode, ...]:
    return tuple(definition.fields or ()) if isinstance(definition, ObjectTypeDefinitionNode) else ()
