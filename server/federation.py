"""The chat as a subgraph: what a gateway may ask for by reference, and nothing that a strange one could break.

Stock strawberry nulls a whole `_entities` for one unknown type, and says in Python what it did not expect.
"""

from collections.abc import Awaitable
from typing import Final, Protocol

from chat.errors import DenialCode, Denied
from schema.agents import Agent
from schema.channels import Channel
from schema.context import Info
from schema.entities import ENTITIES
from schema.messages import Message

VERSION: Final = "2.9"
"""The newest that both Apollo's and the Guild's composition take."""

REFERENCES = 500


class Referable(Protocol):
    @classmethod
    def resolve_reference(cls, info: Info, id: str) -> Awaitable[object | None]:
        """Returns what the viewer sees under this id, None for nothing; batched by its loader."""


REFERABLE: dict[str, type[Referable]] = {
    "ChatAgent": Agent,
    "ChatChannel": Channel,
    "ChatMessage": Message,
    **{entity.__name__: entity for entity in ENTITIES.values()},
}


def resolve_references(info: Info, representations: list[object]) -> list[Awaitable[object | None] | Denied]:
    """Returns one answer per representation, in their order: a bad one is an error of its own place. Raises Denied
    BAD_USER_INPUT for more than 500 at once."""
    if len(representations) > REFERENCES:
        raise Denied(DenialCode.BAD_USER_INPUT, f"At most {REFERENCES} representations at once.")
    return [_resolve(info, representation) for representation in representations]


def _resolve(info: Info, representation: object) -> Awaitable[object | None] | Denied:
    if not isinstance(representation, dict):
        return Denied(DenialCode.BAD_USER_INPUT, "A representation is an object with __typename and id.")
    referable = REFERABLE.get(str(representation.get("__typename")))
    id = representation.get("id")
    if referable is None or not isinstance(id, str | int) or isinstance(id, bool):
        return Denied(DenialCode.BAD_USER_INPUT, "A representation names a type of this subgraph, and its id.")
    return referable.resolve_reference(info, str(id))
