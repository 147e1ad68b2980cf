"""The protocol of a gateway: a way to call a source module."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Protocol

from chat.cards import Check
from models.enums import ItemKind
from sources.contract import CHECKS_PER_CALL
from sources.verdicts import Verdict


class Gateway(Protocol):
    def calls(self, checks: Sequence[Check]) -> list[list[Check]]:
        """Splits the checks into calls, each of which fails or succeeds on its own."""

    async def ask(self, account_id: str, kind: ItemKind, checks: Sequence[Check]) -> Mapping[Check, Verdict]:
        """Makes one call and returns a verdict for each check. Raises ModuleFailed, or AnswerTooLarge."""

    async def aclose(self) -> None:
        """Closes the connections."""


def chunks(checks: Sequence[Check]) -> list[list[Check]]:
    """Splits the checks into lists of at most CHECKS_PER_CALL."""
    rest = iter(checks)
    return list(iter(lambda: list(islice(rest, CHECKS_PER_CALL)), []))
