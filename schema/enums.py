"""The closed vocabularies, as clients see them."""

from enum import Enum
from typing import TypeVar

import strawberry

from chat.errors import RefusalCode
from models.enums import (
    AgentRole,
    CardPreview,
    ChannelKind,
    Creators,
    MemberRole,
    MentionTarget,
    NotificationLevel,
    PresenceStatus,
    SendKey,
    SystemEvent,
)

AnyEnum = TypeVar("AnyEnum", bound=Enum)


def publish(enum: type[AnyEnum], name: str, description: str, values: dict[AnyEnum, str]) -> None:
    """Gives the enum its GraphQL name, and every value of it a description."""
    strawberry.enum(enum, name=name, description=description)
    for value in enum.__strawberry_definition__.values:  # type: ignore[attr-defined]
        value.description = values[enum(value.value)]


publish(
    AgentRole,
    "ChatAgentRole",
    "What an agent is in the account, as the platform's directory tells.",
    {
        AgentRole.AGENT: "Works with customers and chats with colleagues.",
        AgentRole.ADMINISTRATOR: "Also manages the account, the chat's settings and its channels.",
    },
)
publish(
    SendKey,
    "ChatSendKey",
    "Which key sends a message in the viewer's editor.",
    {
        SendKey.ENTER: "Enter sends; Shift+Enter starts a new line.",
        SendKey.MOD_ENTER: "Ctrl+Enter (on a Mac: Cmd+Enter) sends; Enter starts a new line.",
    },
)
publish(
    PresenceStatus,
    "ChatPresence",
    "Whether an agent is there.",
    {
        PresenceStatus.ONLINE: "Has the chat open.",
        PresenceStatus.BUSY: "Has the chat open and asks not to be disturbed.",
        PresenceStatus.OFFLINE: "Has it not open, or chose not to be seen.",
    },
)
publish(
    ChannelKind,
    "ChatChannelKind",
    "Who finds, reads and posts in a channel.",
    {
        ChannelKind.PUBLIC: "Any agent finds, reads and joins it; its members post.",
        ChannelKind.PRIVATE: "By invitation; to anybody else it does not exist.",
        ChannelKind.ANNOUNCEMENT: "Every agent is a member; its authors post.",
        ChannelKind.DIRECT: "Between exactly two agents, readable by nobody else.",
    },
)
publish(
    MemberRole,
    "ChatRole",
    "What a member may do in a channel.",
    {
        MemberRole.OWNER: "Everything, and grants and takes ownership. A channel with members always has an owner.",
        MemberRole.ADMIN: "Changes the channel and manages its members, except owners.",
        MemberRole.MEMBER: "Talks.",
    },
)
publish(
    NotificationLevel,
    "ChatNotificationLevel",
    "Which messages of a channel ring for a member. Unread counts are kept at every level.",
    {
        NotificationLevel.EVERYTHING: "Every message.",
        NotificationLevel.MENTIONS: "Only those that mention the member.",
        NotificationLevel.NOTHING: "None.",
    },
)
publish(
    Creators,
    "ChatCreators",
    "Who may create channels of a kind.",
    {
        Creators.EVERYONE: "Every agent.",
        Creators.CHANNEL_MANAGERS: "Owners and admins of some channel, and administrators of the account.",
        Creators.ADMINISTRATORS: "Administrators of the account.",
    },
)
publish(
    CardPreview,
    "ChatCardPreview",
    "Who sees the title of an item that was shared in a channel.",
    {
        CardPreview.WITH_ACCESS: "Only readers who may open the item in its own module.",
        CardPreview.CHANNEL: "Everybody in the channel sees the title and summary as they stood when it was shared.",
    },
)
publish(
    SystemEvent,
    "ChatSystemEventKind",
    "What a message written by the chat itself tells. Its author is who did it.",
    {
        SystemEvent.CREATED: "Created the channel; `after` is its name.",
        SystemEvent.JOINED: "Joined the public channel.",
        SystemEvent.LEFT: "Left the channel.",
        SystemEvent.ADDED: "Added `agents`.",
        SystemEvent.REMOVED: "Removed `agents`.",
        SystemEvent.ADMINISTRATOR_JOINED: "An administrator of the account added himself.",
        SystemEvent.ROLE_CHANGED: "Gave `agents` another role: `before` and `after` are values of ChatRole.",
        SystemEvent.RENAMED: "Renamed the channel from `before` to `after`.",
        SystemEvent.DESCRIBED: "Changed the description from `before` to `after` (null: none).",
        SystemEvent.KIND_CHANGED: "Changed who finds the channel: `before` and `after` are values of ChatChannelKind.",
        SystemEvent.ARCHIVED: "Archived the channel.",
        SystemEvent.UNARCHIVED: "Opened the archived channel again.",
        SystemEvent.PINNED: "Pinned a message.",
    },
)
publish(
    MentionTarget,
    "ChatMentionTarget",
    "Whom a mention names.",
    {
        MentionTarget.AGENT: "One agent: mention://user/<id>/<name>.",
        MentionTarget.TEAM: "All agents of a team: mention://team/<id>/<name>.",
        MentionTarget.CHANNEL: "All members of the channel: mention://channel/all.",
    },
)
publish(
    RefusalCode,
    "ChatErrorCode",
    "Why a mutation did not happen.",
    {
        RefusalCode.NOT_FOUND: "There is no such thing for you: unknown, foreign and invisible are one answer.",
        RefusalCode.FORBIDDEN: "You see it, but this is not yours to do.",
        RefusalCode.INVALID: "The value at `path` cannot be taken.",
        RefusalCode.CONFLICT: "The client key was used with another payload.",
        RefusalCode.NOT_A_MEMBER: "Join the public channel first.",
        RefusalCode.READ_ONLY: "An announcement's reader does not post, nor anyone to a deactivated agent.",
        RefusalCode.ARCHIVED: "The channel is archived.",
        RefusalCode.LAST_OWNER: "The channel would be left without an owner.",
        RefusalCode.SHARE_DENIED: "The item is not yours to see, gone, or not there: one answer.",
        RefusalCode.SOURCE_UNAVAILABLE: "The item's module does not answer now; try again.",
        RefusalCode.TOO_LARGE: "More than can be taken at once.",
        RefusalCode.UNSUPPORTED_TYPE: "Files of this type are not taken.",
        RefusalCode.RATE_LIMITED: "Too many at once; try again shortly.",
    },
)

__all__ = [
    "AgentRole",
    "CardPreview",
    "ChannelKind",
    "Creators",
    "MemberRole",
    "MentionTarget",
    "NotificationLevel",
    "PresenceStatus",
    "RefusalCode",
    "SendKey",
    "SystemEvent",
    "publish",
]
