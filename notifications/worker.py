"""The worker that sends e-mails. Any number of them can run at the same time, in any processes."""

import asyncio
import random
from collections import Counter
from collections.abc import Coroutine, Sequence
from typing import Any, NamedTuple, TypeVar

import structlog

from chat.ports import Clock
from loaders.batches import DATABASE_FAILURES
from models.database import Database
from notifications.accounts import accounts_with_due_email
from notifications.claims import claim_new
from notifications.further_attempts import claim_again
from notifications.outcomes import Outcome
from notifications.sending import SMTP_CONNECTIONS, Composer, Sender
from notifications.timing import EmailTiming
from notifications.transports import Transport

POLL_SECONDS = 3.0
"""The pause between two passes if nothing is due; jittered."""

OUTAGE_SECONDS = (5.0, 60.0)
"""The first and the longest pause while the database is not available or the mail server accepts nothing; jittered."""

GRACE_SECONDS = 5.0
"""How long a worker that is cancelled waits for the answers of the mail server to e-mails that it has begun to send."""

log = structlog.get_logger(__name__)

Result = TypeVar("Result")


class Pass(NamedTuple):
    """The result of one pass over all accounts: whether anything changed, and the outcomes of the claimed e-mails."""

    found_work: bool
    outcomes: Counter[Outcome]

    @property
    def is_outage(self) -> bool:
        """Whether e-mails were deferred and none was sent."""
        return self.outcomes[Outcome.DEFERRED] > 0 and self.outcomes[Outcome.SENT] == 0


class EmailWorker:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        transports: Sequence[Transport],
        composer: Composer,
        timing: EmailTiming,
    ) -> None:
        self._database = database
        self._clock = clock
        self._timing = timing
        self._sender = Sender(database, clock, transports, composer)
        self.outcomes: Counter[Outcome] = Counter()
        """What became of the e-mails that were claimed by `run`."""

    async def run(self) -> None:
        """Sends what is due until it is cancelled. Then it waits a few seconds for the mail server's answers to the
        e-mails that it has begun to send."""
        self._sender.stopping = False
        first, longest = OUTAGE_SECONDS
        outage_pause = first
        while True:
            done = await self._run_shielded(self._pass_or_none())
            if done is not None and not done.is_outage:
                outage_pause = first
                if not done.found_work:
                    await self._sender.close()
                    await asyncio.sleep(POLL_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 (jitter, not a secret)
                continue
            await asyncio.sleep(outage_pause * random.uniform(0.5, 1.5))  # noqa: S311 (jitter, not a secret)
            outage_pause = min(outage_pause * 2, longest)

    async def send_due(self) -> Pass:
        """Makes one claim of each kind per account and sends what it claims. Ends early if the mail server accepts
        nothing. Raises DATABASE_FAILURES."""
        found_work, outcomes = False, Counter[Outcome]()
        for account_id in await accounts_with_due_email(self._database, self._clock.now()):
            again = await claim_again(self._database, account_id, self._clock.now())
            outcomes += await self._sender.send_all(again.emails)
            new = await claim_new(self._database, account_id, self._timing, self._clock.now())
            outcomes += await self._sender.send_all(new.emails)
            found_work = found_work or again.found_work or new.found_work
            if self._sender.stopping or (outcomes[Outcome.DEFERRED] >= SMTP_CONNECTIONS and not outcomes[Outcome.SENT]):
                break
        return Pass(found_work, outcomes)

    async def _pass_or_none(self) -> Pass | None:
        """Returns None if the database is not available."""
        try:
            done = await self.send_due()
        except DATABASE_FAILURES as error:
            log.warning("emails_not_claimed", error=type(error).__name__)
            return None
        self.outcomes += done.outcomes
        if done.outcomes[Outcome.SENT]:
            log.info("emails_sent", count=done.outcomes[Outcome.SENT])
        return done

    async def _run_shielded(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Returns the result of the work. If this is cancelled meanwhile, no further e-mail is begun."""
        task = asyncio.create_task(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self._sender.stopping = True
            await asyncio.wait([task], timeout=GRACE_SECONDS)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise
