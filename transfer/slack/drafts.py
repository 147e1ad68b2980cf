"""What will be written of a message of Slack: one or more messages of the chat."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from models.enums import SystemEvent
from transfer.slack.archive import FoundFile
from transfer.slack.people import Person


class ReactionDraft(NamedTuple):
    emoji: str
    person: Person


@dataclass(frozen=True)
class FileDraft:
    attachment_id: UUID
    filename: str
    declared_type: str
    content: FoundFile


@dataclass(frozen=True)
class Event:
    """A change of the channel that a system message reports."""

    kind: SystemEvent
    people: tuple[Person, ...] = ()
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True)
class MessageDraft:
    """A message of a person, or with `event` a system message."""

    message_id: UUID
    place: str
    """How reports name the message."""

    sent_at: datetime
    author: Person
    body: str = ""
    event: Event | None = None
    reply_to_id: UUID | None = None
    edited_at: datetime | None = None
    is_deleted: bool = False
    pinned_at: datetime | None = None
    reactions: Sequence[ReactionDraft] = ()
    files: Sequence[FileDraft] = field(default=())

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody to whom the message's rows refer."""
        reacting = (reaction.person for reaction in self.reactions)
        return (self.author, *(self.event.people if self.event else ()), *reacting)
