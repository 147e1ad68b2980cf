"""Compares sent, stored and received messages: none may be lost, repeated or out of order."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.support.fault_report import FINDINGS, Finding

_STORED = text(
    """
    SELECT messages.body FROM changes JOIN messages USING (account_id, message_id)
     WHERE changes.account_id = :account_id AND changes.kind = 'MESSAGE_ADDED' AND messages.system_event IS NULL
     ORDER BY change
    """
)


async def stored_bodies(engine: AsyncEngine, account_id: str) -> list[str]:
    """Returns the bodies of all messages of agents in the account, in the order of its changes."""
    async with engine.connect() as connection:
        return list(await connection.scalars(_STORED, {"account_id": account_id}))


@dataclass
class Received:
    """The messages that one client received, with their times."""

    bodies: list[str] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)

    def record(self, body: str) -> None:
        self.bodies.append(body)
        self.moments.append(time.monotonic())


@dataclass
class SendLog:
    """The acknowledged messages with their times, and the longest time that a message took to be acknowledged."""

    acknowledged: dict[str, float] = field(default_factory=dict)
    slowest_answer: float = 0.0


def compare(fault: str, send_log: SendLog, stored: Sequence[str], clients: Sequence[Received]) -> Finding:
    """Adds a row to the report. Fails unless every client has received exactly the stored messages."""
    lost = sum((Counter(stored) - Counter(client.bodies)).total() for client in clients)
    repeated = sum((Counter(client.bodies) - Counter(set(client.bodies))).total() for client in clients)
    delays = [
        moment - send_log.acknowledged[body]
        for client in clients
        for body, moment in zip(client.bodies, client.moments, strict=True)
        if body in send_log.acknowledged
    ]
    deliveries = sum(len(client.bodies) for client in clients)
    finding = Finding(fault, len(send_log.acknowledged), deliveries, lost, repeated, max(0.0, *delays, 0.0))
    FINDINGS.append(finding)
    assert set(send_log.acknowledged) <= set(stored), "acknowledged, but not stored"
    assert len(stored) == len(set(stored)), "stored twice"
    for client in clients:
        assert client.bodies == list(stored)
    return finding
