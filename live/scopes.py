"""Which changes concern a stream, whether they arrive live or are replayed from the database."""

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from live.records import ChangeRecord, MentionTopic, Topic


@dataclass
class Scope:
    """The changes of the account, of one agent, and of these channels, and the messages in any channel that mention one
    of `mentions_of`. The set of channels may change while the stream runs."""

    agent_id: str
    channel_ids: set[UUID] = field(default_factory=set)
    mentions_of: Collection[str] = ()

    def __post_init__(self) -> None:
        self._fixed_topics: frozenset[Topic] = frozenset({self.agent_id, None, *map(MentionTopic, self.mentions_of)})

    @property
    def topics(self) -> Collection[Topic]:
        return self.channel_ids | self._fixed_topics

    def contains(self, record: ChangeRecord) -> bool:
        return not (record.topics.isdisjoint(self._fixed_topics) and record.topics.isdisjoint(self.channel_ids))
