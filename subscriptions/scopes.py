"""What a stream is concerned with, whether it hears of it live or reads it later."""

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from subscriptions.feed import Fact, MentionOf, Topic


@dataclass
class Scope:
    """An agent, their account, these channels (more may come), and what mentions these agents, wherever it is."""

    agent_id: str
    channel_ids: set[UUID] = field(default_factory=set)
    mentions_of: Collection[str] = ()

    @property
    def topics(self) -> Collection[Topic]:
        return self.channel_ids | self._lasting

    def holds(self, fact: Fact) -> bool:
        lasting = self._lasting
        return any(topic in self.channel_ids or topic in lasting for topic in fact.topics)

    @property
    def _lasting(self) -> set[Topic]:
        """The topics that stay the same."""
        return {self.agent_id, None, *map(MentionOf, self.mentions_of)}
