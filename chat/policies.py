"""Who may do what. Each rule is a function of facts that the caller has read. It returns, or raises Refused with a
code.

`allowed` turns a rule into a boolean, so that `viewerCan` and the operation itself apply the same rule.
"""

from collections.abc import Callable
from typing import ParamSpec

from chat.access import Seat
from chat.errors import RefusalCode, Refused
from chat.viewer import Viewer
from models.enums import ChannelKind, Creators, MemberRole
from models.rows import MemberRow, MessageRow

Facts = ParamSpec("Facts")

EVERYBODY_LIMIT = 50
"""In channels with more members than this, only owners and admins can mention everybody."""


MEMBERS_PIN_LIMIT = 50
"""In channels with more members than this, only owners and admins can pin messages."""


def allowed(rule: Callable[Facts, object], *facts: Facts.args, **named: Facts.kwargs) -> bool:
    """Returns whether the rule passes."""
    try:
        rule(*facts, **named)
    except Refused:
        return False
    return True


def check_create(viewer: Viewer, kind: ChannelKind, manages_some_channel: bool) -> None:
    """`manages_some_channel`: whether the viewer is an owner or admin of any channel."""
    creators = {
        ChannelKind.PUBLIC: Creators.EVERYONE,
        ChannelKind.PRIVATE: viewer.account.who_creates_private,
        ChannelKind.ANNOUNCEMENT: viewer.account.who_creates_announcement,
    }.get(kind)
    if creators is None:
        raise Refused(RefusalCode.INVALID, "Use openDirectMessage to create a direct message.", "kind")
    if viewer.is_administrator or creators == Creators.EVERYONE:
        return
    if creators == Creators.CHANNEL_MANAGERS and manages_some_channel:
        return
    raise Refused(RefusalCode.FORBIDDEN, "You may not create channels of this kind.", "kind")


def check_read(seat: Seat) -> None:
    if not seat.readable:
        raise Refused(RefusalCode.FORBIDDEN, "Only members can read the messages of this channel.")


def check_member(seat: Seat) -> MemberRow:
    """Returns the viewer's membership."""
    check_read(seat)
    if seat.member is None:
        raise Refused(RefusalCode.NOT_A_MEMBER, "Join the channel first.")
    return seat.member


def check_not_archived(seat: Seat) -> None:
    if seat.channel.archived_at is not None:
        raise Refused(RefusalCode.ARCHIVED, "The channel is archived.")


def check_author(seat: Seat) -> None:
    """Only the current authors of an announcement can change its content."""
    if seat.channel.kind == ChannelKind.ANNOUNCEMENT and not seat.author:
        raise Refused(RefusalCode.READ_ONLY, "Only the authors of this announcement can post in it.")


def check_post(seat: Seat) -> None:
    """`chat.access.postable` is the same rule in SQL; a property test checks that they agree."""
    check_member(seat)
    check_not_archived(seat)
    check_author(seat)
    if seat.peer is not None and not seat.peer.active:
        raise Refused(RefusalCode.READ_ONLY, "The other agent is deactivated.")


def check_mention_everybody(seat: Seat) -> None:
    moderates = seat.member is not None and seat.member.role != MemberRole.MEMBER
    if seat.channel.member_count > EVERYBODY_LIMIT and not moderates:
        message = f"In channels with more than {EVERYBODY_LIMIT} members, only owners and admins can mention everybody."
        raise Refused(RefusalCode.FORBIDDEN, message, "body")


def check_join(seat: Seat) -> None:
    if seat.channel.kind != ChannelKind.PUBLIC:
        raise Refused(RefusalCode.FORBIDDEN, "Only public channels can be joined without an invitation.")
    check_not_archived(seat)


def check_leave(seat: Seat) -> None:
    """Leaving is the only change that an archived channel allows: otherwise it would stay in the member's list until
    someone unarchives it."""
    check_member(seat)
    if seat.channel.kind == ChannelKind.ANNOUNCEMENT:
        raise Refused(RefusalCode.FORBIDDEN, "Announcements cannot be left. Mute this one instead.")
    if seat.channel.kind == ChannelKind.DIRECT:
        raise Refused(RefusalCode.FORBIDDEN, "Direct messages cannot be left. Mute this one instead.")


def check_manage(seat: Seat) -> None:
    """Archiving and unarchiving a channel need only this rule; other changes add more."""
    if seat.channel.kind == ChannelKind.DIRECT:
        raise Refused(RefusalCode.FORBIDDEN, "A direct message has no settings.")
    if not seat.is_manager:
        raise Refused(RefusalCode.FORBIDDEN, "Only owners and admins of the channel may do this.")


def check_edit(seat: Seat) -> None:
    """The channel's name, description and avatar, and the roles of its members."""
    check_manage(seat)
    check_not_archived(seat)


def check_manage_members(seat: Seat) -> None:
    check_edit(seat)
    if seat.channel.kind == ChannelKind.ANNOUNCEMENT:
        raise Refused(RefusalCode.FORBIDDEN, "Every agent is a member of an announcement.")


