"""The changes of one account in this process: read once, and passed to the streams that they concern."""

from collections import deque
from collections.abc import Sequence
from itertools import islice
from time import monotonic
from uuid import UUID

from live.changes import Clock
from live.read_ahead import read_ahead
from live.records import ChangeEvent, ChangeRecord, Topic
from live.subscriber import Subscriber
from live.topic_subscribers import TopicSubscribers
from loaders import DataSources, Loaders

KEPT_CHANGES = 2_000
"""How many changes per account are kept in memory. A stream that is further behind reads the database."""

RECENT_CHANGES = 20
"""How many changes streams are expected to be behind at most, when changes arrive faster than they are delivered."""

SHARED_SECONDS = 1.0
"""How long streams share loaders if no change arrives meanwhile."""


class Feed:
    """The numbers of changes have no gaps, so the records kept are exactly those in (floor, position].

    `position` is the last change that was read. Its day is between `day` and `last_day`. `target` is the last change
    that is known to exist.
    """

    def __init__(self, data: DataSources, account_id: str, clock: Clock) -> None:
        self.account_id = account_id
        self.position, self.day, self.last_day = clock
        self.target = self.position
        self._records: deque[ChangeRecord] = deque(maxlen=KEPT_CHANGES)
        self._data = data
        self._loaders = Loaders(data, account_id)
        self._loaders_since = monotonic()
        self._events: dict[int, tuple[ChangeRecord, ChangeEvent]] = {}
        """The records that were passed to streams with the current loaders, by their identity: streams that are behind
        have records of their own."""

        self._subscribers = TopicSubscribers()

    @property
    def floor(self) -> int:
        return self.position - len(self._records)

    def followed_channels(self) -> list[UUID]:
        """Returns the channels that streams follow."""
        return self._subscribers.channels

    async def advance(self, records: Sequence[ChangeRecord]) -> None:
        """Reads ahead for the subscribers whom the changes may concern. Then appends the changes, which follow
        `position` in order, and wakes those subscribers. Meanwhile, streams that are behind use the previous
        loaders."""
        loaders, since = Loaders(self._data, self.account_id), monotonic()
        concerned_by = self._subscribers.concerned_by
        concerned = [(record, {subscriber.agent_id for subscriber in concerned_by(record)}) for record in records]
        behind = islice(self._records, max(0, len(self._records) - RECENT_CHANGES), None)
        await read_ahead(loaders, concerned, behind)
        self._share(loaders, since)
        for record in records:
            assert record.change.change == self.position + 1, "the order of changes has no gaps"
            self._records.append(record)
            self.position = record.change.change
            self.day = self.last_day = record.change.day
            for subscriber in concerned_by(record):
                subscriber.wake(self.position)

    def between(self, cursor: int, upto: int) -> list[ChangeRecord]:
        """Returns the changes in (cursor, upto]. The cursor must not be below the floor."""
        floor = self.floor
        assert cursor >= floor
        return [self._records[index] for index in range(cursor - floor, upto - floor)]

    def event(self, record: ChangeRecord) -> ChangeEvent:
        """Returns the change with the loaders that all streams share until the next change, and for a second at most:
        a change may have been committed that the feed has not read yet, and a failed read must be retried."""
        if monotonic() - self._loaders_since > SHARED_SECONDS:
            self._use_new_loaders()
        if id(record) not in self._events:
            event = ChangeEvent(record.change, record.channel_ids, record.agents, record.addressees, self._loaders)
            self._events[id(record)] = record, event
        return self._events[id(record)][1]

    def invalidate_before(self, change: int) -> None:
        """Discards the shared loaders and their cache if the database is known to be ahead of the feed."""
        if change > self.position:
            self._use_new_loaders()

    def add(self, subscriber: Subscriber) -> None:
        for topic in subscriber.topics:
            self._subscribers.add(subscriber, topic)

    def remove(self, subscriber: Subscriber) -> None:
        for topic in list(subscriber.topics):
            self.remove_topic(subscriber, topic)

    def add_topic(self, subscriber: Subscriber, topic: Topic) -> None:
        """From now on, changes that concern the topic wake the subscriber too."""
        subscriber.topics.add(topic)
        self._subscribers.add(subscriber, topic)

    def remove_topic(self, subscriber: Subscriber, topic: Topic) -> None:
        subscriber.topics.discard(topic)
        self._subscribers.remove(subscriber, topic)

    def _use_new_loaders(self) -> None:
        self._share(Loaders(self._data, self.account_id), monotonic())

    def _share(self, loaders: Loaders, since: float) -> None:
        """Lets all streams use these loaders, which have read nothing before this time."""
        self._events = {}
        self._loaders = loaders
        self._loaders_since = since
