"""What drafts of new things and of changes share."""

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

from chat.errors import RefusalCode, Refused

Value = TypeVar("Value")


@dataclass(frozen=True)
class Given(Generic[Value]):
    """A value that the client sent, perhaps null; a field left out is None instead, and keeps what stands."""

    value: Value


@dataclass(frozen=True)
class IconAvatar:
    """An icon of the client's set, on a colour written #rrggbb."""

    icon: str
    color: str


def check_avatar(avatar: IconAvatar | None) -> None:
    if avatar is None:
        return
    if not re.fullmatch(r"[a-z0-9-]{1,40}", avatar.icon):
        message = "An icon's name has 1 to 40 lower-case letters, digits and hyphens."
        raise Refused(RefusalCode.INVALID, message, "avatar", "icon", "icon")
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", avatar.color):
        raise Refused(RefusalCode.INVALID, "A colour is written #rrggbb.", "avatar", "icon", "color")
