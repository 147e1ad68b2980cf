"""The changes of one account in this process: read once, and passed to the streams that they concern."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

from loaders import DataSources, Loaders
from models.rows import ChangeRow

KEPT_CHANGES = 2_000
"""How many changes per account are kept in memory. A stream that is further behind reads the database."""

SHARED_SECONDS = 1.0
"""How long streams share loaders if no change arrives meanwhile."""


@dataclass(frozen=True)
class MentionTopic:
    """The topic of messages that mention this agent, in any channel."""

    agent_id: str


Topic = UUID | str | MentionTopic | None
"""What a change concerns: a channel (UUID), an agent (str), an agent whom it mentions, or the whole account (None)."""


@dataclass(frozen=True)
class ChangeRecord:
    """A change, and the agents whom its message mentions for the first time."""

    change: ChangeRow
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
        yield from map(MentionTopic, self.mentioned)


@dataclass(frozen=True)
class Event(ChangeRecord):
    """A change as it is passed to a stream, with the loaders that the streams of this process share."""

    loaders: Loaders


class Subscriber:
    """A stream's registration with a feed. It holds no queue, only the number of the first change that may concern the
    stream."""

    def __init__(self, topics: Iterable[Topic]) -> None:
        self.topics: set[Topic] = set(topics)
        self._pending: int | None = None
        self._woken = asyncio.Event()

    def wake(self, change: int) -> None:
        if self._pending is None:
            self._pending = change
            self._woken.set()

    async def first_pending(self) -> int:
        """Waits for a change that may concern the stream, and returns the first one since the last call."""
        await self._woken.wait()
        self._woken.clear()
        pending, self._pending = self._pending, None
        assert pending is not None
        return pending


class Feed:
    """The numbers of changes have no gaps, so the records kept are exactly those in (floor, position].

    `position` is the last change that was read, `target` the last one that is known to exist.
    """

    def __init__(self, data: DataSources, account_id: str, position: int) -> None:
        self.account_id = account_id
        self.position = position
        self.target = position
        self._records: deque[ChangeRecord] = deque(maxlen=KEPT_CHANGES)
        self._data = data
        self._loaders = Loaders(data, account_id)
        self._loaders_since = monotonic()
        self._subscribers: dict[Topic, set[Subscriber]] = defaultdict(set)

    @property
    def floor(self) -> int:
        return self.position - len(self._records)

    def advance(self, records: Sequence[ChangeRecord]) -> None:
        """Appends the changes that follow `position`, in order, and wakes the subscribers whom they may concern."""
        self._reset_loaders()
        for record in records:
            assert record.change.change == self.position + 1, "the order of changes has no gaps"
            self._records.append(record)
            self.position = record.change.change
            for topic in record.topics:
                for subscriber in self._subscribers.get(topic, ()):
                    subscriber.wake(self.position)

    def between(self, cursor: int, upto: int) -> list[ChangeRecord]:
        """Returns the changes in (cursor, upto]. The cursor must not be below the floor."""
        floor = self.floor
        assert cursor >= floor
        return [self._records[index] for index in range(cursor - floor, upto - floor)]

    def event(self, record: ChangeRecord) -> Event:
        """Returns the change with the loaders that all streams share until the next change, and for a second at most:
        a change may have been committed that the feed has not read yet, and a failed read must be retried."""
        if monotonic() - self._loaders_since > SHARED_SECONDS:
            self._reset_loaders()
        return Event(record.change, record.mentioned, self._loaders)

    def invalidate_before(self, change: int) -> None:
        """Discards the shared loaders and their cache if the database is known to be ahead of the feed."""
        if change > self.position:
            self._reset_loaders()

    def add(self, subscriber: Subscriber) -> None:
        for topic in subscriber.topics:
            self._subscribers[topic].add(subscriber)

    def remove(self, subscriber: Subscriber) -> None:
        for topic in list(subscriber.topics):
            self.remove_topic(subscriber, topic)

    def add_topic(self, subscriber: Subscriber, topic: Topic) -> None:
        """From now on, changes that concern the topic wake the subscriber too."""
        subscriber.topics.add(topic)
        self._subscribers[topic].add(subscriber)

    def remove_topic(self, subscriber: Subscriber, topic: Topic) -> None:
        subscriber.topics.discard(topic)
        self._subscribers[topic].discard(subscriber)
        if not self._subscribers[topic]:
            del self._subscribers[topic]

    def _reset_loaders(self) -> None:
        self._loaders = Loaders(self._data, self.account_id)
        self._loaders_since = monotonic()
