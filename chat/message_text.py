"""The text of a message: the only part that is a column of the message itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from chat.drafts import InputPaths
from chat.errors import RefusalCode, Refused
from chat.naming import checked_text, is_visible

BODY_LENGTH = 20_000


@dataclass(frozen=True)
class TextPart:
    """The text of a draft."""

    body: str

    @property
    def can_stand_alone(self) -> bool:
        return is_visible(self.body)

    def check(self, _: InputPaths) -> None:
        check_body(self.body)

    def hash_input(self) -> Sequence[object]:
        return [self.body]


def check_body(body: str) -> None:
    """Raises Refused INVALID for a text that is too long or cannot be stored."""
    checked_text(body, "body")
    if len(body) > BODY_LENGTH:
        raise Refused(RefusalCode.INVALID, f"A message can have at most {BODY_LENGTH:,} characters.", "body")


def check_has_text(body: str) -> None:
    """Raises Refused INVALID for a text without a visible character."""
    if not is_visible(body):
        raise nothing_visible()


def nothing_visible() -> Refused:
    return Refused(RefusalCode.INVALID, "A message needs at least one visible character.", "body")
