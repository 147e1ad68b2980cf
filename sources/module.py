"""One source module behind its gateway: asked within its time, left alone while it is down, and never a reason for the
chat to fail. What a module does wrong is told to the operator here, and its readers see UNAVAILABLE."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from math import inf

import structlog

from chat.cards import Answer, Check
from models.enums import ItemKind
from sources.breaker import Breaker, BreakerOpen
from sources.endpoint import MAX_CONCURRENT_CALLS
from sources.gateway import Gateway
from sources.verdicts import UNAVAILABLE, AnswerTooLarge, Fault, ModuleFailed, Verdict

log = structlog.get_logger(__name__)

NO_FREE_SLOT = Fault("no free place")
"""All places were taken until it was too late: our own limit, of which the module knows nothing."""

Verdicts = Mapping[Check, Verdict]


class Module:
    def __init__(self, kind: ItemKind, gateway: Gateway, seconds: float, breaker: Breaker) -> None:
        self._kind = kind
        self._gateway = gateway
        self._seconds = seconds
        self._breaker = breaker
        self._places = asyncio.Semaphore(MAX_CONCURRENT_CALLS)
        self._heard_at = -inf

    async def answer(self, account_id: str, checks: Sequence[Check]) -> dict[Check, Answer]:
        """All calls run at once under one deadline; the ones that fail cost their own pairs only. While the module is
        left alone nothing more is logged: the failures before said why."""
        try:
            with self._breaker.turn():
                found = await self._verdicts(account_id, checks)
        except BreakerOpen:
            return dict.fromkeys(checks, UNAVAILABLE)
        self._tell(account_id, found)
        return {check: _shown(found[check]) for check in checks}

    async def aclose(self) -> None:
        await self._gateway.aclose()

    async def _verdicts(self, account_id: str, checks: Sequence[Check]) -> dict[Check, Verdict]:
        """However many calls fail, they are one failure of the module, and none if another of them was answered."""
        began = asyncio.get_running_loop().time()
        calls = self._gateway.calls(checks)
        outcomes = await asyncio.gather(*(self._call(account_id, call, began) for call in calls))
        if not any(isinstance(outcome, Mapping) for outcome in outcomes) and set(outcomes) - {NO_FREE_SLOT}:
            self._breaker.failed()
        found: dict[Check, Verdict] = {}
        for call, outcome in zip(calls, outcomes, strict=True):
            found.update(dict.fromkeys(call, outcome) if isinstance(outcome, Fault) else outcome)
        return found

    async def _call(self, account_id: str, checks: Sequence[Check], began: float) -> Verdicts | Fault:
        """Returns a fault where the call brought nothing. Its time runs from when the reader began to wait, so what it
        waits for a place is not the module's: see `_timed_out`."""
        waits, placed = self._places.locked(), False
        try:
            async with asyncio.timeout_at(began + self._seconds), self._places:
                placed = True
                verdicts = await self._asked(account_id, checks)
        except TimeoutError:
            return self._timed_out(waits, placed, began)
        except ModuleFailed as failure:
            return Fault(str(failure))
        self._heard_at = asyncio.get_running_loop().time()
        self._breaker.answered()
        return verdicts

    def _timed_out(self, waits: bool, placed: bool, began: float) -> Fault:
        """A call that had to wait had less than the module's time. It tells against the module only if nobody at all
        was answered meanwhile: or else a module that hangs would never rest while it is asked a lot."""
        if not placed or (waits and self._heard_at >= began):
            return NO_FREE_SLOT
        return Fault(f"no answer within {self._seconds:g} s")

    async def _asked(self, account_id: str, checks: Sequence[Check]) -> Verdicts:
        """Asks again in halves, in the same place and time, where the answer about all is too large."""
        try:
            return await self._ask(account_id, checks)
        except AnswerTooLarge:
            if len(checks) == 1:
                raise
        middle = len(checks) // 2
        return {
            **await self._asked(account_id, checks[:middle]),
            **await self._asked(account_id, checks[middle:]),
        }

    async def _ask(self, account_id: str, checks: Sequence[Check]) -> Verdicts:
        """A mistake of ours in a gateway is the module's failure too: a page is served whatever happens here. Its text
        stays unlogged, because it might quote an item."""
        try:
            return await self._gateway.ask(account_id, self._kind, checks)
        except (ModuleFailed, TimeoutError):
            raise
        except Exception as error:
            raise ModuleFailed(f"asking it failed ({type(error).__name__})") from error

    def _tell(self, account_id: str, found: Verdicts) -> None:
        """One line for all that went wrong, with the reasons and how many pairs each cost."""
        faults = [verdict for verdict in found.values() if isinstance(verdict, Fault)]
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
