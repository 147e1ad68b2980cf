"""What every write has in common: one transaction, tried again when it lost a race, told to others once committed."""

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

TRIES = 4
# Deadlock, serialization failure, lock timeout; and the unique violation of two writes that were the first at once:
# the second try finds what the other wrote.
LOST_RACES = {"40P01", "40001", "55P03", "23505"}


class Transaction:
    """One try of an operation. What it announces is written by its last statement and told after its commit."""

    def __init__(self, session: AsyncSession, identity: Identity, now: datetime) -> None:
        self.session = session
        self.identity = identity
        self.account_id = identity.account_id
        self.now = now
        self.changes: list[NewChange] = []
        self.signals: list[Signal] = []

    def announce(self, kind: ChangeKind, channel_id: UUID | None = None, agent_id: str | None = None) -> None:
        self.changes.append(NewChange(kind, channel_id=channel_id, agent_id=agent_id))

    def announce_message(self, kind: ChangeKind, message: Message) -> None:
        self.changes.append(
            NewChange(
                kind,
                channel_id=message.channel_id,
                message_id=message.message_id,
                revision=message.revision,
                agent_id=message.author_id,
            )
        )

    def tell_devices(self, agent_id: str, channel_id: UUID) -> None:
        """Lets the agent's other devices know that something personal about the channel changed."""
        self.signals.append(Signal(self.account_id, SignalKind.PERSONAL, (agent_id,), channel_id))


def operation(
    body: Callable[Concatenate[Transaction, Arguments], Awaitable[Result]],
) -> Callable[Concatenate[Chat, Identity, Arguments], Awaitable[Result]]:
    """Makes an operation of its body: called with the chat and who asks, it returns what the body returned, and
    raises Refused or Denied with nothing written."""

    async def run(chat: Chat, identity: Identity, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        for attempt in range(1, TRIES + 1):
            try:
                return await _once(chat, identity, lambda tx: body(tx, *args, **kwargs))
            except DBAPIError as error:
                if attempt == TRIES or sqlstate(error) not in LOST_RACES:
                    raise
                await asyncio.sleep(random.uniform(0, 0.02 * attempt))  # noqa: S311 (jitter, not a secret)
        raise AssertionError("unreachable")

    update_wrapper(run, body)
    return run


async def _once(chat: Chat, identity: Identity, body: Callable[[Transaction], Awaitable[Result]]) -> Result:
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
    """Returns PostgreSQL's code of the error, None when the connection itself failed."""
    return getattr(error.orig, "sqlstate", None)
