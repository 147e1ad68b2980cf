"""Random orders of messages, edits, deletions, additions, removals, disconnections and resumptions on two servers: each
client receives exactly the events that a model permits, once and in order."""

import asyncio
from collections.abc import Collection, Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.live.faults.replicas import Replicas
from tests.support.api import Account, Json
from tests.support.fault_report import FINDINGS, Finding
from tests.support.sockets import Ended, Stream, open_socket
from tests.support.waiting import until

pytestmark = pytest.mark.long

MESSAGE = "message { body deletedAt systemEvent { kind } }"
CHANGES = f"""subscription ($channel: ID!, $since: String) {{
  chatChannelChanged(channelId: $channel, since: $since) {{ change {MESSAGE} position }}
}}"""
ADDED = f"""subscription ($channel: ID!, $since: String) {{
  chatMessageAdded(channelId: $channel, since: $since) {{ {MESSAGE} position }}
}}"""
SIDEBAR = f"""subscription ($since: String) {{ chatMessageAdded(since: $since) {{ {MESSAGE} position }} }}"""
MENTIONS = f"""subscription ($since: String) {{ chatMentionAdded(since: $since) {{ {MESSAGE} position }} }}"""
OF_THE_CHANNEL = (CHANGES, ADDED)

PERMANENT_MEMBERS = ("ana", "bruno")
VISITORS = ("carla", "davi")
Received = tuple[str, str | None]
"""What a client receives of a change: its kind, and the current text of the message."""


# ------------------------------------------------------------------ the model
@dataclass
class ModelMessage:
    """A message in its current state."""

    id: str
    author: str
    body: str
    deleted: bool = False

    @property
    def shown(self) -> str:
        return "(deleted)" if self.deleted else self.body


@dataclass(frozen=True)
class ModelEvent:
    kind: str
    message: ModelMessage | None
    readers: frozenset[str]
    streams: Collection[str]
    elsewhere: bool = False
    """Whether it is in another channel, of which all agents are members."""


@dataclass
class Model:
    """The channel: its members, messages and events in order."""

    members: set[str] = field(default_factory=lambda: set(PERMANENT_MEMBERS))
    events: list[ModelEvent] = field(default_factory=list)
    messages: list[ModelMessage] = field(default_factory=list)

    def record(self, kind: str, message: ModelMessage | None = None) -> None:
        streams = (*OF_THE_CHANNEL, SIDEBAR) if kind == "MESSAGE_ADDED" else (CHANGES,)
        self.events.append(ModelEvent(kind, message, frozenset(self.members), streams))

    def system(self, kind: str) -> None:
        self.record("MESSAGE_ADDED", ModelMessage("", "", f"({kind})"))

    def post(self, message: ModelMessage) -> None:
        self.messages.append(message)
        self.record("MESSAGE_ADDED", message)

    def post_elsewhere(self, message: ModelMessage) -> None:
        everybody = frozenset((*PERMANENT_MEMBERS, *VISITORS))
        self.events.append(ModelEvent("MESSAGE_ADDED", message, everybody, (SIDEBAR,), elsewhere=True))

    def mention(self, message: ModelMessage, agent_id: str) -> None:
        """Records a message that mentions a visitor, in a public channel that no visitor joins."""
        self.events.append(ModelEvent("MESSAGE_ADDED", message, frozenset((agent_id,)), (MENTIONS,), elsewhere=True))

    def add(self, agent_id: str) -> None:
        self.members.add(agent_id)
        self.record("MEMBERS_CHANGED")
        self.system("ADDED")

    def remove(self, agent_id: str) -> None:
        self.system("REMOVED")
        self.members.remove(agent_id)
        self.record("MEMBERS_CHANGED")

    def permitted(self, agent_id: str, stream: str, after: int) -> list[tuple[int, Received]]:
        """Returns the events after the first `after` that a client of the stream receives, with their places. The
        agent could read them then and can read their channel now."""
        return [
            (place, (event.kind, event.message.shown if event.message else None))
            for place, event in enumerate(self.events[after:], after + 1)
            if agent_id in event.readers and (agent_id in self.members or event.elsewhere)
            if stream in event.streams
        ]


