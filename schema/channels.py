"""Channels, as the viewer sees them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from chat.access import Seat
from chat.policies import (
    allowed,
    check_edit,
    check_join,
    check_leave,
    check_manage,
    check_manage_authors,
    check_manage_members,
    check_post,
)
from loaders.members import MemberFilter
from loaders.pages import page_request
from schema.agents import Agent, agents
from schema.connections import After, Connection, First, connect, connection_of
from schema.context import Info
from schema.enums import ChannelKind, MemberRole
from schema.history import HistoryPage, read_history
from schema.ids import Prefix, parse_id, public_id
from schema.members import Member, Membership, message_at
from schema.messages import Message

Last = Annotated[int | None, strawberry.argument(description="How many items to return before `before`: 1 to 100.")]
Before = Annotated[str | None, strawberry.argument(description="Return the items before this cursor of the same list.")]
Around = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Return the page around this message of the channel."),
]


@strawberry.type(name="ChatImageAvatar", description="An image as the avatar of a channel.")
class ImageAvatar:
    url: str = strawberry.field(description="The address of the image.")


@strawberry.type(name="ChatIconAvatar", description="An icon on a coloured background as the avatar of a channel.")
class IconAvatar:
    icon: str = strawberry.field(description="The icon's name in the client's icon set.")
    color: str = strawberry.field(description="The background colour, #rrggbb.")


ChannelAvatar = Annotated[
    ImageAvatar | IconAvatar,
    strawberry.union(name="ChatChannelAvatar", description="The picture of a channel in lists."),
]


@strawberry.type(name="ChatChannelPermissions", description="What the viewer may do in a channel now.")
class ChannelPermissions:
    seat: strawberry.Private[Seat]

    @strawberry.field(description="Read its messages.")
    def read(self) -> bool:
        return self.seat.readable

    @strawberry.field(description="Send messages.")
    def post(self) -> bool:
        return allowed(check_post, self.seat)

    @strawberry.field(description="Join it. False for members.")
    def join(self) -> bool:
        return self.seat.member is None and allowed(check_join, self.seat)

    @strawberry.field(
        description="Leave it. Even if true, the last owner cannot leave while other active members remain."
    )
    def leave(self) -> bool:
        return allowed(check_leave, self.seat)

    @strawberry.field(description="Add and remove members.")
    def manage_members(self) -> bool:
        return allowed(check_manage_members, self.seat)

    @strawberry.field(description="Add and remove authors of the announcement.")
    def manage_authors(self) -> bool:
        return allowed(check_manage_authors, self.seat)

    @strawberry.field(description="Change its name, description and avatar, and the roles of its members.")
    def edit(self) -> bool:
        return allowed(check_edit, self.seat)

    @strawberry.field(description="Archive and unarchive it.")
    def archive(self) -> bool:
        return allowed(check_manage, self.seat)


@strawberry.federation.type(
    name="ChatChannel", keys=["id"], description="A channel: public, private, an announcement or a direct message."
)
class Channel:
    seat: strawberry.Private[Seat]

    @classmethod
    async def resolve_reference(cls, info: Info, id: str) -> "Channel | None":
        channel_id = parse_id(Prefix.CHANNEL, id)
        await info.context.viewer()
        return await channel(info, channel_id) if channel_id is not None else None

    @strawberry.field(description="An opaque id: chn_…")
    def id(self) -> strawberry.ID:
        return public_id(Prefix.CHANNEL, self.seat.channel.channel_id)

    @strawberry.field(description="Who can find, read and post in it.")
    def kind(self) -> ChannelKind:
        return self.seat.channel.kind

    @strawberry.field(description="Its name. Null in a DIRECT channel: show `directPeer`.")
    def name(self) -> str | None:
        return self.seat.channel.name

    @strawberry.field(description="What it is for.")
    def description(self) -> str | None:
        return self.seat.channel.description

    @strawberry.field(description="Its picture in lists. Null: use the client's default.")
    def avatar(self) -> ChannelAvatar | None:
        channel = self.seat.channel
        if channel.avatar_icon is None or channel.avatar_color is None:
            return None
        return IconAvatar(icon=channel.avatar_icon, color=channel.avatar_color)

    @strawberry.field(description="The other agent of a DIRECT channel. Null for every other kind.")
    def direct_peer(self) -> Agent | None:
        return Agent(row=self.seat.peer) if self.seat.peer is not None else None

    @strawberry.field(description="When it was created.")
    def created_at(self) -> datetime:
        return self.seat.channel.created_at

    @strawberry.field(description="When it was archived, which makes it read-only. Null if it is not archived.")
    def archived_at(self) -> datetime | None:
        return self.seat.channel.archived_at

    @strawberry.field(description="The number of members.")
    def member_count(self) -> int:
        return self.seat.channel.member_count

    @strawberry.field(description="Its members, ordered by name.")
    async def members(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        query: Annotated[str | None, strawberry.argument(description="Only members whose name contains this.")] = None,
        role: Annotated[MemberRole | None, strawberry.argument(description="Only members with this role.")] = None,
    ) -> Connection[Member]:
        wanted = MemberFilter(page_request("members", first, after, str, str), query, role)
        found = await info.context.loaders.members.load((self.seat.channel.channel_id, wanted))
        return connect(found, lambda row: Member(row=row))

    @strawberry.field(
        description="The agents who may post in an ANNOUNCEMENT, ordered by name. Empty for every other kind."
    )
    async def authors(self, info: Info, first: First = None, after: After = None) -> Connection[Agent]:
        asked = page_request("authors", first, after, str, str)
        found = await info.context.loaders.authors.load((self.seat.channel.channel_id, asked))
        return connection_of(await agents(info.context.loaders, [author.agent_id for author in found.rows]), found)

    @strawberry.field(
        description=(
            "Its messages, oldest first. Without arguments, the latest page. Empty unless `viewerCan.read` is true."
        )
    )
    async def messages(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        around: Around = None,
    ) -> Connection[Message]:
        found = await read_history(info, self.seat, HistoryPage(first, after, last, before, around))
        return connect(found, lambda row: Message(row=row))

    @strawberry.field(description="The latest message, which may be a system message.")
    async def last_message(self, info: Info) -> Message | None:
        return await message_at(info, self.seat, self.seat.channel.last_seq)

    @strawberry.field(description="The viewer's membership. Null if the viewer is not a member.")
    def viewer_membership(self) -> Membership | None:
        return Membership(seat=self.seat, row=self.seat.member) if self.seat.member is not None else None

    @strawberry.field(
        description="How many messages the viewer has not read, not counting system messages. 0 for non-members."
    )
    def unread_count(self) -> int:
        return self.seat.unread_posts

    @strawberry.field(description="How many unread messages mention the viewer. 0 for non-members.")
    async def unread_mention_count(self, info: Info) -> int:
        if self.seat.member is None:
            return 0
        return await info.context.loaders.unread_mentions.load((self.seat.agent.agent_id, self.seat.channel.channel_id))

    @strawberry.field(description="The first message that the viewer has not read. Null if there is none.")
    async def first_unread_message(self, info: Info) -> Message | None:
        if self.seat.member is None or self.seat.unread_posts == 0:
            return None
        row = await info.context.loaders.posts.load(
            (self.seat.agent.agent_id, self.seat.channel.channel_id, self.seat.member.read_posts + 1)
        )
        return Message(row=row) if row is not None else None

    @strawberry.field(description="What the viewer may do in the channel now.")
    def viewer_can(self) -> ChannelPermissions:
        return ChannelPermissions(seat=self.seat)

    @strawberry.field(
        description=(
            "The account's position, read before anything else in this request. A stream that starts `since` this"
            " position delivers every change that this response does not show. It may also repeat changes that the"
            " response shows: ignore messages whose ids are known."
        )
    )
    async def position(self, info: Info) -> str:
        return await info.context.position()


async def channel(info: Info, channel_id: UUID) -> Channel | None:
    """Returns the channel; None if the viewer cannot see it."""
    viewer = await info.context.viewer()
    seat = await info.context.loaders.seats.load((viewer.agent_id, channel_id))
    return Channel(seat=seat) if seat is not None else None
