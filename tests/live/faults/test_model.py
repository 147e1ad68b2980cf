"""Any order of posts, edits, deletions, joinings, removals, disconnections and resumptions, on two servers, against a
model of what each client was permitted: everything of it, in order, once, and nothing else."""

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

from tests.live.faults.findings import FINDINGS, Finding
from tests.live.faults.replicas import Replicas
from tests.support.api import Account, Json
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

RESIDENTS = ("ana", "bruno")
VISITORS = ("carla", "davi")
Seen = tuple[str, str | None]
"""What a client is shown of a change: its kind, and what the message says now."""


# ------------------------------------------------------------------ the model
@dataclass
class Words:
    """A message, as it is now."""

    id: str
    author: str
    body: str
    deleted: bool = False

    @property
    def shown(self) -> str:
        return "(deleted)" if self.deleted else self.body


@dataclass(frozen=True)
class Fact:
    kind: str
    words: Words | None
    readers: frozenset[str]
    streams: Collection[str]
    elsewhere: bool = False
    """In another channel, which everybody reads."""


@dataclass
class World:
    """The channel, in the order of its changes."""

    members: set[str] = field(default_factory=lambda: set(RESIDENTS))
    facts: list[Fact] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)

    def tell(self, kind: str, words: Words | None = None) -> None:
        streams = (*OF_THE_CHANNEL, SIDEBAR) if kind == "MESSAGE_ADDED" else (CHANGES,)
        self.facts.append(Fact(kind, words, frozenset(self.members), streams))

    def system(self, kind: str) -> None:
        self.tell("MESSAGE_ADDED", Words("", "", f"({kind})"))

    def post(self, words: Words) -> None:
        self.words.append(words)
        self.tell("MESSAGE_ADDED", words)

    def post_elsewhere(self, words: Words) -> None:
        everybody = frozenset((*RESIDENTS, *VISITORS))
        self.facts.append(Fact("MESSAGE_ADDED", words, everybody, (SIDEBAR,), elsewhere=True))

    def call(self, words: Words, agent_id: str) -> None:
        """A word that mentions a visitor, in a public channel that none of the clients joins."""
        self.facts.append(Fact("MESSAGE_ADDED", words, frozenset((agent_id,)), (MENTIONS,), elsewhere=True))

    def add(self, agent_id: str) -> None:
        self.members.add(agent_id)
        self.tell("MEMBERS_CHANGED")
        self.system("ADDED")

    def remove(self, agent_id: str) -> None:
        self.system("REMOVED")
        self.members.remove(agent_id)
        self.tell("MEMBERS_CHANGED")

    def permitted(self, agent_id: str, stream: str, after: int) -> list[tuple[int, Seen]]:
        """What a client of the stream gets of the facts after this many: who could read it then, and can now."""
        return [
            (place, (fact.kind, fact.words.shown if fact.words else None))
            for place, fact in enumerate(self.facts[after:], after + 1)
            if agent_id in fact.readers and (agent_id in self.members or fact.elsewhere)
            if stream in fact.streams
        ]