# ------------------------------------------------------------------ a client, real and expected
class Client:
    """A client of a stream, with the expected events and those that it has received."""

    def __init__(self, agent_id: str, token: str | None, stream: str, position: str, place: int) -> None:
        self.agent_id, self.stream = agent_id, stream
        self.expected: list[Received] = []
        self.received: list[Received] = []
        self.expects_end = False
        self.ended_with: str | None = None
        self.connected = False
        self._token, self._position = token, position
        self._delivered = place
        """The place of the last event that it received, from which it resumes."""
        self._reached = place

    async def connect(self, url: str, channel: str, model: Model) -> None:
        self.connected, self.expects_end, self.ended_with = True, False, None
        self._stack = AsyncExitStack()
        socket = await self._stack.enter_async_context(open_socket(url, self._token))
        variables = {"since": self._position} | ({"channel": channel} if self.stream in OF_THE_CHANNEL else {})
        stream = await socket.subscribe(self.stream, **variables)
        self._reader = asyncio.create_task(self._read(stream))
        self._reached = self._delivered
        self.expect(model)

    async def disconnect(self) -> None:
        self.connected = False
        self._reader.cancel()
        with suppress(asyncio.CancelledError):
            await self._reader
        await self._stack.aclose()

    def expect(self, model: Model) -> None:
        """Adds the events since the last call to the expected ones."""
        if self.expects_end:
            return
        for place, received in model.permitted(self.agent_id, self.stream, self._reached):
            self.expected.append(received)
            self._delivered = place
        self._reached = len(model.events)
        self.expects_end = self.stream in OF_THE_CHANNEL and self.agent_id not in model.members

    def __repr__(self) -> str:
        (kind,) = [name for name in ("CHANGES", "ADDED", "SIDEBAR", "MENTIONS") if globals()[name] == self.stream]
        state = f"connected={self.connected} ended={self.ended_with}"
        return f"<{self.agent_id} {kind} {state} {self.received} {self.expected}>"

    @property
    def is_complete(self) -> bool:
        return len(self.received) >= len(self.expected) and (self.ended_with is not None) == self.expects_end

    async def _read(self, stream: Stream) -> None:
        while self.ended_with is None:
            try:
                payload = await stream.next(3600)
            except Ended as ended:
                self.ended_with = f"closed with {ended.code}"
                return
            if "errors" in payload:
                self.ended_with = payload["errors"][0]["extensions"]["code"]
                return
            (event,) = payload["data"].values()
            self._position = event["position"]
            self.received.append(_received(event))


def _received(event: Json) -> Received:
    kind = event.get("change", "MESSAGE_ADDED")
    message = event["message"]
    if message is None:
        return kind, None
    if message["systemEvent"] is not None:
        return kind, f"({message['systemEvent']['kind']})"
    return kind, "(deleted)" if message["deletedAt"] else message["body"]


