"""What every way of asking a module has in common."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Protocol

from chat.cards import Check
from models.enums import ItemKind
from sources.contract import CHECKS_PER_CALL
from sources.verdicts import Verdict


class Gateway(Protocol):
    def calls(self, checks: Sequence[Check]) -> list[list[Check]]:
        """Splits the checks into the calls that they take; each call fails or succeeds by itself."""

    async def ask(self, account_id: str, kind: ItemKind, checks: Sequence[Check]) -> Mapping[Check, Verdict]:
        """Makes one call and returns a verdict for each check. Raises ModuleFailed, AnswerTooLarge."""

    async def aclose(self) -> None:
        """Lets go of connections."""


def chunks(checks: Sequence[Check]) -> list[list[Check]]:
    """Returns calls of CHECKS_PER_CALL at most."""
    rest = iter(checks)
    return list(iter(lambda: list(islice(rest, CHECKS_PER_CALL)), []))
