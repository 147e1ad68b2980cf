"""Who is online: the agents who have a socket in this process, recorded in the database for all processes to see.

The processes share one row per agent, with the time until which the agent counts as connected. A process extends the
rows of the agents who have a socket here. When an agent's last socket here closes, it brings the row's expiry forward.
Another process that still has a socket of theirs notices in time and extends the row again. So an agent with two
devices stays online when one of them disconnects, and the agents of a process that was killed expire on their own."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

import structlog

from chat.ports import Signal, SignalKind, presence_signals
from live.hub import Hub
from loaders.batches import DATABASE_FAILURES
from models.database import Record
from models.statements import Statement, sql

CONNECTED = timedelta(seconds=60)
"""How long an agent counts as connected after their row was extended."""

EXTEND_SECONDS = 20
TICK_SECONDS = 2
STATEMENT_SECONDS = 5
"""How long a statement may take. After a timeout, the next tick tries again."""

DISCONNECT_GRACE = timedelta(seconds=5)
"""How long an agent stays online after their last socket here has closed, so that reloading a page does not show them
offline. Longer than two ticks, so that another process with a socket of theirs can extend the row before that."""

log = structlog.get_logger(__name__)

AgentKey = tuple[str, str]
"""The ids of an account and of one of its agents."""

# Extends only agents for whom the chat is enabled, the same rule as `Viewer.chat_enabled`. Returns the agents who were
# not online before. One who has less than a second left counts as offline, because the statement takes time.
_EXTEND = sql(
    """
    WITH online AS (
        SELECT agent_id FROM presences
         WHERE account_id = :account_id AND agent_id = ANY (CAST(:agent_ids AS text[]))
           AND connected_until > now() + interval '1 second'
    ), extended AS (
        INSERT INTO presences (account_id, agent_id, status, connected_until)
        SELECT :account_id, agent_id, 'ONLINE', now() + :connected
          FROM unnest(CAST(:agent_ids AS text[])) AS connected (agent_id)
         WHERE EXISTS (
                SELECT FROM agents JOIN accounts USING (account_id)
                 WHERE account_id = :account_id AND agents.agent_id = connected.agent_id
                   AND active AND chat_enabled AND role = ANY (enabled_roles)
               )
         ORDER BY agent_id
        ON CONFLICT (account_id, agent_id) DO UPDATE
           SET connected_until = GREATEST(presences.connected_until, excluded.connected_until)
        RETURNING agent_id
    )
    SELECT agent_id FROM extended WHERE agent_id NOT IN (SELECT agent_id FROM online)
    """
)

# Locks the rows in the same order as _EXTEND.
_SHORTEN = sql(
    """
    UPDATE presences SET connected_until = now() + :grace
      FROM (
            SELECT agent_id FROM presences
             WHERE account_id = :account_id AND agent_id = ANY (CAST(:agent_ids AS text[]))
               AND connected_until > now() + :grace
             ORDER BY agent_id
               FOR UPDATE
           ) AS disconnected
     WHERE account_id = :account_id AND presences.agent_id = disconnected.agent_id
    RETURNING presences.agent_id
    """
)

# A row that some process keeps extending never gets this close to its expiry.
_EXPIRING = sql(
    """
    SELECT account_id, agent_id FROM presences
     WHERE account_id = ANY (CAST(:account_ids AS text[]))
       AND connected_until BETWEEN now() - CAST(:connected AS interval) AND now() + :grace
    """
)


_NOW = sql("SELECT now()")

# Both an agent's connection and their status expire.
_EXPIRED = sql(
    """
    SELECT account_id, agent_id FROM presences
     WHERE account_id = ANY (:account_ids) AND connected_until > :since AND connected_until <= :until
     UNION
    SELECT account_id, agent_id FROM presences
     WHERE account_id = ANY (:account_ids) AND status_until > :since AND status_until <= :until
    """
)


class PresenceTracker:
    """Counts the sockets of this process. When an agent comes online, all processes get a signal immediately. When a
    row expires or a status ends, every process notices and signals its own streams."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._database = hub.database
        self._sockets: Counter[AgentKey] = Counter()
        self._connected: set[AgentKey] = set()
        """Agents whose first socket here was opened and who have not been recorded yet."""

        self._disconnected: set[AgentKey] = set()
        """Agents whose last socket here was closed and whose row has not been shortened yet."""

        self._wake = asyncio.Event()

    @contextmanager
    def connected(self, account_id: str, agent_id: str) -> Iterator[None]:
        """Counts the agent as having a socket here until the block ends."""
        agent = (account_id, agent_id)
        self._sockets[agent] += 1
        if self._sockets[agent] == 1:
            self._disconnected.discard(agent)
            self._connected.add(agent)
            self._wake.set()
        try:
            yield
        finally:
            self._sockets[agent] -= 1
            if self._sockets[agent] == 0:
                del self._sockets[agent]
                self._connected.discard(agent)
                self._disconnected.add(agent)
                self._wake.set()

    async def run(self) -> None:
        """Keeps the rows up to date until it is cancelled."""
        extended_at = 0.0
        checked_until: datetime | None = None
        loop = asyncio.get_running_loop()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self._shorten(set(self._disconnected))
                if loop.time() - extended_at < EXTEND_SECONDS:
                    await self._extend(self._connected | await self._expiring())
                else:
                    await self._extend(set(self._sockets))
                    extended_at = loop.time()
                checked_until = await self._deliver_expired(checked_until)
            except DATABASE_FAILURES:
                log.warning("presence_not_recorded")

    async def _shorten(self, agents: Collection[AgentKey]) -> None:
        for account_id, agent_ids in _by_account(agents).items():
            await self._execute(_SHORTEN, account_id=account_id, agent_ids=agent_ids, grace=DISCONNECT_GRACE)
        self._disconnected.difference_update(agents)

    async def _expiring(self) -> set[AgentKey]:
        """Returns the agents who have a socket here but whose row expires soon or has expired: another process
        shortened it, or the database could not be reached."""
        account_ids = list({account_id for account_id, _ in self._sockets})
        rows = await self._execute(_EXPIRING, account_ids=account_ids, connected=CONNECTED, grace=DISCONNECT_GRACE)
        return {(account_id, agent_id) for account_id, agent_id in rows} & self._sockets.keys()

    async def _extend(self, agents: Collection[AgentKey]) -> None:
        """Extends the agents' rows, and signals those who came online."""
        for account_id, agent_ids in _by_account(agents).items():
            online = await self._execute(_EXTEND, account_id=account_id, agent_ids=agent_ids, connected=CONNECTED)
            self._signal(account_id, [agent_id for (agent_id,) in online])
        self._connected.difference_update(agents)

    def _signal(self, account_id: str, agent_ids: Sequence[str]) -> None:
        for signal in presence_signals(account_id, agent_ids):
            self._hub.signal(signal)

    async def _deliver_expired(self, since: datetime | None) -> datetime | None:
        """Delivers a signal to the streams of this process for every row that has expired since then, and for every
        status that has ended. Returns the time up to which it has checked; None if no stream watches presence."""
        accounts = self._hub.signals.accounts(SignalKind.PRESENCE)
        if not accounts:
            return None
        now: datetime = (await self._execute(_NOW))[0][0]
        rows = await self._execute(_EXPIRED, account_ids=list(accounts), since=since or now, until=now)
        for account_id, agent_id in rows:
            self._hub.signals.deliver(Signal(account_id, SignalKind.PRESENCE, (agent_id,)))
        return now

    async def _execute(self, statement: Statement, **parameters: object) -> Sequence[Record]:
        async with asyncio.timeout(STATEMENT_SECONDS), self._database.connection(None) as connection:
            return await statement.fetch(connection, **parameters)


def _by_account(agents: Iterable[AgentKey]) -> dict[str, list[str]]:
    agent_ids: dict[str, list[str]] = defaultdict(list)
    for account_id, agent_id in agents:
        agent_ids[account_id].append(agent_id)
    return agent_ids
