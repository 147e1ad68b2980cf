"""An account whose agents have e-mail addresses, a worker, and a clock that tests can move."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from sqlalchemy import text

from notifications.claims import claim_new
from notifications.contents import Contents
from notifications.outcomes import Outcome
from notifications.timing import EmailTiming
from notifications.transports import TemporaryFailure, Transport
from notifications.worker import EmailWorker
from tests.support.api import Account, AgentClient

DELAY = timedelta(minutes=3)
"""Longer than the server lets an e-mail wait by default, and shorter than the window between two of an agent's."""


class MovableClock:
    """Begins at the present time, and stands still."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def now(self) -> datetime:
        return self.time

    def advance(self, by: timedelta) -> None:
        self.time += by


class Inbox:
    """A transport that accepts all e-mails, or raises `failure`."""

    def __init__(self) -> None:
        self.emails: list[EmailMessage] = []
        self.failure: Exception | None = None
        self.before_accepting: Callable[[], Awaitable[None]] | None = None
        self._accepts_before_it_fails = False

    def fail_temporarily(self) -> None:
        self.failure = TemporaryFailure("451 Try again")

    def accept_and_fail(self) -> None:
        """Accepts e-mails, but reports a failure, like a mail server whose answer is lost."""
        self.fail_temporarily()
        self._accepts_before_it_fails = True

    async def close(self) -> None:
        """There is no connection."""

    async def send(self, message: EmailMessage) -> None:
        await asyncio.sleep(0)
        if self.before_accepting is not None:
            await self.before_accepting()
        if self.failure is None or self._accepts_before_it_fails:
            self.emails.append(message)
        if self.failure is not None:
            raise self.failure


class PlainComposer:
    """Composes e-mails that contain what a worker passes on, without any layout."""

    def __init__(self) -> None:
        self.composed: list[Contents] = []
        self.fails_for: str | None = None

    def compose(self, contents: Contents) -> EmailMessage:
        self.composed.append(contents)
        if contents.envelope.address == self.fails_for:
            raise ValueError(f"an address: {self.fails_for}")
        message = EmailMessage()
        message["Message-ID"] = f"<{contents.envelope.email_id}@chat.test>"
        message["From"] = "chat@example.com"
        message["To"] = contents.envelope.address
        message["Subject"] = contents.envelope.channel_name or contents.envelope.peer_name
        message.set_content("\n".join(each.body or "(left out)" for each in contents.shown))
        return message


@dataclass
class Office:
    account: Account
    clock: MovableClock = field(default_factory=MovableClock)
    inbox: Inbox = field(default_factory=Inbox)
    composer: PlainComposer = field(default_factory=PlainComposer)
    timing: EmailTiming = field(default_factory=EmailTiming)

    transports: Sequence[Transport] = ()
    """By default, four connections to the inbox."""

    def worker(self) -> EmailWorker:
        transports = self.transports or [self.inbox] * 4
        return EmailWorker(self.account.api.pool, self.clock, transports, self.composer, self.timing)

    async def claim_and_die(self) -> None:
        """Claims what is due, as a worker does that is killed before it sends anything."""
        await claim_new(self.account.api.pool, self.account.account_id, self.timing, self.clock.now())

    async def work(self) -> Counter[Outcome]:
        """Sends all that is due now, as a worker would, and returns what became of the e-mails of all accounts."""
        worker, outcomes = self.worker(), Counter[Outcome]()
        while (done := await worker.send_due()).found_work:
            outcomes += done.outcomes
        return outcomes

    async def work_after(self, delay: timedelta = DELAY) -> None:
        self.clock.advance(delay)
        await self.work()

    def received(self, agent_id: str) -> list[str]:
        """Returns the texts of the e-mails to an agent, in the order in which they were sent."""
        return [email.get_content().strip() for email in self.emails_to(agent_id)]

    def emails_to(self, agent_id: str) -> list[EmailMessage]:
        return [email for email in self.inbox.emails if email["To"] == self.address(agent_id)]

    @property
    def emails(self) -> list[EmailMessage]:
        """The accepted e-mails to agents of this account."""
        return self.own(self.inbox.emails)

    def own(self, emails: Iterable[EmailMessage]) -> list[EmailMessage]:
        """Returns the e-mails to agents of this account. Workers also send those that other tests left behind."""
        return [email for email in emails if email["To"].endswith(f"@{self.account.account_id}.example")]

    def address(self, agent_id: str) -> str:
        return f"{agent_id}@{self.account.account_id}.example"

    async def states(self, agent: AgentClient) -> list[str]:
        """Returns the states of the e-mails about the agent's notifications, oldest first."""
        found = await self.rows(
            "SELECT email_state FROM notifications WHERE account_id = :account_id AND agent_id = :agent_id"
            " ORDER BY message_id",
            agent_id=agent.id,
        )
        return [state for (state,) in found]

    async def email_rows(self) -> list[tuple[str, int, datetime, str | None]]:
        """Returns state, attempts, next attempt and last error of the account's e-mails, oldest first."""
        found = await self.rows(
            "SELECT state, attempts, next_attempt_at, last_error FROM emails WHERE account_id = :account_id"
            " ORDER BY email_id"
        )
        return [(state, attempts, next_at, error) for state, attempts, next_at, error in found]

    async def rows(self, query: str, **parameters: object) -> Sequence[Any]:
        async with self.account.api.engine.connect() as connection:
            result = await connection.execute(text(query), {"account_id": self.account.account_id} | parameters)
            return result.all()

    async def execute(self, statement: str, **parameters: object) -> None:
        async with self.account.api.engine.begin() as connection:
            await connection.execute(text(statement), {"account_id": self.account.account_id} | parameters)

    async def move(self, agent_id: str, address: str) -> None:
        """Changes the agent's address."""
        await self.account.sync(agents=[{"id": agent_id, "name": agent_id.capitalize(), "email": address}])

    async def make_due(self) -> None:
        """Lets everything be due now, for processes, whose clock cannot be moved."""
        await self.execute(
            "UPDATE notifications SET email_at = now() - interval '1 second'"
            " WHERE account_id = :account_id AND email_state = 'WAITING'"
        )
        await self.execute(
            "UPDATE emails SET next_attempt_at = now() - interval '1 second'"
            " WHERE account_id = :account_id AND state = 'WAITING'"
        )


async def open_office(account: Account) -> Office:
    office = Office(account)
    await account.sync(
        agents=[
            {"id": "ana", "name": "Ana", "role": "ADMINISTRATOR", "email": office.address("ana")},
            *(
                {"id": name.lower(), "name": name, "email": office.address(name.lower())}
                for name in ("Bruno", "Carla", "Davi")
            ),
        ]
    )
    return office