# ------------------------------------------------------------------ the machine
class Channel(RuleBasedStateMachine):
    """The state machine. Hypothesis runs it in a thread, and its steps run in the event loop of the test."""

    loop: ClassVar[asyncio.AbstractEventLoop]
    pair: ClassVar[Replicas]
    account: ClassVar[Account]
    elsewhere: ClassVar[str]
    public_channel: ClassVar[str]
    deliveries: ClassVar[int] = 0
    posts: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.clients: list[Client] = []
        self.names = count(1)

    def run(self, step: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(step, self.loop).result(60)

    @initialize()
    def create(self) -> None:
        self.channel = self.run(self.account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno"]))
        self.add_or_remove("carla")
        for agent_id, stream in (("carla", CHANGES), ("carla", SIDEBAR), ("bruno", ADDED), ("davi", MENTIONS)):
            self.connect(agent_id, stream, at_a=len(self.clients) % 2 == 0)

    # -------------------------------------------------------------- actions of agents
    @rule(author=st.sampled_from(PERMANENT_MEMBERS))
    def post(self, author: str) -> None:
        body = f"message {next(self.names)}"
        id = self.run(self.account.agent(author).send(self.channel, body))
        self.model.post(ModelMessage(id, author, body))
        Channel.posts += 1

    @precondition(lambda self: any(not message.deleted for message in self.model.messages))
    @rule(data=st.data())
    def edit(self, data: st.DataObject) -> None:
        message = data.draw(st.sampled_from([message for message in self.model.messages if not message.deleted]))
        message.body = f"{message.body} again"
        edit: Json = {"messageId": message.id, "body": message.body}
        self.run(self._mutate(message.author, "editChatMessage", "message { id }", **edit))
        self.model.record("MESSAGE_UPDATED", message)

    @precondition(lambda self: any(not message.deleted for message in self.model.messages))
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        message = data.draw(st.sampled_from([message for message in self.model.messages if not message.deleted]))
        message.deleted = True
        self.run(self._mutate(message.author, "deleteChatMessage", "message { id }", messageId=message.id))
        self.model.record("MESSAGE_DELETED", message)

    @rule(agent_id=st.sampled_from(VISITORS))
    def add_or_remove(self, agent_id: str) -> None:
        if agent_id in self.model.members:
            self.run(
                self._mutate("ana", "removeChatMember", "channel { id }", channelId=self.channel, agentId=agent_id)
            )
            self.model.remove(agent_id)
        else:
            self.run(
                self._mutate("ana", "addChatMembers", "channel { id }", channelId=self.channel, agentIds=[agent_id])
            )
            self.model.add(agent_id)

    @rule(agent_id=st.sampled_from(VISITORS))
    def mention(self, agent_id: str) -> None:
        body = f"[@{agent_id.capitalize()}](mention://user/{agent_id}/{agent_id.capitalize()}) {next(self.names)}"
        id = self.run(self.account.ana.send(self.public_channel, body))
        self.model.mention(ModelMessage(id, "ana", body), agent_id)

    # -------------------------------------------------------------- actions of clients
    @precondition(lambda self: len(self.clients) < 7)
    @rule(
        agent_id=st.sampled_from((*VISITORS, "bruno")),
        stream=st.sampled_from((CHANGES, ADDED, SIDEBAR, MENTIONS)),
        at_a=st.booleans(),
    )
    def connect(self, agent_id: str, stream: str, at_a: bool) -> None:
        agent = self.account.agent(agent_id)
        position = self.run(agent.query("{ chatViewer { position } }"))["chatViewer"]["position"]
        client = Client(agent_id, agent.token, stream, position, len(self.model.events))
        self.clients.append(client)
        self.run(client.connect(self.pair.socket_urls[not at_a], self.channel, self.model))

    @precondition(lambda self: any(client.connected for client in self.clients))
    @rule(data=st.data())
    def disconnect(self, data: st.DataObject) -> None:
        client = data.draw(st.sampled_from([client for client in self.clients if client.connected]))
        self.run(client.disconnect())

    @rule()
    def all_disconnect(self) -> None:
        """The servers keep changes in memory only for accounts with streams. Clients that resume after this read the
        database."""
        for client in self.clients:
            if client.connected:
                self.run(client.disconnect())

    @precondition(lambda self: any(not client.connected for client in self.clients))
    @rule(data=st.data(), at_a=st.booleans())
    def resume(self, data: st.DataObject, at_a: bool) -> None:
        client = data.draw(st.sampled_from([client for client in self.clients if not client.connected]))
        self.run(client.connect(self.pair.socket_urls[not at_a], self.channel, self.model))

    # -------------------------------------------------------------- invariants
    @invariant()
    def every_client_received_what_was_permitted(self) -> None:
        if any(client.connected and client.stream == SIDEBAR for client in self.clients):
            self._send_marker()
        for client in self.clients:
            if client.connected:
                client.expect(self.model)
                self.run(self._until_complete(client))
            assert client.ended_with in (None, "ACCESS_LOST"), client
            assert client.received == client.expected, client

    def _send_marker(self) -> None:
        """Sends a message elsewhere, to show how far a stream of all channels has come. Without it, a short absence may
        or may not be visible to the stream."""
        body = f"marker {next(self.names)}"
        self.model.post_elsewhere(ModelMessage(self.run(self.account.ana.send(self.elsewhere, body)), "ana", body))

    def teardown(self) -> None:
        """Sends a last message: events that are too many have arrived before it."""
        try:
            if self.clients:
                self.post("ana")
                self.every_client_received_what_was_permitted()
        finally:
            for client in self.clients:
                Channel.deliveries += len(client.received)
                if client.connected:
                    self.run(client.disconnect())

    async def _until_complete(self, client: Client) -> None:
        with suppress(AssertionError):  # the comparison that follows has a better message
            await until(lambda: client.is_complete, "what is permitted", 20)

    async def _mutate(self, who: str, mutation: str, selection: str, **input: object) -> None:
        await self.account.agent(who).mutate(mutation, selection, **input)


async def test_random_histories(on_postgres: Replicas) -> None:
    Channel.loop, Channel.pair = asyncio.get_running_loop(), on_postgres
    Channel.account = await on_postgres.create_account()
    Channel.elsewhere = await Channel.account.ana.create_channel("Elsewhere", memberIds=["bruno", *VISITORS])
    Channel.public_channel = await Channel.account.ana.create_channel("Square")
    await asyncio.to_thread(
        run_state_machine_as_test,
        Channel,
        settings=settings(
            max_examples=15,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],  # shrinking would take minutes
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    FINDINGS.append(
        Finding(
            "any history (hypothesis), clients come and go on two servers", Channel.posts, Channel.deliveries, 0, 0, 0
        )
    )
