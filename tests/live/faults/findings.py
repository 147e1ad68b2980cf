"""What was send_log, what was heard, and the oracle between them: nothing lost, nothing twice, nothing out of order."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

_STORED = text(
    """
    SELECT messages.body FROM changes JOIN messages USING (account_id, message_id)
     WHERE changes.account_id = :account_id AND changes.kind = 'MESSAGE_ADDED' AND messages.system_event IS NULL
     ORDER BY change
    """
)


async def stored_bodies(engine: AsyncEngine, account_id: str) -> list[str]:
    """Everything that agents said in the account, in the order of its changes, straight from the database."""
    async with engine.connect() as connection:
        return list(await connection.scalars(_STORED, {"account_id": account_id}))


@dataclass(frozen=True)
class Finding:
    """A line of the report."""

    fault: str
    sent: int
    deliveries: int
    lost: int
    repeated: int
    longest_delay: float


FINDINGS: list[Finding] = []
"""Of this run, printed at its end."""


@dataclass
class Received:
    """What one client was given, with the moment it came."""

    bodies: list[str] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)

    def record(self, body: str) -> None:
        self.bodies.append(body)
        self.moments.append(time.monotonic())


@dataclass
class SendLog:
    """What was acknowledged, with the moment of it, and how long each answer took."""

    acknowledged: dict[str, float] = field(default_factory=dict)
    slowest_answer: float = 0.0


def compare(fault: str, send_log: SendLog, stored: Sequence[str], clients: Sequence[Received]) -> Finding:
    """Every client must have heard exactly what is stored; who could hear less is judged by the test itself."""
    lost = sum((Counter(stored) - Counter(client.bodies)).total() for client in clients)
    repeated = sum((Counter(client.bodies) - Counter(set(client.bodies))).total() for client in clients)
    delays = [
        moment - send_log.acknowledged[body]
        for client in clients
        for body, moment in zip(client.bodies, client.moments, strict=True)
        if body in send_log.acknowledged
    ]
    heard = sum(len(client.bodies) for client in clients)
    finding = Finding(fault, len(send_log.acknowledged), heard, lost, repeated, max(0.0, *delays, 0.0))
    FINDINGS.append(finding)
    assert set(send_log.acknowledged) <= set(stored), "acknowledged, but not stored"
    assert len(stored) == len(set(stored)), "stored twice"
    for client in clients:
        assert client.bodies == list(stored)
    return finding


def report() -> list[str]:
    """The lines to print: a table that can be quoted."""
    lines = [f"{'fault':<58} {'sent':>5} {'heard':>6} {'lost':>5} {'twice':>6} {'longest delay':>14}"]
    for each in FINDINGS:
        lines.append(
            f"{each.fault:<58} {each.sent:>5} {each.deliveries:>6} {each.lost:>5} {each.repeated:>6}"
            f" {each.longest_delay * 1000:>11.0f} ms"
        )
    return lines
