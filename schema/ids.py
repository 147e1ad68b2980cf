"""The ids that clients see: opaque, with a prefix for the type, so that ids of different types cannot be confused. Ids
of the platform may be numbers, which clients may also send as JSON numbers."""

from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID, uuid5

import strawberry
from graphql import GraphQLError, GraphQLID, IntValueNode, StringValueNode, ValueNode

from chat.errors import DenialCode
from chat.locking import not_found
from chat.uploads import unknown_upload

_EXACT = range(-(2**63), 2**64)
"""The integers that JSON parsers read exactly. orjson reads others as floats."""


class Prefix(StrEnum):
    CHANNEL = "chn"
    MESSAGE = "msg"
    CARD = "crd"
    ATTACHMENT = "att"
    MEMBER = "mbr"
    MEMBERSHIP = "mbs"
    MENTION = "mnt"
    REACTION = "rct"
    NOTIFICATION = "ntf"
    PREFERENCE = "prf"
    AUDIT_ENTRY = "aud"


def public_id(prefix: Prefix, id: UUID) -> strawberry.ID:
    # Not an f-string: formatting an enum member takes three times as long.
    return strawberry.ID(prefix + "_" + id.hex)


def derived_id(prefix: Prefix, owner: UUID, name: str) -> strawberry.ID:
    """Returns the id of something that is identified by a name within a channel or message, always the same. Clients
    need it as the key in their cache, and cannot pass it to any field."""
    return public_id(prefix, uuid5(owner, name))


def parse_id(prefix: Prefix, id: str) -> UUID | None:
    """Returns None for text that is not an id of this type. The client gets the same answer as for an unknown id."""
    start, _, digits = id.partition("_")
    if start != prefix or len(digits) != 32 or not set(digits) <= set("0123456789abcdef"):
        return None
    return UUID(digits)


def channel_id(id: str, *path: str) -> UUID:
    """Returns the channel's id. Raises Refused NOT_FOUND for text that is not a channel id."""
    found = parse_id(Prefix.CHANNEL, id)
    if found is None:
        raise not_found("channel", *(path or ("channelId",)))
    return found


def message_id(id: str, *path: str) -> UUID:
    """Returns the message's id. Raises Refused NOT_FOUND for text that is not a message id."""
    found = parse_id(Prefix.MESSAGE, id)
    if found is None:
        raise not_found("message", *(path or ("messageId",)))
    return found


def attachment_id(id: str, *path: str) -> UUID:
    """Returns the attachment's id. Raises Refused NOT_FOUND for text that is not the id of an attachment."""
    found = parse_id(Prefix.ATTACHMENT, id)
    if found is None:
        raise unknown_upload(*path)
    return found


def notification_ids(ids: Iterable[str]) -> list[UUID]:
    """Returns the ids of the notifications' messages, without texts that are not notification ids."""
    return [found for id in ids if (found := parse_id(Prefix.NOTIFICATION, id)) is not None]


def id_text(value: object) -> str | None:
    """Returns an id in JSON as text. None unless it is a string or an integer of 64 bits: another number may have been
    rounded, and would then be the id of something else."""
    if isinstance(value, str):
        return value
    is_exact = isinstance(value, int) and not isinstance(value, bool) and value in _EXACT
    return str(value) if is_exact else None


def refuse_inexact_ids() -> None:
    """Makes the type ID refuse numbers that are not integers of 64 bits, with the code BAD_USER_INPUT. graphql-core has
    one such type per process and permits no other."""
    GraphQLID.coerce_input_value = _coerced_value
    GraphQLID.coerce_input_literal = _coerced_literal


def _coerced_value(value: object) -> str:
    text = id_text(value)
    if text is None:
        raise _invalid_id()
    return text


def _coerced_literal(literal: ValueNode) -> str:
    if isinstance(literal, StringValueNode):
        return literal.value
    # Python does not convert integers of any length.
    if isinstance(literal, IntValueNode) and len(literal.value) <= 20 and int(literal.value) in _EXACT:
        return literal.value
    raise _invalid_id(literal)


def _invalid_id(literal: ValueNode | None = None) -> GraphQLError:
    message = "An ID must be a string, or an integer of at most 64 bits."
    return GraphQLError(message, literal, extensions={"code": str(DenialCode.BAD_USER_INPUT)})
