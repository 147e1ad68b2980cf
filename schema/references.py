"""Federation's `_entities`: resolves the references that a gateway sends.

In strawberry's own resolver, one unknown type makes the whole `_entities` null, and its errors mention Python types.
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
"""The newest version of federation that both Apollo's and the Guild's composition accept."""

REFERENCES = 500


class Referable(Protocol):
    @classmethod
    def resolve_reference(cls, info: Info, id: str) -> Awaitable[object | None]:
        """Returns the object with this id as the viewer sees it; None if there is none. Batched by a loader."""


REFERABLE: dict[str, type[Referable]] = {
    "ChatAgent": Agent,
    "ChatChannel": Channel,
    "ChatMessage": Message,
    **{entity.__name__: entity for entity in ENTITIES.values()},
}


def resolve_references(info: Info, representations: list[object]) -> list[Awaitable[object | None] | Denied]:
    """Returns one result per representation, in the same order. An invalid representation gives an error in its place.
    Raises Denied BAD_USER_INPUT for more than 500."""
    if len(representations) > REFERENCES:
        raise Denied(DenialCode.BAD_USER_INPUT, f"At most {REFERENCES} representations are accepted at a time.")
    return [_resolve(info, representation) for representation in representations]


def _resolve(info: Info, representation: object) -> Awaitable[object | None] | Denied:
    if not isinstance(representation, dict):
        return Denied(DenialCode.BAD_USER_INPUT, "A representation must be an object with __typename and id.")
    referable = REFERABLE.get(str(representation.get("__typename")))
    id = representation.get("id")
    if referable is None or not isinstance(id, str | int) or isinstance(id, bool):
        return Denied(
            DenialCode.BAD_USER_INPUT,
            "A representation needs the __typename of an entity of this subgraph, and its id.",
        )
    return referable.resolve_reference(info, str(id))
