"""The streams of this process that subscribe to an account's changes, by topic."""

from collections import defaultdict
from uuid import UUID

from live.addresses import AddressKind, AddressTopic
from live.records import ChangeRecord, Topic
from live.subscriber import Subscriber


class TopicSubscribers:
    def __init__(self) -> None:
        self._by_topic: dict[Topic, set[Subscriber]] = defaultdict(set)
        self._by_agent: dict[AddressKind, dict[str, set[Subscriber]]] = {kind: {} for kind in AddressKind}
        """The subscribers of the address topics, also indexed by agent: a change may address thousands of agents, few
        of whom have a stream here."""

    @property
    def channels(self) -> list[UUID]:
        """The channels that streams subscribe to."""
        return [topic for topic in self._by_topic if isinstance(topic, UUID)]

    def add(self, subscriber: Subscriber, topic: Topic) -> None:
        self._by_topic[topic].add(subscriber)
        if isinstance(topic, AddressTopic):
            self._by_agent[topic.kind][topic.agent_id] = self._by_topic[topic]

    def remove(self, subscriber: Subscriber, topic: Topic) -> None:
        self._by_topic[topic].discard(subscriber)
        if not self._by_topic[topic]:
            del self._by_topic[topic]
            if isinstance(topic, AddressTopic):
                del self._by_agent[topic.kind][topic.agent_id]

    def concerned_by(self, record: ChangeRecord) -> set[Subscriber]:
        """Returns the subscribers to whose topics the change belongs."""
        concerned = set().union(*(self._by_topic.get(topic, ()) for topic in record.topics))
        for kind, agent_ids in record.addressees.items():
            subscribers = self._by_agent[kind]
            # `keys() & agent_ids` would always iterate the thousands.
            smaller, larger = sorted((subscribers, agent_ids), key=len)
            concerned.update(*(subscribers[agent_id] for agent_id in smaller if agent_id in larger))
        return concerned
