"""The ids that clients see: opaque, and typed by a prefix, so that one is never taken for another."""

from enum import StrEnum
from uuid import UUID

import strawberry

from chat.entering import unknown


class Prefix(StrEnum):
    CHANNEL = "chn"
    MESSAGE = "msg"
    CARD = "crd"


def public_id(prefix: Prefix, id: UUID) -> strawberry.ID:
    return strawberry.ID(f"{prefix}_{id.hex}")


def parse_id(prefix: Prefix, id: str) -> UUID | None:
    """Returns None for what is no id of this kind; to the asker that is the same as an unknown one."""
    start, _, digits = id.partition("_")
    if start != prefix or len(digits) != 32 or not set(digits) <= set("0123456789abcdef"):
        return None
    return UUID(digits)


def channel_id(id: str, *path: str) -> UUID:
    """Returns the channel's id; raises Refused NOT_FOUND for what cannot be one."""
    found = parse_id(Prefix.CHANNEL, id)
    if found is None:
        raise unknown("channel", *(path or ("channelId",)))
    return found


def message_id(id: str, *path: str) -> UUID:
    """Returns the message's id; raises Refused NOT_FOUND for what cannot be one."""
    found = parse_id(Prefix.MESSAGE, id)
    if found is None:
        raise unknown("message", *(path or ("messageId",)))
    return found
