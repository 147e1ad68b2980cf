"""Who is there: the agents with a socket in this process, prolonged in the database for all processes to see."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Executable, func, select, text
from sqlmodel import col

from chat.ports import Signal, SignalKind
from loaders.batches import DATABASE_FAILURES
from models import Presence
from subscriptions.hub import Hub

CONNECTED = timedelta(seconds=60)
"""How long a connection counts after it was last prolonged: what a killed process's agents stay online for."""

PROLONG_SECONDS = 20
TICK_SECONDS = 2
ANSWER_SECONDS = 5
"""How long a statement may take; the next tick tries again."""

TOLD_AT_ONCE = 100
"""Agents to a signal: a message of PostgreSQL's holds 8,000 bytes."""

FAREWELL = timedelta(seconds=5)
"""How long an agent stays online after the last socket here closed: reloading a page is not going away. Longer than
two ticks, so that another process which still holds a socket of theirs prolongs them before that."""

log = structlog.get_logger(__name__)

Person = tuple[str, str]
"""An account, and an agent of it."""

# Returns whom a watcher may have taken for gone. A second counts as none: statements take time.
_PROLONG = text(
    """
    WITH there AS (
        SELECT agent_id FROM presences
         WHERE account_id = :account_id AND agent_id = ANY (CAST(:agent_ids AS text[]))
           AND connected_until > now() + interval '1 second'
    ), prolonged AS (
        INSERT INTO presences (account_id, agent_id, status, connected_until)
        SELECT :account_id, agent_id, 'ONLINE', now() + :connected
          FROM unnest(CAST(:agent_ids AS text[])) AS here (agent_id)
         WHERE EXISTS (
                SELECT FROM agents JOIN accounts USING (account_id)
                 WHERE account_id = :account_id AND agents.agent_id = here.agent_id
                   AND active AND chat_enabled AND role = ANY (enabled_roles)
               )
         ORDER BY agent_id
        ON CONFLICT (account_id, agent_id) DO UPDATE
           SET connected_until = GREATEST(presences.connected_until, excluded.connected_until)
        RETURNING agent_id
    )
    SELECT agent_id FROM prolonged WHERE agent_id NOT IN (SELECT agent_id FROM there)
    """
)

# Locked in the order in which they are prolonged.
_CUT = text(
    """
    UPDATE presences SET connected_until = now() + :farewell
      FROM (
            SELECT agent_id FROM presences
             WHERE account_id = :account_id AND agent_id = ANY (CAST(:agent_ids AS text[]))
               AND connected_until > now() + :farewell
             ORDER BY agent_id
               FOR UPDATE
           ) AS departed
     WHERE account_id = :account_id AND presences.agent_id = departed.agent_id
    RETURNING presences.agent_id
    """
)

# Nobody whom a process prolongs in time comes so near to the end.
_ENDING = text(
    """
    SELECT account_id, agent_id FROM presences
     WHERE account_id = ANY (CAST(:account_ids AS text[]))
       AND connected_until BETWEEN now() - CAST(:connected AS interval) AND now() + :farewell
    """
)


class Presences:
    """Counts the sockets of this process. Who comes is told at once; who ran out, by every process to its own streams,
    whichever process held the socket.

    The processes share one row for each agent. One that an agent left lets the row end soon; one that still holds a
    socket of theirs sees that in time. So nobody seems to be gone because they closed one device of two.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._sessions = hub.sessions
        self._here: Counter[Person] = Counter()
        self._arrived: set[Person] = set()
        self._departed: set[Person] = set()
        self._wake = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._keeper = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper

    @contextmanager
    def connected(self, account_id: str, agent_id: str) -> Iterator[None]:
        """The agent has a socket here for as long as this is entered."""
        person = (account_id, agent_id)
        self._here[person] += 1
        if self._here[person] == 1:
            self._departed.discard(person)
            self._arrived.add(person)
            self._wake.set()
        try:
            yield
        finally:
            self._here[person] -= 1
            if self._here[person] == 0:
                del self._here[person]
                self._arrived.discard(person)
                self._departed.add(person)
                self._wake.set()

    async def _keep(self) -> None:
        prolonged_at = 0.0
        looked_at: datetime | None = None
        loop = asyncio.get_running_loop()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self._cut(set(self._departed))
                if loop.time() - prolonged_at < PROLONG_SECONDS:
                    await self._prolong(self._arrived | await self._ending())
                else:
                    await self._prolong(set(self._here))
                    prolonged_at = loop.time()
                looked_at = await self._tell_run_out(looked_at)
            except DATABASE_FAILURES:
                log.warning("presence_not_kept")

    async def _cut(self, departed: Collection[Person]) -> None:
        for account_id, agent_ids in _by_account(departed).items():
            await self._ask(_CUT, account_id=account_id, agent_ids=agent_ids, farewell=FAREWELL)
        self._departed.difference_update(departed)

    async def _ending(self) -> set[Person]:
        """Returns who has a socket here, and will seem to be gone soon or does already: another process cut them, or
        the database was away."""
        account_ids = list({account_id for account_id, _ in self._here})
        rows = await self._ask(_ENDING, account_ids=account_ids, connected=CONNECTED, farewell=FAREWELL)
        return {tuple(row) for row in rows} & self._here.keys()

    async def _prolong(self, people: Collection[Person]) -> None:
        """Tells of those who were not there."""
        for account_id, agent_ids in _by_account(people).items():
            came = await self._ask(_PROLONG, account_id=account_id, agent_ids=agent_ids, connected=CONNECTED)
            self._tell(account_id, [row.agent_id for row in came])
        self._arrived.difference_update(people)

    def _tell(self, account_id: str, agent_ids: Sequence[str]) -> None:
        for start in range(0, len(agent_ids), TOLD_AT_ONCE):
            told = tuple(agent_ids[start : start + TOLD_AT_ONCE])
            self._hub.signal(Signal(account_id, SignalKind.PRESENCE, told))

    async def _tell_run_out(self, since: datetime | None) -> datetime | None:
        """Returns the database's present moment, up to which it has looked; None where nobody watches."""
        accounts = self._hub.signals.accounts(SignalKind.PRESENCE)
        if not accounts:
            return None
        now: datetime = (await self._ask(select(func.now())))[0][0]
        rows = await self._ask(
            select(col(Presence.account_id), col(Presence.agent_id)).where(
                col(Presence.account_id).in_(accounts),
                col(Presence.connected_until) > (since or now),
                col(Presence.connected_until) <= now,
            )
        )
        for account_id, agent_id in rows:
            self._hub.signals.tell(Signal(account_id, SignalKind.PRESENCE, (agent_id,)))
        return now

    async def _ask(self, statement: Executable, **parameters: object) -> Sequence[Any]:
        async with asyncio.timeout(ANSWER_SECONDS), self._sessions() as session:
            return (await session.execute(statement, parameters)).all()


def _by_account(people: Iterable[Person]) -> dict[str, list[str]]:
    agent_ids: dict[str, list[str]] = defaultdict(list)
    for account_id, agent_id in people:
        agent_ids[account_id].append(agent_id)
    return agent_ids
