"""Turning inputs into drafts."""

from typing import TypeVar

import strawberry

from chat.drafts import Given, IconAvatar
from chat.errors import RefusalCode, Refused
from schema.channel_inputs import ChannelAvatarInput

Value = TypeVar("Value")


def given(field: strawberry.Maybe[Value]) -> Given[Value] | None:
    """Returns the value that the client gave, which may be null; None if the field was left out."""
    return Given(field.value) if field is not None else None


def required(field: strawberry.Maybe[Value | None], path: str) -> Given[Value] | None:
    """As `given`, for a field that can be left out but not be null. Raises Refused INVALID for null.

    GraphQL cannot express this, and strawberry's own error would mention Python types.
    """
    if field is None:
        return None
    if field.value is None:
        raise Refused(RefusalCode.INVALID, "This field can be left out, but cannot be null.", path)
    return Given(field.value)


def icon_avatar(avatar: ChannelAvatarInput | None) -> IconAvatar | None:
    """Returns the avatar. Raises Refused INVALID for an input without an icon."""
    if avatar is None:
        return None
    if avatar.icon is None:
        raise Refused(RefusalCode.INVALID, "An avatar needs an icon.", "avatar")
    return IconAvatar(avatar.icon.icon, avatar.icon.color)