# ------------------------------------------------------------------ a client, real and expected
class Client:
    """What it should have seen (`expected`) beside what it saw (`seen`)."""

    def __init__(self, agent_id: str, token: str | None, stream: str, position: str, place: int) -> None:
        self.agent_id, self.stream = agent_id, stream
        self.expected: list[Seen] = []
        self.seen: list[Seen] = []
        self.expects_end = False
        self.ended_with: str | None = None
        self.connected = False
        self._token, self._position = token, position
        self._delivered = place
        """The place of the last fact that it got: where it resumes."""
        self._reached = place

    async def connect(self, url: str, channel: str, world: World) -> None:
        self.connected, self.expects_end, self.ended_with = True, False, None
        self._stack = AsyncExitStack()
        socket = await self._stack.enter_async_context(open_socket(url, self._token))
        variables = {"since": self._position} | ({"channel": channel} if self.stream in OF_THE_CHANNEL else {})
        stream = await socket.subscribe(self.stream, **variables)
        self._reader = asyncio.create_task(self._read(stream))
        self._reached = self._delivered
        self.expect(world)

    async def disconnect(self) -> None:
        self.connected = False
        self._reader.cancel()
        with suppress(asyncio.CancelledError):
            await self._reader
        await self._stack.aclose()

    def expect(self, world: World) -> None:
        """Takes over what happened since it was last asked."""
        if self.expects_end:
            return
        for place, seen in world.permitted(self.agent_id, self.stream, self._reached):
            self.expected.append(seen)
            self._delivered = place
        self._reached = len(world.facts)
        self.expects_end = self.stream in OF_THE_CHANNEL and self.agent_id not in world.members

    def __repr__(self) -> str:
        (kind,) = [name for name in ("CHANGES", "ADDED", "SIDEBAR", "MENTIONS") if globals()[name] == self.stream]
        return (
            f"<{self.agent_id} {kind} connected={self.connected} ended={self.ended_with} {self.seen} {self.expected}>"
        )

    @property
    def is_even(self) -> bool:
        return len(self.seen) >= len(self.expected) and (self.ended_with is not None) == self.expects_end

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
            self.seen.append(_seen(event))


def _seen(event: Json) -> Seen:
    kind = event.get("change", "MESSAGE_ADDED")
    message = event["message"]
    if message is None:
        return kind, None
    if message["systemEvent"] is not None:
        return kind, f"({message['systemEvent']['kind']})"
    return kind, "(deleted)" if message["deletedAt"] else message["body"]


