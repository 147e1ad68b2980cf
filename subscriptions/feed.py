"""The changes of one account as this process knows them: read once, and told to the streams that they concern."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

from loaders import Loaders, Reading
from models import Change

REMEMBERED = 2_000
"""Changes kept in memory per account; a stream that fell further behind reads the database."""

SHARED_SECONDS = 1.0
"""How long what one stream read serves the others, if nothing happens meanwhile."""


@dataclass(frozen=True)
class MentionOf:
    """The topic of messages that mention this agent, wherever they are."""

    agent_id: str


Topic = UUID | str | MentionOf | None
"""What a change is about: a channel (UUID), an agent (str) themselves, whom it mentions, or the account (None)."""


@dataclass(frozen=True)
class Fact:
    """A change, and whom its message mentions since this change."""

    change: Change
    mentioned: frozenset[str]

    @property
    def channel_id(self) -> UUID:
        """The channel of a change that has one."""
        assert self.change.channel_id is not None
        return self.change.channel_id

    @property
    def topics(self) -> Iterable[Topic]:
        if self.change.channel_id is not None:
            yield self.change.channel_id
        if self.change.agent_id is not None and self.change.message_id is None:
            yield self.change.agent_id
        if self.change.channel_id is None and self.change.agent_id is None:
            yield None
        yield from map(MentionOf, self.mentioned)


@dataclass(frozen=True)
class Event(Fact):
    """A fact on its way to a stream, with the loaders that all streams of the process share at this moment."""

    loaders: Loaders


class Follower:
    """A stream's place in a feed. It holds no queue: only the first change that may concern it."""

    def __init__(self, topics: Iterable[Topic]) -> None:
        self.topics: set[Topic] = set(topics)
        self._pending: int | None = None
        self._woken = asyncio.Event()

    def wake(self, change: int) -> None:
        if self._pending is None:
            self._pending = change
            self._woken.set()

    async def first_pending(self) -> int:
        """Returns the first change that may concern the stream since it last asked; waits for one."""
        await self._woken.wait()
        self._woken.clear()
        pending, self._pending = self._pending, None
        assert pending is not None
        return pending


class Feed:
    """Numbers are dense, so the facts kept are exactly those in (floor, position]."""

    def __init__(self, reading: Reading, account_id: str, position: int) -> None:
        self.account_id = account_id
        self.position = position
        self.wanted = position
        self._facts: deque[Fact] = deque(maxlen=REMEMBERED)
        self._reading = reading
        self._loaders = Loaders(reading, account_id)
        self._loaders_since = monotonic()
        self._followers: dict[Topic, set[Follower]] = defaultdict(set)

    @property
    def floor(self) -> int:
        return self.position - len(self._facts)

    def advance(self, facts: Sequence[Fact]) -> None:
        """Takes the changes that follow `position`, in order, and wakes whom they may concern."""
        self._forget()
        for fact in facts:
            assert fact.change.change == self.position + 1, "the order of changes has no gaps"
            self._facts.append(fact)
            self.position = fact.change.change
            for topic in fact.topics:
                for follower in self._followers.get(topic, ()):
                    follower.wake(self.position)

    def between(self, cursor: int, upto: int) -> list[Fact]:
        """Returns the facts in (cursor, upto]; the cursor must not lie below the floor."""
        floor = self.floor
        assert cursor >= floor
        return [self._facts[place] for place in range(cursor - floor, upto - floor)]

    def event(self, fact: Fact) -> Event:
        """Returns the fact as streams get it now. What they read for it is read once for all of them, and for what
        else they get until the next change, or for a second: then a message may be gone, or a seat; and a read that
        failed is tried again."""
        if monotonic() - self._loaders_since > SHARED_SECONDS:
            self._forget()
        return Event(fact.change, fact.mentioned, self._loaders)

    def heard_of(self, change: int) -> None:
        """Takes note that the database is at this change: what was read before it is old, though the facts are yet to
        come."""
        if change > self.position:
            self._forget()

    def _forget(self) -> None:
        self._loaders = Loaders(self._reading, self.account_id)
        self._loaders_since = monotonic()

    def attach(self, follower: Follower) -> None:
        for topic in follower.topics:
            self._followers[topic].add(follower)

    def detach(self, follower: Follower) -> None:
        for topic in list(follower.topics):
            self.unwatch(follower, topic)

    def watch(self, follower: Follower, topic: Topic) -> None:
        """From now on changes of this topic wake the follower too."""
        follower.topics.add(topic)
        self._followers[topic].add(follower)

    def unwatch(self, follower: Follower, topic: Topic) -> None:
        follower.topics.discard(topic)
        self._followers[topic].discard(follower)
        if not self._followers[topic]:
            del self._followers[topic]
