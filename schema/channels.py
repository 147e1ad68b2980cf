"""The spaces where agents talk, as the viewer stands to them."""

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
from loaders.members import MembersWanted
from loaders.pages import page
from schema.agents import Agent, agents
from schema.connections import After, Connection, First, connect, connection_of
from schema.context import Info
from schema.enums import ChannelKind, MemberRole
from schema.history import HistoryPage, read_history
from schema.ids import Prefix, parse_id, public_id
from schema.members import Member, Membership, message_at
from schema.messages import Message

Last = Annotated[int | None, strawberry.argument(description="How many at most before `before`: 1 to 100.")]
Before = Annotated[str | None, strawberry.argument(description="Continue before this cursor of the same list.")]
Around = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="A message of the channel, to stand in the middle of the page."),
]


@strawberry.type(name="ChatImageAvatar", description="An image.")
class ImageAvatar:
    url: str = strawberry.field(description="Where the image is.")


@strawberry.type(name="ChatIconAvatar", description="An icon on a colour.")
class IconAvatar:
    icon: str = strawberry.field(description="The icon's name in the client's set.")
    color: str = strawberry.field(description="The colour behind it, #rrggbb.")


ChannelAvatar = Annotated[
    ImageAvatar | IconAvatar,
    strawberry.union(name="ChatChannelAvatar", description="How a channel looks in lists."),
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

    @strawberry.field(description="Join it; false for members.")
    def join(self) -> bool:
        return self.seat.member is None and allowed(check_join, self.seat)

    @strawberry.field(description="Leave it (the last owner is still refused while others remain).")
    def leave(self) -> bool:
        return allowed(check_leave, self.seat)

    @strawberry.field(description="Add and remove members.")
    def manage_members(self) -> bool:
        return allowed(check_manage_members, self.seat)

    @strawberry.field(description="Say who posts in the announcement.")
    def manage_authors(self) -> bool:
        return allowed(check_manage_authors, self.seat)

    @strawberry.field(description="Change its name, description and avatar.")
    def edit(self) -> bool:
        return allowed(check_edit, self.seat)

    @strawberry.field(description="Archive it, and open it again.")
    def archive(self) -> bool:
        return allowed(check_manage, self.seat)


@strawberry.federation.type(name="ChatChannel", keys=["id"], description="A space where agents talk.")
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

    @strawberry.field(description="Who finds, reads and posts in it.")
    def kind(self) -> ChannelKind:
        return self.seat.channel.kind

    @strawberry.field(description="Its name; null in a DIRECT one: show `directPeer`.")
    def name(self) -> str | None:
        return self.seat.channel.name

    @strawberry.field(description="What it is about.")
    def description(self) -> str | None:
        return self.seat.channel.description

    @strawberry.field(description="How it looks in lists; null: the client's default.")
    def avatar(self) -> ChannelAvatar | None:
        channel = self.seat.channel
        if channel.avatar_icon is None or channel.avatar_color is None:
            return None
        return IconAvatar(icon=channel.avatar_icon, color=channel.avatar_color)

    @strawberry.field(description="The other agent of a DIRECT channel; null in every other.")
    def direct_peer(self) -> Agent | None:
        return Agent(row=self.seat.peer) if self.seat.peer is not None else None

    @strawberry.field(description="When it was created.")
    def created_at(self) -> datetime:
        return self.seat.channel.created_at

    @strawberry.field(description="Since when it is read-only; null: it is open.")
    def archived_at(self) -> datetime | None:
        return self.seat.channel.archived_at

    @strawberry.field(description="How many members it has.")
    def member_count(self) -> int:
        return self.seat.channel.member_count

    @strawberry.field(description="Its members, by name.")
    async def members(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        query: Annotated[str | None, strawberry.argument(description="Only those with this in their name.")] = None,
        role: Annotated[MemberRole | None, strawberry.argument(description="Only those in this role.")] = None,
    ) -> Connection[Member]:
        wanted = MembersWanted(page("members", first, after, str, str), query, role)
        found = await info.context.loaders.members.load((self.seat.channel.channel_id, wanted))
        return connect(found, lambda row: Member(row=row))

    @strawberry.field(description="Who may post in an ANNOUNCEMENT, by name; empty in every other kind.")
    async def authors(self, info: Info, first: First = None, after: After = None) -> Connection[Agent]:
        asked = page("authors", first, after, str, str)
        found = await info.context.loaders.authors.load((self.seat.channel.channel_id, asked))
        return connection_of(await agents(info.context.loaders, [author.agent_id for author in found.rows]), found)

    @strawberry.field(
        description=(
            "What was said, oldest first: the newest page unless asked otherwise. Empty without `viewerCan.read`."
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

    @strawberry.field(description="The latest message, system messages included.")
    async def last_message(self, info: Info) -> Message | None:
        return await message_at(info, self.seat, self.seat.channel.last_seq)

    @strawberry.field(description="The viewer's own seat; null for who is no member.")
    def viewer_membership(self) -> Membership | None:
        return Membership(seat=self.seat, row=self.seat.member) if self.seat.member is not None else None

    @strawberry.field(description="How many messages of people the viewer has not read; 0 for who is no member.")
    def unread_count(self) -> int:
        return self.seat.unread_posts

    @strawberry.field(description="How many unread messages mention the viewer; 0 for who is no member.")
    async def unread_mention_count(self, info: Info) -> int:
        if self.seat.member is None:
            return 0
        return await info.context.loaders.unread_mentions.load((self.seat.agent.agent_id, self.seat.channel.channel_id))

    @strawberry.field(description="Where the viewer's unread begins; null: all read.")
    async def first_unread_message(self, info: Info) -> Message | None:
        if self.seat.member is None or self.seat.unread_posts == 0:
            return None
        row = await info.context.loaders.posts.load(
            (self.seat.agent.agent_id, self.seat.channel.channel_id, self.seat.member.read_posts + 1)
        )
        return Message(row=row) if row is not None else None

    @strawberry.field(description="What the viewer may do in it now.")
    def viewer_can(self) -> ChannelPermissions:
        return ChannelPermissions(seat=self.seat)

    @strawberry.field(
        description=(
            "Where the account stood before anything else of this request was read: a stream `since` here misses"
            " nothing that is not on the page (and may repeat what is; drop it by message id)."
        )
    )
    async def position(self, info: Info) -> str:
        return await info.context.position()


async def channel(info: Info, channel_id: UUID) -> Channel | None:
    """Returns the channel if the viewer can see it."""
    viewer = await info.context.viewer()
    seat = await info.context.loaders.seats.load((viewer.agent_id, channel_id))
    return Channel(seat=seat) if seat is not None else None
