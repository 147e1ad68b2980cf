"""What every write has in common: one transaction, retried if it loses a race, and wake-ups after its commit."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import update_wrapper
from typing import Concatenate, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from chat.changes import NewChange, append_changes
from chat.identity import Identity
from chat.ports import Chat, Signal, SignalKind
from models import Message
from models.enums import ChangeKind

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

ATTEMPTS = 4
# Deadlock, serialization failure, lock timeout, and unique violation. The last one means that two transactions inserted
# the same row concurrently: the second attempt finds the row that the other one wrote.
RETRIED_SQLSTATES = {"40P01", "40001", "55P03", "23505"}


class Transaction:
    """One attempt at an operation. The changes that it announces are written by its last statement, and its wake-ups
    and signals are sent after the commit."""

    def __init__(self, session: AsyncSession, identity: Identity, now: datetime) -> None:
        self.session = session
        self.identity = identity
        self.account_id = identity.account_id
        self.now = now
        self.changes: list[NewChange] = []
        self.signals: list[Signal] = []

    def announce(self, kind: ChangeKind, channel_id: UUID | None = None, agent_id: str | None = None) -> None:
        """Adds a change of a channel, a member, an agent or the account to the account's order of changes."""
        self.changes.append(NewChange(kind, channel_id=channel_id, agent_id=agent_id))

    def announce_message(self, kind: ChangeKind, message: Message) -> None:
        """Adds a change of a message to the account's order of changes."""
        self.changes.append(
            NewChange(
                kind,
                channel_id=message.channel_id,
                message_id=message.message_id,
                revision=message.revision,
                agent_id=message.author_id,
            )
        )

    def signal_devices(self, agent_id: str, channel_id: UUID) -> None:
        """Signals to the agent's other devices that their personal state in the channel changed."""
        self.signals.append(Signal(self.account_id, SignalKind.PERSONAL, (agent_id,), channel_id))


def operation(
    body: Callable[Concatenate[Transaction, Arguments], Awaitable[Result]],
) -> Callable[Concatenate[Chat, Identity, Arguments], Awaitable[Result]]:
    """Turns a function that works in a transaction into an operation: called with the chat and the caller's identity,
    it runs the function in a transaction of its own and returns its result. If the function raises (Refused,
    Denied), nothing is written."""

    async def run(chat: Chat, identity: Identity, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await _attempt(chat, identity, lambda tx: body(tx, *args, **kwargs))
            except DBAPIError as error:
                if attempt == ATTEMPTS or sqlstate(error) not in RETRIED_SQLSTATES:
                    raise
                await asyncio.sleep(random.uniform(0, 0.02 * attempt))  # noqa: S311 (jitter, not a secret)
        raise AssertionError("unreachable")

    update_wrapper(run, body)
    return run


async def _attempt(chat: Chat, identity: Identity, body: Callable[[Transaction], Awaitable[Result]]) -> Result:
    async with chat.sessions() as session, session.begin():
        tx = Transaction(session, identity, chat.clock.now())
        result = await body(tx)
        last = await append_changes(session, tx.account_id, tx.changes, tx.now) if tx.changes else None
    if last is not None:
        chat.wake_ups.changed(tx.account_id, last)
    for signal in tx.signals:
        chat.wake_ups.signal(signal)
    return result


def sqlstate(error: DBAPIError) -> str | None:
    """Returns PostgreSQL's error code; None if the connection itself failed."""
    return getattr(error.orig, "sqlstate", None)
