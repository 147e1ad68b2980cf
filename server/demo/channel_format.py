"""The types of a channel's file, which content/README.md describes."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from models.enums import MemberRole, NotificationLevel
from server.demo.fields import STRICT, AgentId, Card, FileName, Text, Time


@dataclass(frozen=True, eq=False, config=STRICT)
class Message:
    """Two messages are never equal, even if they have the same text."""

    by: AgentId
    text: Text
    reply_to: str | None = None
    """The first words of an earlier message in the exchange."""
    cards: tuple[Card, ...] = ()
    """Items of one kind. The author must be able to see them."""
    files: tuple[FileName, ...] = ()
    """Files that are made for the demo: images (.png) and recordings (.wav)."""
    reactions: Mapping[str, tuple[AgentId, ...]] = Field(default_factory=dict)
    edited_to: Text | None = None
    """What the author changes the text to soon afterwards."""
    deleted: bool = False


@dataclass(frozen=True, config=STRICT)
class Exchange:
    """Messages that follow each other within minutes. The first is sent at `at`."""

    at: Time
    messages: tuple[Message, ...]

    @model_validator(mode="after")
    def _check_replies(self) -> Self:
        for number, message in enumerate(self.messages, start=1):
            if message.reply_to is not None and len(self._earlier(message, message.reply_to)) != 1:
                raise ValueError(
                    f'message {number}: "{message.reply_to}" must be the first words of exactly one earlier message'
                )
        return self

    def replied_to(self, message: Message) -> Message | None:
        """Returns the message of this exchange that the message replies to, if it is a reply."""
        return self._earlier(message, message.reply_to)[0] if message.reply_to is not None else None

    def _earlier(self, message: Message, first_words: str) -> list[Message]:
        """Returns the earlier messages with these first words."""
        earlier = self.messages[: self.messages.index(message)]
        return [each for each in earlier if each.text.startswith(first_words)]


@dataclass(frozen=True, config=STRICT)
class Join:
    type: Literal["join"]
    at: Time
    agent: AgentId


@dataclass(frozen=True, config=STRICT)
class Leave:
    type: Literal["leave"]
    at: Time
    agent: AgentId


@dataclass(frozen=True, config=STRICT)
class AddMembers:
    type: Literal["add_members"]
    at: Time
    by: AgentId
    agents: tuple[AgentId, ...]


@dataclass(frozen=True, config=STRICT)
class AddAuthors:
    """Of an announcement."""

    type: Literal["add_authors"]
    at: Time
    by: AgentId
    agents: tuple[AgentId, ...]


@dataclass(frozen=True, config=STRICT)
class ChangeRole:
    type: Literal["change_role"]
    at: Time
    by: AgentId
    agent: AgentId
    role: MemberRole


@dataclass(frozen=True, config=STRICT)
class Rename:
    type: Literal["rename"]
    at: Time
    by: AgentId
    name: str


@dataclass(frozen=True, config=STRICT)
class Archive:
    type: Literal["archive"]
    at: Time
    by: AgentId


@dataclass(frozen=True, config=STRICT)
class ChangeSettings:
    """A member's own settings of the channel. Those that are left out do not change."""

    type: Literal["change_settings"]
    at: Time
    agent: AgentId
    notification_level: NotificationLevel | None = None
    muted: bool | None = None
    favourite: bool | None = None
    personal_note: str | None = None


ChannelEvent: TypeAlias = Join | Leave | AddMembers | AddAuthors | ChangeRole | Rename | Archive | ChangeSettings
Events: TypeAlias = tuple[Annotated[ChannelEvent, Field(discriminator="type")], ...]


@dataclass(frozen=True, eq=False, config=STRICT)
class GroupChannel:
    """A channel that is not a direct message."""

    kind: Literal["PUBLIC", "PRIVATE", "ANNOUNCEMENT"]
    name: str
    description: str
    icon: str
    color: str
    created: Time
    owner: AgentId
    members: tuple[AgentId, ...] = ()
    """The members that the owner creates the channel with."""
    events: Events = ()
    exchanges: tuple[Exchange, ...] = ()


@dataclass(frozen=True, eq=False, config=STRICT)
class DirectMessage:
    kind: Literal["DIRECT"]
    created: Time
    owner: AgentId
    """The agent who opens it."""
    peer: AgentId
    events: Events = ()
    exchanges: tuple[Exchange, ...] = ()


Channel: TypeAlias = Annotated[GroupChannel | DirectMessage, Field(discriminator="kind")]
