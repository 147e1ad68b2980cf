"""The changes of one account as this process knows them: read once, and told to the streams that they concern."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from time import monotonic
from uuid import UUID

from loaders import Loaders, Reading
from models import Change

REMEMBERED = 2_000
"""Changes kept in memory per account; a stream that fell further behind reads the database."""

SHARED_SECONDS = 1.0
"""How long what one stream read for an event serves the others, if nothing else happens meanwhile."""

Topic = UUID | str | None
"""What a change is about: a channel (UUID), an agent (str), or the account itself (None)."""


@dataclass(frozen=True)
class Event:
    """A change, and whom its message mentions since this change."""

    change: Change
    mentioned: frozenset[str]
    reading: Reading

    @cached_property
    def loaders(self) -> Loaders:
        """Of all who were handed this very object by `Feed.shared`: access is asked once."""
        return Loaders(self.reading, self.change.account_id)

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
        yield from self.mentioned


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
    """Numbers are dense, so the events kept are exactly those in (floor, position]."""

    def __init__(self, account_id: str, position: int) -> None:
        self.account_id = account_id
        self.position = position
        self.wanted = position
        self._events: deque[Event] = deque(maxlen=REMEMBERED)
        self._shared: dict[int, Event] = {}
        self._shared_since = monotonic()
        self._followers: dict[Topic, set[Follower]] = defaultdict(set)

    @property
    def floor(self) -> int:
        return self.position - len(self._events)

    def advance(self, events: Sequence[Event]) -> None:
        """Takes the changes that follow `position`, in order, and wakes whom they may concern."""
        self._shared.clear()
        for event in events:
            assert event.change.change == self.position + 1, "the order of changes has no gaps"
            self._events.append(event)
            self.position = event.change.change
            for topic in event.topics:
                for follower in self._followers.get(topic, ()):
                    follower.wake(self.position)

    def between(self, cursor: int, upto: int) -> list[Event]:
        """Returns the events in (cursor, upto]; the cursor must not lie below the floor."""
        floor = self.floor
        assert cursor >= floor
        return [self._events[place] for place in range(cursor - floor, upto - floor)]

    def shared(self, event: Event) -> Event:
        """Returns the event as all streams get it that come to it now, with loaders in common. Those who come after
        the next change, or later than a second, ask anew: a message may be gone by then, or a seat; and a read that
        failed is tried again."""
        if monotonic() - self._shared_since > SHARED_SECONDS:
            self._shared.clear()
            self._shared_since = monotonic()
        return self._shared.setdefault(event.change.change, replace(event))

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
