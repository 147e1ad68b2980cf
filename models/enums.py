"""The enums of the tables. They are stored as text with a CHECK constraint, so that adding a value is a plain
migration."""

from enum import StrEnum


class AgentRole(StrEnum):
    AGENT = "AGENT"
    ADMINISTRATOR = "ADMINISTRATOR"


class SendKey(StrEnum):
    ENTER = "ENTER"
    MOD_ENTER = "MOD_ENTER"


class PresenceStatus(StrEnum):
    ONLINE = "ONLINE"
    BUSY = "BUSY"
    OFFLINE = "OFFLINE"


class ItemKind(StrEnum):
    """The kinds of items that can be shared. `chat.item_kinds` describes each."""

    CONVERSATION = "CONVERSATION"
    CONTACT = "CONTACT"
    DEAL = "DEAL"
    TASK = "TASK"
    CATALOG_PRODUCT = "CATALOG_PRODUCT"
    CHARGE = "CHARGE"
    CALENDAR_EVENT = "CALENDAR_EVENT"
    WHATSAPP_BROADCAST = "WHATSAPP_BROADCAST"
    CAMPAIGN = "CAMPAIGN"


class ChannelKind(StrEnum):
    PUBLIC = "PUBLIC"
    PRIVATE = "PRIVATE"
    ANNOUNCEMENT = "ANNOUNCEMENT"
    DIRECT = "DIRECT"


class MemberRole(StrEnum):
    OWNER = "OWNER"
    ADMIN = "ADMIN"
    MEMBER = "MEMBER"


class NotificationLevel(StrEnum):
    EVERYTHING = "EVERYTHING"
    MENTIONS = "MENTIONS"
    NOTHING = "NOTHING"


class NotificationType(StrEnum):
    MENTION = "MENTION"
    DIRECT_MESSAGE = "DIRECT_MESSAGE"
    ANNOUNCEMENT = "ANNOUNCEMENT"


class NotificationReason(StrEnum):
    """What decided about notifying an agent. `chat.notification_rules.decide` defines the order of the conditions."""

    MENTIONED = "MENTIONED"
    DIRECT_MESSAGE = "DIRECT_MESSAGE"
    ANNOUNCEMENT = "ANNOUNCEMENT"
    EVERYTHING = "EVERYTHING"
    AUTHOR = "AUTHOR"
    MUTED = "MUTED"
    QUIET_HOURS = "QUIET_HOURS"
    LEVEL = "LEVEL"
    NO_ACCESS = "NO_ACCESS"
    INACTIVE = "INACTIVE"
    PREFERENCE_OFF = "PREFERENCE_OFF"


class EmailState(StrEnum):
    """The state of the e-mail about a notification. POSTPONED: it waits because the agent has the chat open, or
    until their quiet hours end. TAKEN_BACK: it is not sent, because the message was read or the agent may not get
    it any more."""

    NONE = "NONE"
    WAITING = "WAITING"
    POSTPONED = "POSTPONED"
    SENT = "SENT"
    TAKEN_BACK = "TAKEN_BACK"
    FAILED = "FAILED"


class DeliveryState(StrEnum):
    """The delivery state of an e-mail. WAITING: it has not been sent, or a worker is sending it."""

    WAITING = "WAITING"
    SENT = "SENT"
    TAKEN_BACK = "TAKEN_BACK"
    FAILED = "FAILED"


class AttachmentKind(StrEnum):
    """How clients show a file."""

    IMAGE = "IMAGE"
    AUDIO = "AUDIO"
    VIDEO = "VIDEO"
    FILE = "FILE"


class Weekday(StrEnum):
    """In the order of ISO 8601."""

    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


class Creators(StrEnum):
    """Who may create a kind of channel. CHANNEL_MANAGERS: owners and admins of any channel, and administrators."""

    EVERYONE = "EVERYONE"
    CHANNEL_MANAGERS = "CHANNEL_MANAGERS"
    ADMINISTRATORS = "ADMINISTRATORS"


class CardPreview(StrEnum):
    WITH_ACCESS = "WITH_ACCESS"
    CHANNEL = "CHANNEL"


