"""What each kind of change means for live streams: one table instead of lists of kinds across the code.

A test checks that the table has an entry for every kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from types import MappingProxyType

from models.enums import AuditAction, ChangeKind, SystemEvent


class ChannelChangeKind(StrEnum):
    """What `chatChannelChanged` reports."""

    MESSAGE_ADDED = "MESSAGE_ADDED"
    MESSAGE_UPDATED = "MESSAGE_UPDATED"
    MESSAGE_DELETED = "MESSAGE_DELETED"
    MEMBERS_CHANGED = "MEMBERS_CHANGED"
    CHANNEL_UPDATED = "CHANNEL_UPDATED"


class Inbox(Enum):
    """Which agents' sidebars the change affects."""

    NOBODY = auto()
    MEMBERS = auto()
    AGENTS = auto()
    """Only the agents whom the change is about."""

    PEERS = auto()
    """The other agents of their direct messages."""


class Access(Enum):
    """How the change affects who can read the channel."""

    UNCHANGED = auto()
    AGENTS_JOINED = auto()
    AGENTS_LEFT = auto()
    MADE_PUBLIC = auto()
    MADE_PRIVATE = auto()

    @property
    def is_membership(self) -> bool:
        return self in (Access.AGENTS_JOINED, Access.AGENTS_LEFT)

    @property
    def is_visibility(self) -> bool:
        return self in (Access.MADE_PUBLIC, Access.MADE_PRIVATE)


@dataclass(frozen=True)
class Effect:
    """`audit`: the actions of which the audit log must have an entry for the change; empty if it need not have one.
    `shown_as`: what `chatChannelChanged` reports, None for nothing. `addresses`: the change can add mentions or
    notifications. `admission`: it may change who can use the chat at all."""

    audit: frozenset[AuditAction]
    shown_as: ChannelChangeKind | None = None
    inbox: Inbox = Inbox.NOBODY
    access: Access = Access.UNCHANGED
    addresses: bool = False
    admission: bool = False


NOT_AUDITED: frozenset[AuditAction] = frozenset()
CHANNEL_ACTIONS = frozenset(
    {
        AuditAction.CHANNEL_RENAMED,
        AuditAction.CHANNEL_DESCRIBED,
        AuditAction.CHANNEL_AVATAR_CHANGED,
        AuditAction.CHANNEL_KIND_CHANGED,
        AuditAction.CHANNEL_ARCHIVED,
        AuditAction.CHANNEL_UNARCHIVED,
        AuditAction.CHANNEL_RETENTION_CHANGED,
    }
)


def _audited(*actions: AuditAction) -> frozenset[AuditAction]:
    return frozenset(actions)


