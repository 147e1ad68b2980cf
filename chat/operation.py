"""What every write has in common: one transaction, retried if it loses a race, and wake-ups after its commit."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from asyncpg.exceptions import PostgresError

from chat.changes import NewChange, append_changes
from chat.identity import Identity
from chat.ports import Chat, Signal, SignalKind
from chat.reliance import AccessChanged, Reliance
from models.database import Connection, Record
from models.enums import ChangeKind
from models.rows import MessageRow
from models.statements import Statement

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

ATTEMPTS = 4
# Deadlock, serialization failure, lock timeout, and unique violation. The last one means that two transactions inserted
# the same row concurrently: the second attempt finds the row that the other one wrote.
RETRIED_SQLSTATES = {"40P01", "40001", "55P03", "23505"}


class Transaction:
    """One attempt at an operation. The changes that it announces are written by its last statement, and its wake-ups
    and signals are sent after the commit."""

    def __init__(self, connection: Connection, identity: Identity, now: datetime, email_delay: timedelta) -> None:
        self.connection = connection
        self.identity = identity
        self.account_id = identity.account_id
        self.now = now
        self.email_delay = email_delay
        self.reliance = Reliance()
        """What must not have changed when the transaction ends, so that nobody writes after losing the right to."""

        self.changes: list[NewChange] = []
        self.signals: list[Signal] = []

    async def fetch(self, statement: Statement, **parameters: object) -> Sequence[Record]:
        """Executes a statement for the account and returns its rows."""
        return await statement.fetch(self.connection, account_id=self.account_id, **parameters)

    async def fetch_row(self, statement: Statement, **parameters: object) -> Record | None:
        """Executes a statement for the account and returns its first row, if there is one."""
        rows = await self.fetch(statement, **parameters)
        return rows[0] if rows else None

    async def fetch_value(self, statement: Statement, **parameters: object) -> Any:
        """Executes a statement for the account and returns the first column of its first row; None without a row."""
        row = await self.fetch_row(statement, **parameters)
        return row[0] if row is not None else None

    def announce(self, kind: ChangeKind, channel_id: UUID | None = None, agent_ids: Sequence[str] = ()) -> None:
        """Adds a change of a channel, of members, of agents or of the account to the account's order of changes."""
        self.changes.append(NewChange(kind, channel_id=channel_id, agent_ids=agent_ids))

    def announce_message(self, kind: ChangeKind, message: MessageRow) -> None:
        """Adds a change of a message to the account's order of changes."""
        self.changes.append(NewChange(kind, message.channel_id, message.message_id, message.revision))

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
            except (PostgresError, AccessChanged) as error:
                if attempt == ATTEMPTS or not _is_lost_race(error):
                    raise
                await asyncio.sleep(random.uniform(0, 0.02 * attempt))  # noqa: S311 (jitter, not a secret)
        raise AssertionError("unreachable")

    update_wrapper(run, body)
    return run


async def _attempt(chat: Chat, identity: Identity, body: Callable[[Transaction], Awaitable[Result]]) -> Result:
    async with chat.database.transaction(identity.account_id) as connection:
        tx = Transaction(connection, identity, chat.clock.now(), chat.email_delay)
        result = await body(tx)
        last = await _append(tx) if tx.changes else None
    if last is not None:
        chat.wake_ups.changed(tx.account_id, last)
    for signal in tx.signals:
        chat.wake_ups.signal(signal)
    return result


async def _append(tx: Transaction) -> int:
    appended = await append_changes(tx.connection, tx.account_id, tx.changes)
    await tx.reliance.check(tx.connection, tx.account_id, appended.access_version)
    return appended.last


def _is_lost_race(error: PostgresError | AccessChanged) -> bool:
    return isinstance(error, AccessChanged) or error.sqlstate in RETRIED_SQLSTATES  # type: ignore[attr-defined]
