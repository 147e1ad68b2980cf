"""Which changes concern a stream, whether they arrive live or are replayed from the database."""

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from live.addresses import AddressKind, AddressTopic
from live.records import ChangeRecord, Topic


@dataclass
class Scope:
    """The changes of the account, of one agent, and of these channels, and the messages in any channel that are
    addressed to the agent in one of these ways. The set of channels may change while the stream runs."""

    agent_id: str
    channel_ids: set[UUID] = field(default_factory=set)
    address_kinds: Collection[AddressKind] = ()

    def __post_init__(self) -> None:
        self._fixed_topics: frozenset[Topic] = frozenset({self.agent_id, None})

    @property
    def topics(self) -> Collection[Topic]:
        addresses = (AddressTopic(kind, self.agent_id) for kind in self.address_kinds)
        return {*self.channel_ids, *self._fixed_topics, *addresses}

    def contains(self, record: ChangeRecord) -> bool:
        return (
            not record.topics.isdisjoint(self._fixed_topics)
            or not record.topics.isdisjoint(self.channel_ids)
            or any(record.is_addressed_to(self.agent_id, kind) for kind in self.address_kinds)
        )