class SystemEvent(StrEnum):
    """What a system message reports."""

    CREATED = "CREATED"
    JOINED = "JOINED"
    LEFT = "LEFT"
    ADDED = "ADDED"
    REMOVED = "REMOVED"
    ADMINISTRATOR_JOINED = "ADMINISTRATOR_JOINED"
    ROLE_CHANGED = "ROLE_CHANGED"
    RENAMED = "RENAMED"
    DESCRIBED = "DESCRIBED"
    KIND_CHANGED = "KIND_CHANGED"
    ARCHIVED = "ARCHIVED"
    UNARCHIVED = "UNARCHIVED"
    PINNED = "PINNED"


class MentionTarget(StrEnum):
    AGENT = "AGENT"
    TEAM = "TEAM"
    CHANNEL = "CHANNEL"


class ChangeKind(StrEnum):
    """The kinds of changes in an account's order of changes. `chat.change_kinds` defines their effects on streams.
    Granting and ending access have their own kinds, because a replay derives from them who could read a channel at
    which change."""

    MESSAGE_ADDED = "MESSAGE_ADDED"
    MESSAGE_EDITED = "MESSAGE_EDITED"
    MESSAGE_DELETED = "MESSAGE_DELETED"
    MESSAGE_REACTED = "MESSAGE_REACTED"
    MESSAGE_PINNED = "MESSAGE_PINNED"
    MEMBER_ADDED = "MEMBER_ADDED"
    MEMBER_REMOVED = "MEMBER_REMOVED"
    MEMBER_CHANGED = "MEMBER_CHANGED"
    AUTHORS_CHANGED = "AUTHORS_CHANGED"
    CHANNEL_CREATED = "CHANNEL_CREATED"
    CHANNEL_UPDATED = "CHANNEL_UPDATED"
    MADE_PUBLIC = "MADE_PUBLIC"
    MADE_PRIVATE = "MADE_PRIVATE"
    AGENT_ADDED = "AGENT_ADDED"
    AGENT_CHANGED = "AGENT_CHANGED"
    AGENT_DEACTIVATED = "AGENT_DEACTIVATED"
    AGENT_REACTIVATED = "AGENT_REACTIVATED"
    MEMBERS_COUNTED = "MEMBERS_COUNTED"
    MESSAGES_EXPIRED = "MESSAGES_EXPIRED"
    SETTINGS_CHANGED = "SETTINGS_CHANGED"


class AuditAction(StrEnum):
    """What an entry of the audit log reports. `chat.change_kinds` defines which changes must have one."""

    CHANNEL_CREATED = "CHANNEL_CREATED"
    CHANNEL_RENAMED = "CHANNEL_RENAMED"
    CHANNEL_DESCRIBED = "CHANNEL_DESCRIBED"
    CHANNEL_AVATAR_CHANGED = "CHANNEL_AVATAR_CHANGED"
    CHANNEL_KIND_CHANGED = "CHANNEL_KIND_CHANGED"
    CHANNEL_ARCHIVED = "CHANNEL_ARCHIVED"
    CHANNEL_UNARCHIVED = "CHANNEL_UNARCHIVED"
    CHANNEL_RETENTION_CHANGED = "CHANNEL_RETENTION_CHANGED"
    MEMBER_ADDED = "MEMBER_ADDED"
    MEMBER_REMOVED = "MEMBER_REMOVED"
    MEMBER_ROLE_CHANGED = "MEMBER_ROLE_CHANGED"
    AUTHOR_ADDED = "AUTHOR_ADDED"
    AUTHOR_REMOVED = "AUTHOR_REMOVED"
    MESSAGE_DELETED = "MESSAGE_DELETED"
    AGENT_ADDED = "AGENT_ADDED"
    AGENT_ROLE_CHANGED = "AGENT_ROLE_CHANGED"
    AGENT_DEACTIVATED = "AGENT_DEACTIVATED"
    AGENT_REACTIVATED = "AGENT_REACTIVATED"
    SETTING_CHANGED = "SETTING_CHANGED"
