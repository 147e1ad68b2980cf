"""Types that the drafts of operations share. A draft is an operation's input, as a resolver builds it."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar
from uuid import UUID

from chat.errors import RefusalCode, Refused

Value = TypeVar("Value")


@dataclass(frozen=True)
class Given(Generic[Value]):
    """A value that the client gave, which may be null. An optional draft field is None if the client left it out: then
    it does not change."""

    value: Value


PartPath = Callable[[int], tuple[str, ...]]
"""Maps the index of a message part to its path in the mutation's input."""


@dataclass(frozen=True)
class InputPaths:
    """Where the mutation's input holds the channel and the parts of a message, for the `path` of a refusal."""

    channel: tuple[str, ...]
    card: PartPath
    attachment: PartPath = lambda place: ("attachmentIds", str(place))


def in_utc(given: datetime, *path: str) -> datetime:
    """Returns the time in UTC. Raises Refused INVALID for one without a time zone."""
    if given.tzinfo is not None:
        with suppress(OverflowError):
            return given.astimezone(UTC)
    raise Refused(RefusalCode.INVALID, f"`{path[-1]}` must have a time zone and a year from 1 to 9999.", *path)


@dataclass(frozen=True)
class IconAvatar:
    """An icon of the client's icon set, on a background colour (#rrggbb)."""

    icon: str
    color: str


@dataclass(frozen=True)
class ImageAvatar:
    """An image that the viewer has uploaded. `attachment_id` is None for an id that no upload can have: the answer is
    that for an unknown upload, which comes after the check of permissions."""

    attachment_id: UUID | None


Avatar = IconAvatar | ImageAvatar


def check_icon(avatar: IconAvatar) -> None:
    """Raises Refused INVALID for an impossible icon name or colour."""
    if not re.fullmatch(r"[a-z0-9-]{1,40}", avatar.icon):
        message = "An icon name must consist of 1 to 40 lower-case letters, digits and hyphens."
        raise Refused(RefusalCode.INVALID, message, "avatar", "icon", "icon")
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", avatar.color):
        raise Refused(RefusalCode.INVALID, "A colour must have the form #rrggbb.", "avatar", "icon", "color")
