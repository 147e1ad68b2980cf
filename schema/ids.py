"""The ids that clients see: opaque, with a prefix for the type, so that ids of different types cannot be confused."""

from enum import StrEnum
from uuid import UUID

import strawberry

from chat.locking import not_found


class Prefix(StrEnum):
    CHANNEL = "chn"
    MESSAGE = "msg"
    CARD = "crd"


def public_id(prefix: Prefix, id: UUID) -> strawberry.ID:
    # Not an f-string: formatting an enum member takes three times as long.
    return strawberry.ID(prefix + "_" + id.hex)


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
