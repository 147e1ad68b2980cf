"""Who is there: the agents with a socket in this process, prolonged in the database for all processes to see."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select, text
from sqlmodel import col

from chat.ports import Signal, SignalKind
from models import Presence
from subscriptions.hub import DATABASE_FAILURES, Hub

CONNECTED_SECONDS = 60
"""How long a connection counts after it was last prolonged: what a killed process's agents stay online for."""

PROLONG_SECONDS = 20
TICK_SECONDS = 2
TOLD_AT_ONCE = 100
"""Agents to a signal: a message of PostgreSQL's holds 8,000 bytes."""

FAREWELL_SECONDS = 5
"""How long an agent stays online after the last socket here closed: reloading a page is not going away."""

log = structlog.get_logger(__name__)

_PROLONG = text(
    """
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
    """
)

_CUT = text(
    """
    UPDATE presences SET connected_until = LEAST(connected_until, now() + :farewell)
     WHERE account_id = :account_id AND agent_id = :agent_id
    """
)


class Presences:
    """Counts the sockets of this process. Who arrives is told at once; who ran out, by every process to its own
    streams, whichever process held the socket."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._sessions = hub.sessions
        self._here: dict[str, Counter[str]] = defaultdict(Counter)
        self._news: set[tuple[str, str]] = set()
        self._gone: set[tuple[str, str]] = set()
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
        here = self._here[account_id]
        here[agent_id] += 1
        if here[agent_id] == 1:
            self._gone.discard((account_id, agent_id))
            self._news.add((account_id, agent_id))
            self._wake.set()
        try:
            yield
        finally:
            here[agent_id] -= 1
            if here[agent_id] == 0:
                del here[agent_id]
                self._news.discard((account_id, agent_id))
                self._gone.add((account_id, agent_id))
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
                await self._tell_arrivals()
                await self._cut_departed()
                if loop.time() - prolonged_at >= PROLONG_SECONDS:
                    await self._prolong({account_id: list(agents) for account_id, agents in self._here.items()})
                    prolonged_at = loop.time()
                looked_at = await self._tell_run_out(looked_at)
            except DATABASE_FAILURES:
                log.warning("presence_not_kept")

    async def _tell_arrivals(self) -> None:
        news, self._news = self._news, set()
        arrivals: dict[str, list[str]] = defaultdict(list)
        for account_id, agent_id in news:
            arrivals[account_id].append(agent_id)
        await self._prolong(arrivals)
        for account_id, agent_ids in arrivals.items():
            for start in range(0, len(agent_ids), TOLD_AT_ONCE):
                told = tuple(agent_ids[start : start + TOLD_AT_ONCE])
                self._hub.signal(Signal(account_id, SignalKind.PRESENCE, told))

    async def _prolong(self, agents: dict[str, list[str]]) -> None:
        async with self._sessions() as session:
            for account_id, agent_ids in agents.items():
                if agent_ids:
                    connected = timedelta(seconds=CONNECTED_SECONDS)
                    await session.execute(
                        _PROLONG, {"account_id": account_id, "agent_ids": agent_ids, "connected": connected}
                    )

    async def _cut_departed(self) -> None:
        gone, self._gone = self._gone, set()
        async with self._sessions() as session:
            for account_id, agent_id in sorted(gone):
                farewell = timedelta(seconds=FAREWELL_SECONDS)
                await session.execute(_CUT, {"account_id": account_id, "agent_id": agent_id, "farewell": farewell})

    async def _tell_run_out(self, since: datetime | None) -> datetime | None:
        """Returns the database's present moment, up to which it has looked; None where nobody watches."""
        accounts = self._hub.signals.accounts(SignalKind.PRESENCE)
        if not accounts:
            return None
        async with self._sessions() as session:
            now: datetime = (await session.scalars(select(func.now()))).one()
            rows = await session.execute(
                select(col(Presence.account_id), col(Presence.agent_id)).where(
                    col(Presence.account_id).in_(accounts),
                    col(Presence.connected_until) > (since or now),
                    col(Presence.connected_until) <= now,
                )
            )
        for account_id, agent_id in rows:
            self._hub.signals.tell(Signal(account_id, SignalKind.PRESENCE, (agent_id,)))
        return now
