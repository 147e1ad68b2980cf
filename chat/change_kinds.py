"""What each kind of change means for live streams: one table instead of lists of kinds across the code.

A test checks that the table has an entry for every kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from types import MappingProxyType

from models.enums import ChangeKind, SystemEvent


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
    """`shown_as`: what `chatChannelChanged` reports, None for nothing. `addresses`: the change can add mentions or
    notifications. `admission`: it may change who can use the chat at all."""

    shown_as: ChannelChangeKind | None = None
    inbox: Inbox = Inbox.NOBODY
    access: Access = Access.UNCHANGED
    addresses: bool = False
    admission: bool = False


EFFECTS: Mapping[ChangeKind, Effect] = MappingProxyType(
    {
        ChangeKind.MESSAGE_ADDED: Effect(ChannelChangeKind.MESSAGE_ADDED, Inbox.MEMBERS, addresses=True),
        ChangeKind.MESSAGE_EDITED: Effect(ChannelChangeKind.MESSAGE_UPDATED, Inbox.MEMBERS, addresses=True),
        ChangeKind.MESSAGE_DELETED: Effect(ChannelChangeKind.MESSAGE_DELETED, Inbox.MEMBERS),
        ChangeKind.MESSAGE_REACTED: Effect(ChannelChangeKind.MESSAGE_UPDATED),
        # Pinned or unpinned. The system message of a pin updates the inbox.
        ChangeKind.MESSAGE_PINNED: Effect(ChannelChangeKind.MESSAGE_UPDATED),
        ChangeKind.MEMBER_ADDED: Effect(ChannelChangeKind.MEMBERS_CHANGED, Inbox.AGENTS, Access.AGENTS_JOINED),
        ChangeKind.MEMBER_REMOVED: Effect(ChannelChangeKind.MEMBERS_CHANGED, Inbox.AGENTS, Access.AGENTS_LEFT),
        ChangeKind.MEMBER_CHANGED: Effect(ChannelChangeKind.MEMBERS_CHANGED, Inbox.MEMBERS),
        ChangeKind.AUTHORS_CHANGED: Effect(ChannelChangeKind.MEMBERS_CHANGED, Inbox.MEMBERS),
        ChangeKind.CHANNEL_CREATED: Effect(ChannelChangeKind.CHANNEL_UPDATED),
        ChangeKind.CHANNEL_UPDATED: Effect(ChannelChangeKind.CHANNEL_UPDATED, Inbox.MEMBERS),
        # Not shown: a CHANNEL_UPDATED of the same transaction reports the new kind.
        ChangeKind.MADE_PUBLIC: Effect(access=Access.MADE_PUBLIC),
        ChangeKind.MADE_PRIVATE: Effect(access=Access.MADE_PRIVATE),
        ChangeKind.AGENT_ADDED: Effect(admission=True),
        # Shown in every channel that the agents are members of.
        ChangeKind.AGENT_CHANGED: Effect(ChannelChangeKind.CHANNEL_UPDATED, Inbox.PEERS, admission=True),
        ChangeKind.AGENT_DEACTIVATED: Effect(ChannelChangeKind.CHANNEL_UPDATED, Inbox.PEERS, admission=True),
        ChangeKind.AGENT_REACTIVATED: Effect(ChannelChangeKind.CHANNEL_UPDATED, Inbox.PEERS, admission=True),
        ChangeKind.MEMBERS_COUNTED: Effect(ChannelChangeKind.MEMBERS_CHANGED),
        ChangeKind.SETTINGS_CHANGED: Effect(admission=True),
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
