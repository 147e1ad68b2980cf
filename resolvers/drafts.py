"""From what a client sent to what an operation takes."""

from typing import TypeVar

import strawberry

from chat.drafts import Given, IconAvatar
from chat.errors import RefusalCode, Refused
from schema.channel_inputs import ChannelAvatarInput

Value = TypeVar("Value")


def given(field: strawberry.Maybe[Value]) -> Given[Value] | None:
    """Returns what was sent, null included; None for a field left out."""
    return Given(field.value) if field is not None else None


def required(field: strawberry.Maybe[Value | None], path: str) -> Given[Value] | None:
    """As `given`, for a field that may be left out but not be null; raises Refused INVALID.

    The schema cannot say so of an input field, and strawberry's own refusal would speak of Python's types.
    """
    if field is None:
        return None
    if field.value is None:
        raise Refused(RefusalCode.INVALID, "This may be left out, but it is never null.", path)
    return Given(field.value)


def icon_avatar(avatar: ChannelAvatarInput | None) -> IconAvatar | None:
    """Returns the avatar; raises Refused INVALID for one that is neither icon nor anything else."""
    if avatar is None:
        return None
    if avatar.icon is None:
        raise Refused(RefusalCode.INVALID, "An avatar needs an icon.", "avatar")
    return IconAvatar(avatar.icon.icon, avatar.icon.color)