def check_manage_authors(seat: Seat) -> None:
    check_edit(seat)
    if seat.channel.kind != ChannelKind.ANNOUNCEMENT:
        raise Refused(RefusalCode.FORBIDDEN, "Only announcements have authors.")


def check_change_kind(viewer: Viewer, seat: Seat, kind: ChannelKind) -> None:
    """Owners and account administrators can change the kind between PUBLIC and PRIVATE.

    Only those who can read a private channel can make it public: otherwise an administrator could read its messages
    without becoming a member, which a system message would report. Those who change the kind must also be allowed to
    create a channel of the new kind: otherwise an agent could create a public channel and make it private."""
    if {seat.channel.kind, kind} - {ChannelKind.PUBLIC, ChannelKind.PRIVATE}:
        raise Refused(RefusalCode.INVALID, "The kind can only change between PUBLIC and PRIVATE.", "kind")
    if not (seat.is_owner or seat.is_administrator):
        message = "Only owners of the channel and administrators of the account can change its kind."
        raise Refused(RefusalCode.FORBIDDEN, message, "kind")
    if not seat.readable:
        message = "Only members of a private channel can make it public. Add yourself to the channel first."
        raise Refused(RefusalCode.FORBIDDEN, message, "kind")
    check_create(viewer, kind, seat.is_manager)


def check_change_retention(seat: Seat) -> None:
    """How long messages are kept is a rule of the account, from which only its administrators can make exceptions."""
    if not seat.is_administrator:
        message = "Only administrators of the account can change how long messages are kept."
        raise Refused(RefusalCode.FORBIDDEN, message, "messageRetention")


def check_change_member(seat: Seat, target: MemberRow) -> None:
    """A channel admin can neither change nor remove an owner."""
    if target.role == MemberRole.OWNER and not (seat.is_owner or seat.is_administrator):
        raise Refused(RefusalCode.FORBIDDEN, "Only an owner or an administrator can change or remove an owner.")


def check_grant_role(seat: Seat, role: MemberRole) -> None:
    if role == MemberRole.OWNER and not (seat.is_owner or seat.is_administrator):
        raise Refused(RefusalCode.FORBIDDEN, "Only an owner or an administrator can grant ownership.", "role")


def check_edit_message(seat: Seat, message: MessageRow) -> None:
    """An agent edits their own messages, and only where they could post now."""
    check_member(seat)
    if message.author_id != seat.agent.agent_id or message.system_event is not None:
        raise Refused(RefusalCode.FORBIDDEN, "Only the author of a message can edit it.")
    check_not_deleted(message)
    check_post(seat)


def check_delete_message(seat: Seat, message: MessageRow) -> None:
    """In a direct message, nobody but the author deletes a message, not even an administrator who is its peer."""
    check_read(seat)
    if message.system_event is not None:
        raise Refused(RefusalCode.FORBIDDEN, "System messages cannot be deleted.")
    own = message.author_id == seat.agent.agent_id
    if not own and seat.channel.kind == ChannelKind.DIRECT:
        raise Refused(RefusalCode.FORBIDDEN, "Only the author of a direct message can delete it.")
    if not own and not seat.is_manager:
        raise Refused(
            RefusalCode.FORBIDDEN, "Only the author of a message, or an owner or admin of the channel, can delete it."
        )
    check_not_archived(seat)


def check_react(seat: Seat, message: MessageRow) -> None:
    check_member(seat)
    check_not_deleted(message)
    check_not_archived(seat)


def check_pin(viewer: Viewer, seat: Seat, message: MessageRow) -> None:
    """Pinning and unpinning. Both agents of a direct message can pin. Elsewhere those can who manage the channel, and
    in small channels also the members, unless the account's setting excludes them. In an announcement, these are its
    authors: a pin posts a system message."""
    check_read(seat)
    if message.system_event is not None:
        raise Refused(RefusalCode.FORBIDDEN, "System messages cannot be pinned.")
    check_not_deleted(message)
    if seat.channel.kind != ChannelKind.DIRECT and not seat.is_manager:
        check_member(seat)
        check_author(seat)
        if not viewer.account.members_pin or seat.channel.member_count > MEMBERS_PIN_LIMIT:
            raise Refused(
                RefusalCode.FORBIDDEN,
                "Only owners and admins of the channel and account administrators can pin messages.",
            )
    check_not_archived(seat)


def check_see_readers(seat: Seat) -> None:
    """Who has read the messages of an announcement. In other channels, nobody can see it."""
    check_read(seat)
    if seat.channel.kind != ChannelKind.ANNOUNCEMENT or not (seat.author or seat.is_manager):
        raise Refused(RefusalCode.FORBIDDEN, "Only authors and managers of an announcement can see who has read it.")


def check_forward(message: MessageRow) -> None:
    """Whoever can read a message can forward it."""
    if message.system_event is not None:
        raise Refused(RefusalCode.FORBIDDEN, "System messages cannot be forwarded.", "messageId")
    check_not_deleted(message)


def check_not_deleted(message: MessageRow, field: str = "messageId") -> None:
    """`field` is the input field that holds the message's id."""
    if message.deleted_at is not None:
        raise Refused(RefusalCode.NOT_FOUND, "The message was deleted.", field)
