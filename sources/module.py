"""One source module behind its gateway: asked within its time, left alone while it is down, and never a reason for the
chat to fail. What a module does wrong is told to the operator here, and its readers see UNAVAILABLE."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence

import structlog

from chat.cards import Answer, Check
from models.enums import ItemKind
from sources.breaker import Breaker, ModuleResting
from sources.gateway import Gateway
from sources.verdicts import UNAVAILABLE, Fault, ModuleFailed, Verdict

log = structlog.get_logger(__name__)

RESTING = Fault("resting")
"""Of a module left alone nothing more is logged: the failures before said why."""


class Module:
    def __init__(self, kind: ItemKind, gateway: Gateway, seconds: float, breaker: Breaker) -> None:
        self._kind = kind
        self._gateway = gateway
        self._seconds = seconds
        self._breaker = breaker

    async def answer(self, account_id: str, checks: Sequence[Check]) -> dict[Check, Answer]:
        """All calls run at once under one deadline; the ones that fail cost their own pairs only."""
        deadline = asyncio.get_running_loop().time() + self._seconds
        calls = [self._call(account_id, call, deadline) for call in self._gateway.calls(checks)]
        found: dict[Check, Verdict] = {}
        for verdicts in await asyncio.gather(*calls):
            found.update(verdicts)
        self._tell(account_id, found)
        return {check: _shown(found.get(check, UNAVAILABLE)) for check in checks}

    async def aclose(self) -> None:
        await self._gateway.aclose()

    async def _call(self, account_id: str, checks: Sequence[Check], deadline: float) -> Mapping[Check, Verdict]:
        try:
            with self._breaker.call():
                async with asyncio.timeout_at(deadline):
                    return await self._asked(account_id, checks)
        except ModuleResting:
            return dict.fromkeys(checks, RESTING)
        except TimeoutError:
            return dict.fromkeys(checks, Fault(f"no answer within {self._seconds:g} s"))
        except ModuleFailed as failure:
            return dict.fromkeys(checks, Fault(str(failure)))

    async def _asked(self, account_id: str, checks: Sequence[Check]) -> Mapping[Check, Verdict]:
        """A mistake of ours in a gateway is the module's failure too: a page is served whatever happens here. Its text
        stays unlogged, because it might quote an item."""
        try:
            return await self._gateway.ask(account_id, self._kind, checks)
        except (ModuleFailed, TimeoutError):
            raise
        except Exception as error:
            raise ModuleFailed(f"asking it failed ({type(error).__name__})") from error

    def _tell(self, account_id: str, found: Mapping[Check, Verdict]) -> None:
        """One line for all that went wrong, with the reasons and how many pairs each cost."""
        faults = [verdict for verdict in found.values() if isinstance(verdict, Fault) and verdict is not RESTING]
        if faults:
            log.warning(
                "source_unavailable",
                kind=self._kind.value,
                account_id=account_id,
                reasons=dict(Counter(fault.reason for fault in faults)),
                resting=self._breaker.is_open,
            )


def _shown(verdict: Verdict) -> Answer:
    return UNAVAILABLE if isinstance(verdict, Fault) else verdict
