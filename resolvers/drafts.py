"""Conversion of inputs to drafts."""

from typing import TypeVar

import strawberry

from chat.drafts import Avatar, Given, IconAvatar, ImageAvatar
from chat.errors import RefusalCode, Refused
from chat.operations.destinations import CHANNEL_PATH, Destination, ToAgent, ToChannel
from chat.retention import FOREVER, check_days
from schema.channel_inputs import ChannelAvatarInput, IconAvatarInput, MessageRetentionInput
from schema.ids import Prefix, channel_id, parse_id
from schema.sharing import ShareDestinationRefInput

Value = TypeVar("Value")


def given(field: strawberry.Maybe[Value]) -> Given[Value] | None:
    """Returns the value that the client gave, which may be null; None if the field was omitted."""
    return Given(field.value) if field is not None else None


def required(field: strawberry.Maybe[Value | None], path: str) -> Given[Value] | None:
    """Does the same as `given` for a field that can be omitted but not null. Raises Refused INVALID for null.

    GraphQL cannot express this, and strawberry's own error would mention Python types.
    """
    if field is None:
        return None
    if field.value is None:
        raise Refused(RefusalCode.INVALID, "This field can be omitted, but cannot be null.", path)
    return Given(field.value)


def channel_avatar(avatar: ChannelAvatarInput | None) -> Avatar | None:
    """Returns the avatar. Raises Refused INVALID unless the input has either an image or an icon."""
    if avatar is None:
        return None
    match avatar.image_id, avatar.icon:
        case str(image_id), None:
            return ImageAvatar(parse_id(Prefix.ATTACHMENT, image_id))
        case None, IconAvatarInput(icon=icon, color=color):
            return IconAvatar(icon, color)
        case _:
            raise Refused(RefusalCode.INVALID, "An avatar must have either an image or an icon.", "avatar")


def destination(ref: ShareDestinationRefInput) -> Destination:
    """Raises Refused INVALID unless exactly one is given. Checked here too, because a gateway may drop @oneOf."""
    match ref.channel_id, ref.agent_id:
        case strawberry.Some(value=channel), None:
            return ToChannel(channel_id(channel, *CHANNEL_PATH))
        case None, strawberry.Some(value=agent_id):
            return ToAgent(agent_id)
        case _:
            raise Refused(RefusalCode.INVALID, "Give exactly one destination: a channel or an agent.", "destination")


def message_retention(field: strawberry.Maybe[MessageRetentionInput | None]) -> Given[int | None] | None:
    """Returns the exception of a channel, if it is given. Raises Refused INVALID unless it is either a valid number of
    days or forever."""
    if field is None:
        return None
    if field.value is None:
        return Given(None)
    days, forever = field.value.days, bool(field.value.forever)
    if forever == (days is not None):
        raise Refused(RefusalCode.INVALID, "Give either `days` or `forever: true`.", "messageRetention")
    if days is None:
        return Given(FOREVER)
    check_days(days, "messageRetention", "days")
    return Given(days)
