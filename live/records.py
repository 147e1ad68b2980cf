"""Changes as the feed passes them to streams, and the topics that streams follow."""

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from loaders import Loaders
from models.enums import ChangeKind
from models.rows import ChangeRow


@dataclass(frozen=True)
class MentionTopic:
    """The topic of messages that mention this agent, in any channel."""

    agent_id: str


Topic = UUID | str | MentionTopic | None
"""What a change concerns: a channel (UUID), an agent (str), an agent whom it mentions, or the whole account (None)."""


@dataclass(frozen=True)
class ChangeRecord:
    """A change, the agents whom it is about, and those whom its message mentions for the first time. A change that was
    read for one stream is only about that stream's agent, or about nobody."""

    change: ChangeRow
    agents: frozenset[str]
    mentioned: frozenset[str]

    @property
    def channel_id(self) -> UUID:
        """The channel of a change that has one."""
        assert self.change.channel_id is not None
        return self.change.channel_id

    @cached_property
    def topics(self) -> frozenset[Topic]:
        topics: set[Topic] = {*map(MentionTopic, self.mentioned), *self.agents}
        if self.change.channel_id is not None:
            topics.add(self.change.channel_id)
        if self.change.kind == ChangeKind.SETTINGS_CHANGED:
            topics.add(None)
        return frozenset(topics)


@dataclass(frozen=True)
class ChangeEvent(ChangeRecord):
    """A change as it is passed to a stream, with the loaders that the streams of this process share."""

    loaders: Loaders
