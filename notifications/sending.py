"""Sending claimed e-mails and recording what became of them.

No transaction is open and no connection is held while an e-mail is sent: a slow mail server delays e-mails and nothing
else. An e-mail is recorded as sent as soon as the mail server has accepted it. It is sent twice only if its acceptance
is not recorded: the server's reply is lost, or the process or the lease ends first. The Message-ID is then the same.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from email.message import EmailMessage
from typing import Protocol
from uuid import UUID

import structlog

from chat.ports import Clock
from models.database import Database
from notifications.contents import Contents, read_contents
from notifications.leases import LEASE, ClaimedEmail
from notifications.outcomes import Outcome, Outcomes, until_available
from notifications.transports import PermanentFailure, TemporaryFailure, Transport

SMTP_CONNECTIONS = 4
"""How many e-mails are sent at the same time: the number of transports."""

CHUNK = 8
"""How many e-mails have their contents read together, immediately before they are sent."""

SEND_SECONDS = 60.0
"""How long sending one e-mail may take. After that, it counts as a temporary failure."""

NEEDED_LEASE = timedelta(seconds=SEND_SECONDS * CHUNK / SMTP_CONNECTIONS)
"""How much of its lease an e-mail must have left when its chunk begins: the longest time that a chunk takes."""

ERROR_LENGTH = 200

log = structlog.get_logger(__name__)


class Composer(Protocol):
    def compose(self, contents: Contents) -> EmailMessage:
        """Returns the e-mail. Its Message-ID is derived from the e-mail's id. Called in a thread."""


class Sender:
    """Sends e-mails, one at a time with each transport. When `stopping` is set, it begins no further e-mail."""

    def __init__(self, database: Database, clock: Clock, transports: Sequence[Transport], composer: Composer) -> None:
        self.stopping = False
        self._database = database
        self._clock = clock
        self._transports = transports
        self._idle = list(transports)
        self._composer = composer
        self._outcomes = Outcomes(database, clock)
        self._failures: Counter[tuple[Outcome, str]] = Counter()

    async def send_all(self, emails: Sequence[ClaimedEmail]) -> Counter[Outcome]:
        """Sends claimed e-mails of one account and returns what became of them. Releases those that it cannot send
        before their lease ends and, once all so far have been deferred, the rest."""
        outcomes: Counter[Outcome] = Counter()
        lease_end = self._clock.now() + LEASE
        for start in range(0, len(emails), CHUNK):
            chunk = emails[start : start + CHUNK]
            contents = await self._read_contents(chunk)
            is_late = self._clock.now() + NEEDED_LEASE > lease_end
            if self.stopping or is_late or outcomes.keys() == {Outcome.DEFERRED}:
                outcomes.update([await self._outcomes.released(email) for email in emails[start:]])
                break
            outcomes.update(await self._send_chunk(chunk, contents))
        self._log_failures()
        return outcomes

    async def close(self) -> None:
        """Ends the connections to the mail server. They are opened again when they are needed."""
        for transport in self._transports:
            await transport.close()

    async def _read_contents(self, emails: Sequence[ClaimedEmail]) -> Mapping[UUID, Contents]:
        """Waits for the database if it is not available."""
        account_id, email_ids = emails[0].account_id, [email.email_id for email in emails]
        return await until_available(lambda: read_contents(self._database, account_id, email_ids))

    async def _send_chunk(self, emails: Sequence[ClaimedEmail], contents: Mapping[UUID, Contents]) -> Sequence[Outcome]:
        turns = asyncio.Semaphore(len(self._transports))

        async def send(email: ClaimedEmail) -> Outcome:
            async with turns:
                transport = self._idle.pop()
                try:
                    return await self._send(email, contents.get(email.email_id), transport)
                finally:
                    self._idle.append(transport)

        return await asyncio.gather(*map(send, emails))

    async def _send(self, email: ClaimedEmail, contents: Contents | None, transport: Transport) -> Outcome:
        if contents is None:
            return await self._outcomes.taken_back(email)
        if self.stopping:
            return await self._outcomes.released(email)
        try:
            await self._transmit(contents, transport)
        except PermanentFailure as error:
            return self._count_failure(await self._outcomes.failed(email, description(error)), description(error))
        except (TemporaryFailure, TimeoutError) as error:
            return self._count_failure(await self._outcomes.deferred(email, description(error)), description(error))
        return await self._outcomes.sent(email, contents.message_ids)

    async def _transmit(self, contents: Contents, transport: Transport) -> None:
        """Raises PermanentFailure, TemporaryFailure or TimeoutError. Of other exceptions, only the type is reported,
        because their texts may quote contents and addresses."""
        try:
            message = await asyncio.to_thread(self._composer.compose, contents)
        except Exception as error:
            raise PermanentFailure(f"The e-mail could not be composed: {type(error).__name__}") from None
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await transport.send(message)
        except (PermanentFailure, TemporaryFailure, TimeoutError):
            raise
        except Exception as error:
            raise TemporaryFailure(f"The e-mail could not be sent: {type(error).__name__}") from None

    def _count_failure(self, outcome: Outcome, error: str) -> Outcome:
        self._failures[outcome, error] += 1
        return outcome

    def _log_failures(self) -> None:
        """Logs one line for each kind of failure."""
        for (outcome, error), count in self._failures.items():
            log.warning("emails_failed", outcome=outcome, error=error, count=count)
        self._failures.clear()


def description(error: Exception) -> str:
    """Returns the error for the log and for operators, without addresses, which mail servers quote."""
    text = str(error) or "The mail server did not answer in time"
    return re.sub(r"\S*@\S*", "…", " ".join(text.split()))[:ERROR_LENGTH]
