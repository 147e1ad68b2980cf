"""Calling one source module through its gateway, with a timeout and a circuit breaker. A call never raises: faults are
logged for the operator, and readers see UNAVAILABLE."""

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
from sources.observer import CallObserver, CallOutcome, Unobserved, sending
from sources.verdicts import UNAVAILABLE, AnswerTooLarge, Fault, ModuleFailed, Verdict

log = structlog.get_logger(__name__)

NO_FREE_SLOT = Fault("no free slot")
"""All slots were in use until the timeout. That is the chat's own limit, so it does not count as a failure."""

Verdicts = Mapping[Check, Verdict]


class Module:
    def __init__(
        self,
        kind: ItemKind,
        gateway: Gateway,
        seconds: float,
        breaker: Breaker,
        observer: CallObserver | None = None,
    ) -> None:
        self._kind = kind
        self._gateway = gateway
        self._seconds = seconds
        self._breaker = breaker
        self._observer = observer or Unobserved()
        self._no_answer = Fault(f"no answer within {seconds:g} s")
        self._slots = asyncio.Semaphore(MAX_CONCURRENT_CALLS)
        self._last_answer_at = -inf

    async def answer(self, account_id: str, checks: Sequence[Check]) -> dict[Check, Answer]:
        """Returns an answer for every check. All calls run concurrently with one deadline; a failed call makes only its
        own checks UNAVAILABLE. While the breaker is open, nothing is logged, because the failures that opened it
        were."""
        try:
            with self._breaker.attempt():
                found = await self._verdicts(account_id, checks)
        except BreakerOpen:
            self._observer.start(self._kind).end(CallOutcome.NOT_CALLED)
            return dict.fromkeys(checks, UNAVAILABLE)
        self._log_faults(account_id, found)
        return {check: _answer_of(found[check]) for check in checks}

    @property
    def breaker_is_open(self) -> bool:
        return self._breaker.is_open

    async def aclose(self) -> None:
        await self._gateway.aclose()

    async def _verdicts(self, account_id: str, checks: Sequence[Check]) -> dict[Check, Verdict]:
        """Counts one failure of the module if all calls failed, however many there were."""
        began = asyncio.get_running_loop().time()
        calls = self._gateway.calls(checks)
        outcomes = await asyncio.gather(*(self._observed_call(account_id, call, began) for call in calls))
        if not any(isinstance(outcome, Mapping) for outcome in outcomes) and set(outcomes) - {NO_FREE_SLOT}:
            self._breaker.failed()
        found: dict[Check, Verdict] = {}
        for call, outcome in zip(calls, outcomes, strict=True):
            found.update(dict.fromkeys(call, outcome) if isinstance(outcome, Fault) else outcome)
        return found

    async def _observed_call(self, account_id: str, checks: Sequence[Check], began: float) -> Verdicts | Fault:
        call, outcome = self._observer.start(self._kind), CallOutcome.CANCELLED
        try:
            with sending(call.headers):
                result = await self._call(account_id, checks, began)
            outcome = self._outcome_of(result)
        finally:
            call.end(outcome)
        return result

    def _outcome_of(self, result: Verdicts | Fault) -> CallOutcome:
        if not isinstance(result, Fault):
            return CallOutcome.ANSWERED
        if result is NO_FREE_SLOT:
            return CallOutcome.NO_SLOT
        return CallOutcome.TIMED_OUT if result is self._no_answer else CallOutcome.FAILED

    async def _call(self, account_id: str, checks: Sequence[Check], began: float) -> Verdicts | Fault:
        """Returns a fault if the call failed. The timeout includes the wait for a slot, which is not the module's
        fault: see `_timed_out`."""
        waited, has_slot = self._slots.locked(), False
        try:
            async with asyncio.timeout_at(began + self._seconds), self._slots:
                has_slot = True
                verdicts = await self._ask_in_parts(account_id, checks)
        except TimeoutError:
            return self._timed_out(waited, has_slot, began)
        except ModuleFailed as failure:
            return Fault(str(failure))
        self._last_answer_at = asyncio.get_running_loop().time()
        self._breaker.answered()
        return verdicts

    def _timed_out(self, waited: bool, has_slot: bool, began: float) -> Fault:
        """Returns the fault of a call that timed out. A call that had to wait for a slot left the module less than
        its full time, so it counts as a failure only if no other call was answered meanwhile. In that case it must
        count: otherwise the breaker of a busy module that hangs would never open."""
        if not has_slot or (waited and self._last_answer_at >= began):
            return NO_FREE_SLOT
        return self._no_answer

    async def _ask_in_parts(self, account_id: str, checks: Sequence[Check]) -> Verdicts:
        """Splits the checks in halves and asks again if the response is too large, within the same slot and timeout."""
        try:
            return await self._ask(account_id, checks)
        except AnswerTooLarge:
            if len(checks) == 1:
                raise
        middle = len(checks) // 2
        return {
            **await self._ask_in_parts(account_id, checks[:middle]),
            **await self._ask_in_parts(account_id, checks[middle:]),
        }

    async def _ask(self, account_id: str, checks: Sequence[Check]) -> Verdicts:
        """Turns any exception of a gateway into ModuleFailed, so that the page is served. The exception's text is
        not logged, because it might contain an item."""
        try:
            return await self._gateway.ask(account_id, self._kind, checks)
        except (ModuleFailed, TimeoutError):
            raise
        except Exception as error:
            raise ModuleFailed(f"the gateway raised {type(error).__name__}") from error

    def _log_faults(self, account_id: str, found: Verdicts) -> None:
        """Logs one line with the reasons of all faults and how many checks each affected."""
        faults = [verdict for verdict in found.values() if isinstance(verdict, Fault)]
        if faults:
            log.warning(
                "source_unavailable",
                kind=self._kind.value,
                account_id=account_id,
                reasons=dict(Counter(fault.reason for fault in faults)),
                breaker_open=self._breaker.is_open,
            )


def _answer_of(verdict: Verdict) -> Answer:
    return UNAVAILABLE if isinstance(verdict, Fault) else verdict
