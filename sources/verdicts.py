"""What asking a module can come to."""

from dataclasses import dataclass
from typing import TypeAlias

from chat.cards import Answer, CardAccess


class ModuleFailed(Exception):
    """The module gave nothing that can be read. The text is a reason for the log: never what the module sent."""


class AnswerTooLarge(ModuleFailed):
    """More than is held in memory: of fewer checks it may be less."""


@dataclass(frozen=True)
class Fault:
    """An answer about one pair that cannot be shown, in an answer that is good otherwise; the reason is for the log."""

    reason: str


Verdict: TypeAlias = Answer | Fault

FORBIDDEN = Answer(CardAccess.FORBIDDEN)
REMOVED = Answer(CardAccess.REMOVED)
MODULE_DISABLED = Answer(CardAccess.MODULE_DISABLED)
UNAVAILABLE = Answer(CardAccess.UNAVAILABLE)
