"""Which changes concern a stream, whether they arrive live or are replayed from the database."""

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from live.addresses import Addressing, AddressTopic
from live.records import ChangeRecord, Topic


@dataclass
class Scope:
    """The changes of the account, of one agent, and of these channels, and the messages in any channel that are
    addressed to the agent in one of these ways. The set of channels may change while the stream runs."""

    agent_id: str
    channel_ids: set[UUID] = field(default_factory=set)
    addressings: Collection[Addressing] = ()

    def __post_init__(self) -> None:
        addresses = (AddressTopic(addressing, self.agent_id) for addressing in self.addressings)
        self._fixed_topics: frozenset[Topic] = frozenset({self.agent_id, None, *addresses})

    @property
    def topics(self) -> Collection[Topic]:
        return self.channel_ids | self._fixed_topics

    def contains(self, record: ChangeRecord) -> bool:
        return not (record.topics.isdisjoint(self._fixed_topics) and record.topics.isdisjoint(self.channel_ids))