EFFECTS: Mapping[ChangeKind, Effect] = MappingProxyType(
    {
        ChangeKind.MESSAGE_ADDED: Effect(NOT_AUDITED, ChannelChangeKind.MESSAGE_ADDED, Inbox.MEMBERS, addresses=True),
        ChangeKind.MESSAGE_EDITED: Effect(
            NOT_AUDITED, ChannelChangeKind.MESSAGE_UPDATED, Inbox.MEMBERS, addresses=True
        ),
        ChangeKind.MESSAGE_DELETED: Effect(
            _audited(AuditAction.MESSAGE_DELETED), ChannelChangeKind.MESSAGE_DELETED, Inbox.MEMBERS
        ),
        ChangeKind.MESSAGE_REACTED: Effect(NOT_AUDITED, ChannelChangeKind.MESSAGE_UPDATED),
        # Pinned or unpinned. The system message of a pin updates the inbox.
        ChangeKind.MESSAGE_PINNED: Effect(NOT_AUDITED, ChannelChangeKind.MESSAGE_UPDATED),
        ChangeKind.MEMBER_ADDED: Effect(
            _audited(AuditAction.MEMBER_ADDED), ChannelChangeKind.MEMBERS_CHANGED, Inbox.AGENTS, Access.AGENTS_JOINED
        ),
        ChangeKind.MEMBER_REMOVED: Effect(
            _audited(AuditAction.MEMBER_REMOVED), ChannelChangeKind.MEMBERS_CHANGED, Inbox.AGENTS, Access.AGENTS_LEFT
        ),
        ChangeKind.MEMBER_CHANGED: Effect(
            _audited(AuditAction.MEMBER_ROLE_CHANGED), ChannelChangeKind.MEMBERS_CHANGED, Inbox.MEMBERS
        ),
        ChangeKind.AUTHORS_CHANGED: Effect(
            _audited(AuditAction.AUTHOR_ADDED, AuditAction.AUTHOR_REMOVED),
            ChannelChangeKind.MEMBERS_CHANGED,
            Inbox.MEMBERS,
        ),
        ChangeKind.CHANNEL_CREATED: Effect(_audited(AuditAction.CHANNEL_CREATED), ChannelChangeKind.CHANNEL_UPDATED),
        ChangeKind.CHANNEL_UPDATED: Effect(CHANNEL_ACTIONS, ChannelChangeKind.CHANNEL_UPDATED, Inbox.MEMBERS),
        # Not shown: a CHANNEL_UPDATED of the same transaction reports the new kind.
        ChangeKind.MADE_PUBLIC: Effect(_audited(AuditAction.CHANNEL_KIND_CHANGED), access=Access.MADE_PUBLIC),
        ChangeKind.MADE_PRIVATE: Effect(_audited(AuditAction.CHANNEL_KIND_CHANGED), access=Access.MADE_PRIVATE),
        ChangeKind.AGENT_ADDED: Effect(_audited(AuditAction.AGENT_ADDED), admission=True),
        # Shown in every channel that the agents are members of. A new role is audited, a name or a picture is not.
        ChangeKind.AGENT_CHANGED: Effect(NOT_AUDITED, ChannelChangeKind.CHANNEL_UPDATED, Inbox.PEERS, admission=True),
        ChangeKind.AGENT_DEACTIVATED: Effect(
            _audited(AuditAction.AGENT_DEACTIVATED), ChannelChangeKind.CHANNEL_UPDATED, Inbox.PEERS, admission=True
        ),
        ChangeKind.AGENT_REACTIVATED: Effect(
            _audited(AuditAction.AGENT_REACTIVATED), ChannelChangeKind.CHANNEL_UPDATED, Inbox.PEERS, admission=True
        ),
        ChangeKind.MEMBERS_COUNTED: Effect(NOT_AUDITED, ChannelChangeKind.MEMBERS_CHANGED),
        # Messages were removed because of their age: those up to the channel's `expired_seq`.
        ChangeKind.MESSAGES_EXPIRED: Effect(NOT_AUDITED, ChannelChangeKind.CHANNEL_UPDATED, Inbox.MEMBERS),
        ChangeKind.SETTINGS_CHANGED: Effect(_audited(AuditAction.SETTING_CHANGED), admission=True),
    }
)

MEMBERSHIP_KINDS = tuple(kind for kind, effect in EFFECTS.items() if effect.access.is_membership)
VISIBILITY_KINDS = tuple(kind for kind, effect in EFFECTS.items() if effect.access.is_visibility)
ADDRESSING_KINDS = tuple(kind for kind, effect in EFFECTS.items() if effect.addresses)
PEOPLE_KINDS = (
    ChangeKind.AGENT_CHANGED,
    ChangeKind.AGENT_DEACTIVATED,
    ChangeKind.AGENT_REACTIVATED,
    ChangeKind.MEMBERS_COUNTED,
)
"""Changes of agents. They concern all channels that the agents are members of."""

ADMISSION_KINDS = tuple(kind for kind, effect in EFFECTS.items() if effect.admission)

ANNOUNCED_BY_OTHER_CHANGE = frozenset(
    {
        SystemEvent.RENAMED,
        SystemEvent.DESCRIBED,
        SystemEvent.KIND_CHANGED,
        SystemEvent.ARCHIVED,
        SystemEvent.UNARCHIVED,
        SystemEvent.ROLE_CHANGED,
    }
)
"""System messages that accompany another change of the same transaction, which has updated the inbox already."""
