"""Recording what became of claimed e-mails. Each outcome is one statement about one e-mail."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

import structlog
from sqlalchemy import ARRAY, Integer, Text

from chat.ports import Clock
from loaders.batches import DATABASE_FAILURES
from models.columns import IDENTIFIER, TIMESTAMPTZ
from models.database import Database
from models.statements import Statement, sql
from notifications.leases import ClaimedEmail

log = structlog.get_logger(__name__)

Result = TypeVar("Result")

ATTEMPTS = 10
"""After so many failed attempts, the state of an e-mail is FAILED."""

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)

DATABASE_PAUSES = (0.2, 5.0)
"""The first and the longest pause, in seconds, before a statement is executed again after a failure."""

# Contents that were read while the e-mail was sent are recorded as sent too. The e-mail is recorded as sent even if its
# lease has ended and another worker has claimed it.
_SENT = sql(
    """
    WITH sent AS (
        UPDATE emails SET state = 'SENT', sent_at = :now, last_error = NULL
         WHERE account_id = :account_id AND email_id = :email_id
    )
    UPDATE notifications
       SET email_state = CASE WHEN message_id = ANY (:message_ids) THEN 'SENT' ELSE 'TAKEN_BACK' END, email_at = :now
     WHERE account_id = :account_id AND email_id = :email_id
    """,
    account_id=Text,
    email_id=IDENTIFIER,
    message_ids=ARRAY(IDENTIFIER),
    now=TIMESTAMPTZ,
)

_TAKEN_BACK = sql(
    """
    WITH taken_back AS (
        UPDATE emails SET state = 'TAKEN_BACK'
         WHERE account_id = :account_id AND email_id = :email_id AND state = 'WAITING' AND attempts = :attempts
     RETURNING email_id
    )
    UPDATE notifications SET email_state = 'TAKEN_BACK', email_at = :now
     WHERE account_id = :account_id AND email_id = (SELECT email_id FROM taken_back) AND email_state = 'WAITING'
    """,
    account_id=Text,
    email_id=IDENTIFIER,
    attempts=Integer,
    now=TIMESTAMPTZ,
)

# `attempts` is that of the claim. An e-mail that was sent, or claimed again, meanwhile is left alone.
_FAILED = sql(
    """
    WITH failed AS (
        UPDATE emails SET state = 'FAILED', last_error = :error
         WHERE account_id = :account_id AND email_id = :email_id AND state = 'WAITING' AND attempts = :attempts
     RETURNING email_id
    )
    UPDATE notifications SET email_state = 'FAILED', email_at = :now
     WHERE account_id = :account_id AND email_id = (SELECT email_id FROM failed) AND email_state = 'WAITING'
    """,
    account_id=Text,
    email_id=IDENTIFIER,
    attempts=Integer,
    error=Text,
    now=TIMESTAMPTZ,
)

_DEFERRED = sql(
    """
    WITH deferred AS (
        UPDATE emails SET next_attempt_at = :next_attempt_at, last_error = :error
         WHERE account_id = :account_id AND email_id = :email_id AND state = 'WAITING' AND attempts = :attempts
     RETURNING email_id
    )
    UPDATE notifications SET email_at = :next_attempt_at
     WHERE account_id = :account_id AND email_id = (SELECT email_id FROM deferred) AND email_state = 'WAITING'
    """,
    account_id=Text,
    email_id=IDENTIFIER,
    attempts=Integer,
    error=Text,
    next_attempt_at=TIMESTAMPTZ,
)

_RELEASED = sql(
    """
    UPDATE emails SET attempts = attempts - 1, next_attempt_at = :now
     WHERE account_id = :account_id AND email_id = :email_id AND state = 'WAITING' AND attempts = :attempts
    """,
    account_id=Text,
    email_id=IDENTIFIER,
    attempts=Integer,
    now=TIMESTAMPTZ,
)


class Outcome(StrEnum):
    """What became of a claimed e-mail. DEFERRED: a temporary failure, after which it is tried
    again. RELEASED: it was not tried."""

    SENT = "SENT"
    TAKEN_BACK = "TAKEN_BACK"
    FAILED = "FAILED"
    DEFERRED = "DEFERRED"
    RELEASED = "RELEASED"


@dataclass(frozen=True)
class Outcomes:
    """Records outcomes. If the database is not available, tries again until it is: an e-mail that was sent must not be
    sent again."""

    database: Database
    clock: Clock

    async def sent(self, email: ClaimedEmail, message_ids: Sequence[UUID]) -> Outcome:
        """Records that the e-mail was sent with these messages. The e-mail of its other notifications is cancelled."""
        await self._execute(
            _SENT, email.account_id, email_id=email.email_id, message_ids=message_ids, now=self.clock.now()
        )
        return Outcome.SENT

    async def taken_back(self, email: ClaimedEmail) -> Outcome:
        """Records that none of the e-mail's messages may be sent any more."""
        await self._execute(_TAKEN_BACK, **email._asdict(), now=self.clock.now())
        return Outcome.TAKEN_BACK

    async def failed(self, email: ClaimedEmail, error: str) -> Outcome:
        """Records a permanent failure."""
        await self._execute(_FAILED, **email._asdict(), error=error, now=self.clock.now())
        return Outcome.FAILED

    async def deferred(self, email: ClaimedEmail, error: str) -> Outcome:
        """Records a temporary failure; after the last attempt, a permanent one."""
        if email.attempts >= ATTEMPTS:
            return await self.failed(email, error)
        next_attempt_at = self.clock.now() + pause_after(email.attempts)
        await self._execute(_DEFERRED, **email._asdict(), error=error, next_attempt_at=next_attempt_at)
        return Outcome.DEFERRED

    async def released(self, email: ClaimedEmail) -> Outcome:
        """Ends the lease of an e-mail that was not tried. Any worker can claim it immediately."""
        await self._execute(_RELEASED, **email._asdict(), now=self.clock.now())
        return Outcome.RELEASED

    async def _execute(self, statement: Statement, /, account_id: str, **parameters: object) -> None:
        async def execute() -> None:
            async with self.database.connection(account_id) as connection:
                await statement.fetch(connection, account_id=account_id, **parameters)

        await until_available(execute)


async def until_available(work: Callable[[], Awaitable[Result]]) -> Result:
    """Repeats the work until the database executes it, and returns its result."""
    pause, longest = DATABASE_PAUSES
    while True:
        try:
            return await work()
        except DATABASE_FAILURES as error:
            log.warning("email_statement_failed", error=type(error).__name__)
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 (jitter, not a secret)
            pause = min(pause * 2, longest)


def pause_after(attempts: int) -> timedelta:
    """Returns the jittered pause before the next attempt: 30 s, doubled by each failure, at most an hour."""
    pause: timedelta = min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE)
    return pause * random.uniform(0.75, 1.0)  # noqa: S311 (jitter, not a secret)
