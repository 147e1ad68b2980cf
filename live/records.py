"""Changes as the feed passes them to streams, and the topics that streams follow."""

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from loaders import Loaders
from models.rows import ChangeRow


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

    @cached_property
    def topics(self) -> frozenset[Topic]:
        topics: set[Topic] = set(map(MentionTopic, self.mentioned))
        if self.change.channel_id is not None:
            topics.add(self.change.channel_id)
        if self.change.agent_id is not None and self.change.message_id is None:
            topics.add(self.change.agent_id)
        if self.change.channel_id is None and self.change.agent_id is None:
            topics.add(None)
        return frozenset(topics)


@dataclass(frozen=True)
class ChangeEvent(ChangeRecord):
    """A change as it is passed to a stream, with the loaders that the streams of this process share."""

    loaders: Loaders