# ------------------------------------------------------------------ the machine
class Channel(RuleBasedStateMachine):
    """Its steps run in the loop of the test; hypothesis itself, in a thread beside it."""

    loop: ClassVar[asyncio.AbstractEventLoop]
    pair: ClassVar[Replicas]
    account: ClassVar[Account]
    elsewhere: ClassVar[str]
    square: ClassVar[str]
    deliveries: ClassVar[int] = 0
    posts: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.clients: list[Client] = []
        self.names = count(1)

    def run(self, step: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(step, self.loop).result(60)

    @initialize()
    def create(self) -> None:
        self.channel = self.run(self.account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno"]))
        self.come_or_go("carla")
        for agent_id, stream in (("carla", CHANGES), ("carla", SIDEBAR), ("bruno", ADDED), ("davi", MENTIONS)):
            self.arrive(agent_id, stream, at_a=len(self.clients) % 2 == 0)

    # -------------------------------------------------------------- what agents do
    @rule(author=st.sampled_from(RESIDENTS))
    def post(self, author: str) -> None:
        body = f"message {next(self.names)}"
        id = self.run(self.account.agent(author).send(self.channel, body))
        self.world.post(Words(id, author, body))
        Channel.posts += 1

    @precondition(lambda self: any(not words.deleted for words in self.world.words))
    @rule(data=st.data())
    def edit(self, data: st.DataObject) -> None:
        words = data.draw(st.sampled_from([words for words in self.world.words if not words.deleted]))
        words.body = f"{words.body} again"
        self.run(self._mutate(words.author, "editChatMessage", "message { id }", messageId=words.id, body=words.body))
        self.world.tell("MESSAGE_UPDATED", words)

    @precondition(lambda self: any(not words.deleted for words in self.world.words))
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        words = data.draw(st.sampled_from([words for words in self.world.words if not words.deleted]))
        words.deleted = True
        self.run(self._mutate(words.author, "deleteChatMessage", "message { id }", messageId=words.id))
        self.world.tell("MESSAGE_DELETED", words)

    @rule(agent_id=st.sampled_from(VISITORS))
    def come_or_go(self, agent_id: str) -> None:
        if agent_id in self.world.members:
            self.run(
                self._mutate("ana", "removeChatMember", "channel { id }", channelId=self.channel, agentId=agent_id)
            )
            self.world.remove(agent_id)
        else:
            self.run(
                self._mutate("ana", "addChatMembers", "channel { id }", channelId=self.channel, agentIds=[agent_id])
            )
            self.world.add(agent_id)

    # -------------------------------------------------------------- what clients do
    @rule(agent_id=st.sampled_from(VISITORS))
    def call(self, agent_id: str) -> None:
        body = f"[@{agent_id.capitalize()}](mention://user/{agent_id}/{agent_id.capitalize()}) {next(self.names)}"
        self.world.call(Words(self.run(self.account.ana.send(self.square, body)), "ana", body), agent_id)

    @precondition(lambda self: len(self.clients) < 7)
    @rule(
        agent_id=st.sampled_from((*VISITORS, "bruno")),
        stream=st.sampled_from((CHANGES, ADDED, SIDEBAR, MENTIONS)),
        at_a=st.booleans(),
    )
    def arrive(self, agent_id: str, stream: str, at_a: bool) -> None:
        agent = self.account.agent(agent_id)
        position = self.run(agent.query("{ chatViewer { position } }"))["chatViewer"]["position"]
        client = Client(agent_id, agent.token, stream, position, len(self.world.facts))
        self.clients.append(client)
        self.run(client.connect(self.pair.socket_urls[not at_a], self.channel, self.world))

    @precondition(lambda self: any(client.connected for client in self.clients))
    @rule(data=st.data())
    def disconnect(self, data: st.DataObject) -> None:
        client = data.draw(st.sampled_from([client for client in self.clients if client.connected]))
        self.run(client.disconnect())

    @rule()
    def all_disconnect(self) -> None:
        """The servers keep in memory only what somebody follows: whoever resumes now reads the database."""
        for client in self.clients:
            if client.connected:
                self.run(client.disconnect())

    @precondition(lambda self: any(not client.connected for client in self.clients))
    @rule(data=st.data(), at_a=st.booleans())
    def resume(self, data: st.DataObject, at_a: bool) -> None:
        client = data.draw(st.sampled_from([client for client in self.clients if not client.connected]))
        self.run(client.connect(self.pair.socket_urls[not at_a], self.channel, self.world))

    # -------------------------------------------------------------- what must hold
    @invariant()
    def everybody_saw_what_was_permitted(self) -> None:
        if any(client.connected and client.stream == SIDEBAR for client in self.clients):
            self._wave()
        for client in self.clients:
            if client.connected:
                client.expect(self.world)
                self.run(self._even(client))
            assert client.ended_with in (None, "ACCESS_LOST"), client
            assert client.seen == client.expected, client

    def _wave(self) -> None:
        """A word elsewhere shows that a sidebar's stream has come so far: without one, who was out for a moment only
        may be told of it or not, by whether the stream looked meanwhile."""
        body = f"wave {next(self.names)}"
        self.world.post_elsewhere(Words(self.run(self.account.ana.send(self.elsewhere, body)), "ana", body))

    def teardown(self) -> None:
        """Whatever came too much is there by the time a last message is."""
        try:
            if self.clients:
                self.post("ana")
                self.everybody_saw_what_was_permitted()
        finally:
            for client in self.clients:
                Channel.deliveries += len(client.seen)
                if client.connected:
                    self.run(client.disconnect())

    async def _even(self, client: Client) -> None:
        with suppress(AssertionError):  # the comparison that follows says more
            await until(lambda: client.is_even, "what is permitted", 20)

    async def _mutate(self, who: str, mutation: str, selection: str, **input: object) -> None:
        await self.account.agent(who).mutate(mutation, selection, **input)


async def test_every_history(on_postgres: Replicas) -> None:
    Channel.loop, Channel.pair = asyncio.get_running_loop(), on_postgres
    Channel.account = await on_postgres.create_account()
    Channel.elsewhere = await Channel.account.ana.create_channel("Elsewhere", memberIds=["bruno", *VISITORS])
    Channel.square = await Channel.account.ana.create_channel("Square")
    await asyncio.to_thread(
        run_state_machine_as_test,
        Channel,
        settings=settings(
            max_examples=15,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],  # shrinking real servers' histories takes minutes
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    FINDINGS.append(
        Finding(
            "any history (hypothesis), clients come and go on two servers", Channel.posts, Channel.deliveries, 0, 0, 0
        )
    )
