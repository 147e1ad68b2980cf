"""Who may do what, decided from facts alone. Each rule raises Refused with its code; `allowed` asks it as a question,
so that what `viewerCan` shows and what an operation enforces is one rule."""

from collections.abc import Callable
from typing import ParamSpec

from chat.access import Seat
from chat.errors import RefusalCode, Refused
from chat.viewer import Viewer
from models import Member, Message
from models.enums import ChannelKind, Creators, MemberRole

Facts = ParamSpec("Facts")

EVERYBODY_LIMIT = 50
"""In channels with more members than this only owners and admins mention everybody."""


def allowed(rule: Callable[Facts, None], *facts: Facts.args, **named: Facts.kwargs) -> bool:
    try:
        rule(*facts, **named)
    except Refused:
        return False
    return True


def check_create(viewer: Viewer, kind: ChannelKind, manages_some_channel: bool) -> None:
    """`manages_some_channel`: the viewer is an owner or admin of a channel, which makes a channel manager."""
    creators = {
        ChannelKind.PUBLIC: Creators.EVERYONE,
        ChannelKind.PRIVATE: viewer.account.who_creates_private,
        ChannelKind.ANNOUNCEMENT: viewer.account.who_creates_announcement,
    }.get(kind)
    if creators is None:
        raise Refused(RefusalCode.INVALID, "Open a direct message with openDirectMessage.", "kind")
    if viewer.administers or creators == Creators.EVERYONE:
        return
    if creators == Creators.CHANNEL_MANAGERS and manages_some_channel:
        return
    raise Refused(RefusalCode.FORBIDDEN, "You may not create channels of this kind.", "kind")


def check_read(seat: Seat) -> None:
    if not seat.readable:
        raise Refused(RefusalCode.FORBIDDEN, "Only members read what is said in this channel.")


def check_member(seat: Seat) -> Member:
    """Returns the viewer's own seat."""
    check_read(seat)
    if seat.member is None:
        raise Refused(RefusalCode.NOT_A_MEMBER, "Join the channel first.")
    return seat.member


def check_open(seat: Seat) -> None:
    if seat.channel.archived_at is not None:
        raise Refused(RefusalCode.ARCHIVED, "The channel is archived.")


def check_author(seat: Seat) -> None:
    """What is said in an announcement is its authors', also when they say it anew by an edit."""
    if seat.channel.kind == ChannelKind.ANNOUNCEMENT and not seat.author:
        raise Refused(RefusalCode.READ_ONLY, "Only its authors post in this announcement.")


def check_post(seat: Seat) -> None:
    check_member(seat)
    check_open(seat)
    check_author(seat)
    if seat.peer is not None and not seat.peer.active:
        raise Refused(RefusalCode.READ_ONLY, "The other agent is deactivated.")


def check_mention_everybody(seat: Seat) -> None:
    moderates = seat.member is not None and seat.member.role != MemberRole.MEMBER
    if seat.channel.member_count > EVERYBODY_LIMIT and not moderates:
        message = f"Only owners and admins mention everybody in channels of more than {EVERYBODY_LIMIT}."
        raise Refused(RefusalCode.FORBIDDEN, message, "body")


def check_join(seat: Seat) -> None:
    if seat.channel.kind != ChannelKind.PUBLIC:
        raise Refused(RefusalCode.FORBIDDEN, "Only public channels are joined without an invitation.")
    check_open(seat)


def check_leave(seat: Seat) -> None:
    """Of an archived channel too, where nothing else can be changed: it would stay in one's lists for good, or until
    somebody opens it again."""
    check_member(seat)
    if seat.channel.kind == ChannelKind.ANNOUNCEMENT:
        raise Refused(RefusalCode.FORBIDDEN, "Nobody leaves an announcement; mute it instead.")
    if seat.channel.kind == ChannelKind.DIRECT:
        raise Refused(RefusalCode.FORBIDDEN, "Nobody leaves a direct message; mute it instead.")


def check_manage(seat: Seat) -> None:
    """Any channel but a direct message; by itself the right to archive it and to open it again."""
    if seat.channel.kind == ChannelKind.DIRECT:
        raise Refused(RefusalCode.FORBIDDEN, "A direct message has no settings of its own.")
    if not seat.manages:
        raise Refused(RefusalCode.FORBIDDEN, "Only owners and admins of the channel may do this.")


def check_edit(seat: Seat) -> None:
    """Its name and the like, and the roles in it."""
    check_manage(seat)
    check_open(seat)


def check_manage_members(seat: Seat) -> None:
    check_edit(seat)
    if seat.channel.kind == ChannelKind.ANNOUNCEMENT:
        raise Refused(RefusalCode.FORBIDDEN, "Every agent is a member of an announcement.")


def check_manage_authors(seat: Seat) -> None:
    check_edit(seat)
    if seat.channel.kind != ChannelKind.ANNOUNCEMENT:
        raise Refused(RefusalCode.FORBIDDEN, "Only announcements have authors.")


def check_change_kind(viewer: Viewer, seat: Seat, kind: ChannelKind) -> None:
    """Between public and private only: whoever opens or closes a door owns the house, or administers the account, and
    might have built it so. Otherwise who may not create a private channel would create a public one and close it."""
    if {seat.channel.kind, kind} - {ChannelKind.PUBLIC, ChannelKind.PRIVATE}:
        raise Refused(RefusalCode.INVALID, "Only public and private channels change into each other.", "kind")
    if not (seat.owns or seat.administers):
        message = "Only owners of the channel and administrators change who can find it."
        raise Refused(RefusalCode.FORBIDDEN, message, "kind")
    check_create(viewer, kind, seat.manages)


def check_touch_member(seat: Seat, target: Member) -> None:
    """An admin does not touch an owner."""
    if target.role == MemberRole.OWNER and not (seat.owns or seat.administers):
        raise Refused(RefusalCode.FORBIDDEN, "Only an owner or an administrator touches an owner.")


def check_grant(seat: Seat, role: MemberRole) -> None:
    if role == MemberRole.OWNER and not (seat.owns or seat.administers):
        raise Refused(RefusalCode.FORBIDDEN, "Only an owner or an administrator grants ownership.", "role")


def check_edit_message(seat: Seat, message: Message) -> None:
    check_member(seat)
    if message.author_id != seat.agent.agent_id or message.system_event is not None:
        raise Refused(RefusalCode.FORBIDDEN, "Only its author edits a message.")
    check_standing(message)
    check_open(seat)
    check_author(seat)


def check_delete_message(seat: Seat, message: Message) -> None:
    check_read(seat)
    if message.system_event is not None:
        raise Refused(RefusalCode.FORBIDDEN, "What the chat itself tells is not deleted.")
    own = message.author_id == seat.agent.agent_id
    if not own and not seat.manages:
        raise Refused(RefusalCode.FORBIDDEN, "Only its author or a moderator deletes a message.")
    check_open(seat)


def check_react(seat: Seat, message: Message) -> None:
    check_member(seat)
    check_standing(message)
    check_open(seat)


def check_standing(message: Message) -> None:
    if message.deleted_at is not None:
        raise Refused(RefusalCode.NOT_FOUND, "The message was deleted.")
