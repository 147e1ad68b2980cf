"""Federation's `_entities`: resolves the references that a gateway sends.

In strawberry's own resolver, one unknown type makes the whole `_entities` null, and its errors mention Python types.
"""

from collections import defaultdict
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from chat.errors import DenialCode, Denied
from chat.viewer import Viewer
from loaders import Loaders
from schema.agents import Agent
from schema.channels import Channel
from schema.context import RequestInfo
from schema.entities import ENTITIES
from schema.ids import id_text
from schema.messages import Message

VERSION: Final = "2.9"
"""The newest version of federation that both Apollo's and the Guild's composition accept."""

REFERENCES = 500


class Referable(Protocol):
    @staticmethod
    def resolve_references(loaders: Loaders, reader: Viewer, ids: Sequence[str]) -> Awaitable[Sequence[object | None]]:
        """Returns the objects with these ids as the reader sees them, in their order; None where there is none."""


REFERABLE: dict[str, type[Referable]] = {
    "ChatAgent": Agent,
    "ChatChannel": Channel,
    "ChatMessage": Message,
    **{entity.__name__: entity for entity in ENTITIES.values()},
}


async def resolve_references(info: RequestInfo, representations: list[object]) -> list[object | None]:
    """Returns one result per representation, in the same order. An invalid representation gives an error, Denied
    BAD_USER_INPUT, in its place. Raises Denied BAD_USER_INPUT for more than 500."""
    if len(representations) > REFERENCES:
        raise Denied(DenialCode.BAD_USER_INPUT, f"At most {REFERENCES} representations are accepted at a time.")
    reader = await info.context.viewer()
    references = [_reference(representation) for representation in representations]
    ids: dict[type[Referable], list[str]] = defaultdict(list)
    for reference in references:
        if isinstance(reference, _Reference):
            ids[reference.type].append(reference.id)
    loaders = info.context.loaders
    objects = {
        referable: iter(await referable.resolve_references(loaders, reader, of_type))
        for referable, of_type in ids.items()
    }
    return [reference if isinstance(reference, Denied) else next(objects[reference.type]) for reference in references]


@dataclass(frozen=True)
class _Reference:
    type: type[Referable]
    id: str


def _reference(representation: object) -> _Reference | Denied:
    if not isinstance(representation, dict):
        return Denied(DenialCode.BAD_USER_INPUT, "A representation must be an object with __typename and id.")
    referable = REFERABLE.get(str(representation.get("__typename")))
    id = id_text(representation.get("id"))
    if referable is None or id is None:
        return Denied(
            DenialCode.BAD_USER_INPUT,
            "A representation needs the __typename of an entity of this subgraph, and its id.",
        )
    return _Reference(referable, id)
