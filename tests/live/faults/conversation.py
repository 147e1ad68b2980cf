"""A private channel on two servers, the messages sent to it, and what its clients received."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from tests.live.faults.clients import Client, Sender
from tests.live.faults.deliveries import SendLog, compare, stored_bodies
from tests.live.faults.replicas import Replicas
from tests.support.api import Account
from tests.support.fault_report import Finding

Place = Literal["a", "b", "both"]


@dataclass
class Conversation:
    pair: Replicas
    account: Account
    channel: str
    start: str
    """The position before the first message."""

    send_log: SendLog = field(default_factory=SendLog)
    clients: list[Client] = field(default_factory=list)

    def client(self, at: Place = "both", urls: Sequence[str] | None = None) -> Client:
        """Returns a client of carla that begins at the start. At `both`, it begins at server a and changes the server
        after each interruption."""
        a, b = self.pair.socket_urls
        known = {"a": [a], "b": [b], "both": [a, b]}
        client = Client(self.account.carla, urls or known[at], self.channel, self.start)
        self.clients.append(client)
        return client

    def sender(self, at: Place = "both") -> Sender:
        at_a, at_b = self.pair.both(self.account.bruno)
        callers = {"a": [at_a], "b": [at_b], "both": [at_a, at_b]}
        return Sender(callers[at], self.channel, self.send_log)

    async def check_deliveries(self, fault: str, patience: float = 15) -> Finding:
        """Waits until every client has received every message, and compares what they received with the database."""
        stored = await stored_bodies(self.pair.api.engine, self.account.account_id)
        try:
            await asyncio.gather(*(client.has_received(len(stored), patience) for client in self.clients))
        finally:
            finding = compare(fault, self.send_log, stored, [client.received for client in self.clients])
        return finding


@asynccontextmanager
async def open_conversation(pair: Replicas) -> AsyncIterator[Conversation]:
    account = await pair.create_account()
    channel = await account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno", "carla"])
    start = await account.carla.position(channel)
    conversation = Conversation(pair, account, channel, start)
    try:
        yield conversation
    finally:
        for client in conversation.clients:
            await client.stop()
