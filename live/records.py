"""Changes as the feed passes them to streams, and the topics that streams follow."""

from dataclasses import dataclass, replace
from functools import cached_property
from uuid import UUID

from live.addresses import Addressees, AddressKind, AddressTopic
from loaders import Loaders
from models.enums import ChangeKind
from models.rows import ChangeRow

Topic = UUID | str | AddressTopic | None
"""What a change concerns: a channel (UUID), an agent (str), an agent to whom its message is addressed, or the whole
account (None)."""


@dataclass(frozen=True)
class ChangeRecord:
    """A change, the channels that it concerns, the agents whom it is about, and those to whom it addresses its message.

    A change of agents concerns all channels that they are members of, but only those that somebody follows are read. Of
    a change that was read for one stream, the agents are that stream's agent or nobody."""

    change: ChangeRow
    channel_ids: frozenset[UUID]
    agents: frozenset[str]
    addressees: Addressees

    @property
    def channel_id(self) -> UUID:
        """The channel of a change that concerns one channel."""
        (channel_id,) = self.channel_ids
        return channel_id

    def is_addressed_to(self, agent_id: str, kind: AddressKind) -> bool:
        """Returns whether this change addresses its message to the agent for the first time."""
        return agent_id in self.addressees.get(kind, ())

    @cached_property
    def committed_at(self) -> float:
        """The time of the change, in seconds since the epoch."""
        return self.change.created_at.timestamp()

    @cached_property
    def topics(self) -> frozenset[Topic]:
        """The topics of the change but those of its addressees, of whom there may be thousands."""
        topics: set[Topic] = {*self.agents, *self.channel_ids}
        if self.change.kind == ChangeKind.SETTINGS_CHANGED:
            topics.add(None)
        return frozenset(topics)


@dataclass(frozen=True)
class ChangeEvent(ChangeRecord):
    """A change as it is passed to a stream, with the loaders that the streams of this process share."""

    loaders: Loaders

    def in_channel(self, channel_id: UUID) -> "ChangeEvent":
        """Returns the event as it concerns this one of its channels."""
        return self if len(self.channel_ids) == 1 else replace(self, channel_ids=frozenset({channel_id}))
