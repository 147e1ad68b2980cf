"""Enums with their GraphQL names, and a description of every value."""

from enum import Enum
from typing import TypeVar

import strawberry

from chat.errors import RefusalCode
from models.enums import (
    AgentRole,
    AttachmentKind,
    CardPreview,
    ChannelKind,
    Creators,
    EmailState,
    MemberRole,
    MentionTarget,
    NotificationLevel,
    NotificationReason,
    NotificationType,
    PresenceStatus,
    SendKey,
    SystemEvent,
    Weekday,
)

AnyEnum = TypeVar("AnyEnum", bound=Enum)


def describe_enum(enum: type[AnyEnum], name: str, description: str, values: dict[AnyEnum, str]) -> None:
    """Gives the enum its GraphQL name and each of its values a description. Raises KeyError if a value has none."""
    strawberry.enum(enum, name=name, description=description)
    for value in enum.__strawberry_definition__.values:  # type: ignore[attr-defined]
        value.description = values[enum(value.value)]


describe_enum(
    AgentRole,
    "ChatAgentRole",
    "The role of an agent in the account, as set by the platform's directory.",
    {
        AgentRole.AGENT: "An ordinary agent.",
        AgentRole.ADMINISTRATOR: "Also manages the chat's settings and all channels except direct messages.",
    },
)
describe_enum(
    AttachmentKind,
    "ChatAttachmentKind",
    "The kinds of files, by what was found in them.",
    {
        AttachmentKind.IMAGE: "An image that browsers show.",
        AttachmentKind.AUDIO: "An audio file, such as a recording.",
        AttachmentKind.VIDEO: "A video.",
        AttachmentKind.FILE: "Any other file.",
    },
)
describe_enum(
    SendKey,
    "ChatSendKey",
    "Which key sends a message in the viewer's editor.",
    {
        SendKey.ENTER: "Enter sends; Shift+Enter starts a new line.",
        SendKey.MOD_ENTER: "Ctrl+Enter (on a Mac: Cmd+Enter) sends; Enter starts a new line.",
    },
)
describe_enum(
    PresenceStatus,
    "ChatPresence",
    "Whether an agent is online.",
    {
        PresenceStatus.ONLINE: "Has the chat open.",
        PresenceStatus.BUSY: "Has the chat open and does not want to be disturbed.",
        PresenceStatus.OFFLINE: "Does not have the chat open, or chose to appear offline.",
    },
)
describe_enum(
    ChannelKind,
    "ChatChannelKind",
    "Who can find, read and post in a channel.",
    {
        ChannelKind.PUBLIC: "Every agent can find, read and join it. Members can post.",
        ChannelKind.PRIVATE: "Only its members can read it and post in it. Other agents can neither find nor join it.",
        ChannelKind.ANNOUNCEMENT: "Every agent is a member. Only its authors can post.",
        ChannelKind.DIRECT: "Between exactly two agents. Nobody else can read it.",
    },
)
describe_enum(
    MemberRole,
    "ChatRole",
    "The role of a member in a channel.",
    {
        MemberRole.OWNER: (
            "Can do everything an admin can, and grant or revoke ownership. A channel with active members"
            " always has an owner."
        ),
        MemberRole.ADMIN: "Can change the channel, and manage its members except owners.",
        MemberRole.MEMBER: "Can post.",
    },
)
describe_enum(
    NotificationLevel,
    "ChatNotificationLevel",
    "Which messages of a channel alert a member. It does not affect unread counts.",
    {
        NotificationLevel.EVERYTHING: "All messages.",
        NotificationLevel.MENTIONS: "Only messages that mention the member.",
        NotificationLevel.NOTHING: "No messages.",
    },
)
describe_enum(
    NotificationType,
    "ChatNotificationType",
    "The types of notifications. Each has two switches: for the bell and for e-mail.",
    {
        NotificationType.MENTION: "A message mentions the agent, their team, or everybody in the channel.",
        NotificationType.DIRECT_MESSAGE: "A direct message.",
        NotificationType.ANNOUNCEMENT: "A message in an announcement.",
    },
)
describe_enum(
    NotificationReason,
    "ChatNotificationReason",
    "What decided whether and how a message notified an agent. The first condition that applies decides.",
    {
        NotificationReason.MENTIONED: "The message mentions the agent.",
        NotificationReason.DIRECT_MESSAGE: "It is a direct message.",
        NotificationReason.ANNOUNCEMENT: "It is a message in an announcement.",
        NotificationReason.EVERYTHING: "The agent is alerted to every message of the channel.",
        NotificationReason.AUTHOR: "The agent wrote it.",
        NotificationReason.MUTED: "The agent had muted the channel.",
        NotificationReason.QUIET_HOURS: "The agent did not want to be disturbed: no alert, and the e-mail waits.",
        NotificationReason.LEVEL: "The agent's notification level in the channel excludes the message.",
        NotificationReason.NO_ACCESS: "The agent could not read the channel at the time.",
        NotificationReason.INACTIVE: "The agent was deactivated at the time.",
        NotificationReason.PREFERENCE_OFF: "The agent had switched off both the bell and e-mail for this type.",
    },
)
describe_enum(
    EmailState,
    "ChatEmailState",
    "The state of the e-mail about a message.",
    {
        EmailState.NONE: "There is none.",
        EmailState.WAITING: "It is sent when it is due, unless the message is read first.",
        EmailState.POSTPONED: (
            "It waits because the agent has the chat open, or until their quiet hours or `doNotDisturbUntil` end."
        ),
        EmailState.SENT: "It was sent.",
        EmailState.TAKEN_BACK: "It is not sent: the message was read first, or the agent may not get it any more.",
        EmailState.FAILED: "The mail server rejected it, or ten attempts failed.",
    },
)
describe_enum(Weekday, "ChatWeekday", "The days of the week.", {day: f"{day.capitalize()}." for day in Weekday})
describe_enum(
    Creators,
    "ChatCreators",
    "Who may create channels of a kind.",
    {
        Creators.EVERYONE: "Every agent.",
        Creators.CHANNEL_MANAGERS: "Owners and admins of any channel, and account administrators.",
        Creators.ADMINISTRATORS: "Account administrators.",
    },
)
describe_enum(
    CardPreview,
    "ChatCardPreview",
    "Who sees the title and summary of an item that was shared in a channel.",
    {
        CardPreview.WITH_ACCESS: "Only readers who can see the item.",
        CardPreview.CHANNEL: (
            "Everyone in the channel. Readers who cannot see the item get the texts from the time of sharing."
        ),
    },
)
describe_enum(
    SystemEvent,
    "ChatSystemEventKind",
    "What a system message reports. The message's author is the agent who did it.",
    {
        SystemEvent.CREATED: "Created the channel. `after` is its name.",
        SystemEvent.JOINED: "Joined the public channel.",
        SystemEvent.LEFT: "Left the channel.",
        SystemEvent.ADDED: "Added `agents`.",
        SystemEvent.REMOVED: "Removed `agents`.",
        SystemEvent.ADMINISTRATOR_JOINED: "An account administrator added themselves.",
        SystemEvent.ROLE_CHANGED: "Changed the role of `agents`. `before` and `after` are values of ChatRole.",
        SystemEvent.RENAMED: "Renamed the channel from `before` to `after`.",
        SystemEvent.DESCRIBED: "Changed the description from `before` to `after`. Null: no description.",
        SystemEvent.KIND_CHANGED: (
            "Changed the kind of the channel. `before` and `after` are values of ChatChannelKind."
        ),
        SystemEvent.ARCHIVED: "Archived the channel.",
        SystemEvent.UNARCHIVED: "Unarchived the channel.",
        SystemEvent.PINNED: "Pinned a message. It is the `replyTo` of the system message.",
    },
)
describe_enum(
    MentionTarget,
    "ChatMentionTarget",
    "What a mention refers to.",
    {
        MentionTarget.AGENT: "One agent: mention://user/<id>/<name>.",
        MentionTarget.TEAM: "All agents of a team: mention://team/<id>/<name>.",
        MentionTarget.CHANNEL: "All members of the channel: mention://channel/all.",
    },
)
describe_enum(
    RefusalCode,
    "ChatErrorCode",
    "Why a mutation failed.",
    {
        RefusalCode.NOT_FOUND: (
            "The object does not exist, belongs to another account, or is invisible to the viewer. The code does not"
            " reveal which."
        ),
        RefusalCode.FORBIDDEN: "The viewer can see the object, but may not do this.",
        RefusalCode.INVALID: "The value at `path` is invalid.",
        RefusalCode.CONFLICT: "The client key was used with a different payload.",
        RefusalCode.NOT_A_MEMBER: "The viewer has not joined this public channel.",
        RefusalCode.READ_ONLY: "Only authors can post in an announcement, and nobody can write to a deactivated agent.",
        RefusalCode.ARCHIVED: "The channel is archived.",
        RefusalCode.LAST_OWNER: "The channel would be left without an owner. The error message names the channel.",
        RefusalCode.SHARE_DENIED: (
            "The viewer may not see the item, or it was deleted or never existed. The code does not reveal which."
        ),
        RefusalCode.SOURCE_UNAVAILABLE: "The item's module did not answer. Try again later.",
        RefusalCode.TOO_LARGE: "An upload, or the input of one call, is too large.",
        RefusalCode.UNSUPPORTED_TYPE: "Files of this type are not accepted.",
        RefusalCode.RATE_LIMITED: "Too many calls. Try again later.",
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
    "describe_enum",
]
