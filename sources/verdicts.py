"""The outcomes of calling a module."""

from dataclasses import dataclass
from typing import TypeAlias

from chat.cards import Answer, CardAccess


class ModuleFailed(Exception):
    """The module gave no usable response. The text is logged, so it never contains values that the module sent."""


class AnswerTooLarge(ModuleFailed):
    """The response exceeds the size limit. A response for fewer checks may fit."""


@dataclass(frozen=True)
class Fault:
    """An invalid result for one agent and item in a valid response. The reason is logged."""

    reason: str


Verdict: TypeAlias = Answer | Fault

FORBIDDEN = Answer(CardAccess.FORBIDDEN)
REMOVED = Answer(CardAccess.REMOVED)
MODULE_DISABLED = Answer(CardAccess.MODULE_DISABLED)
UNAVAILABLE = Answer(CardAccess.UNAVAILABLE)
