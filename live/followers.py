"""The streams of this process that follow an account's changes, by topic."""

from collections import defaultdict
from uuid import UUID

from live.addresses import AddressKind, AddressTopic
from live.records import ChangeRecord, Topic
from live.subscriber import Subscriber


class Followers:
    def __init__(self) -> None:
        self._of: dict[Topic, set[Subscriber]] = defaultdict(set)
        self._addressed: dict[AddressKind, dict[str, set[Subscriber]]] = {kind: {} for kind in AddressKind}
        """The followers of the address topics once more, by agent: a change may address thousands of agents, few of
        whom have a stream here."""

    @property
    def channels(self) -> list[UUID]:
        """The channels that are followed."""
        return [topic for topic in self._of if isinstance(topic, UUID)]

    def add(self, subscriber: Subscriber, topic: Topic) -> None:
        self._of[topic].add(subscriber)
        if isinstance(topic, AddressTopic):
            self._addressed[topic.kind][topic.agent_id] = self._of[topic]

    def remove(self, subscriber: Subscriber, topic: Topic) -> None:
        self._of[topic].discard(subscriber)
        if not self._of[topic]:
            del self._of[topic]
            if isinstance(topic, AddressTopic):
                del self._addressed[topic.kind][topic.agent_id]

    def concerned_by(self, record: ChangeRecord) -> set[Subscriber]:
        """Returns the subscribers whom the change may concern."""
        concerned = set().union(*(self._of.get(topic, ()) for topic in record.topics))
        for kind, agent_ids in record.addressees.items():
            followers = self._addressed[kind]
            # Looks up the smaller of the two in the other.
            concerned.update(*(followers[agent_id] for agent_id in followers.keys() & agent_ids))
        return concerned
