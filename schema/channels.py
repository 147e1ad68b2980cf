"""Channels, as the viewer sees them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from chat.access import Pair, Seat
from chat.errors import Denied
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
from chat.retention import effective_days
from chat.viewer import Viewer
from execution import level_field
from loaders import Loaders
from loaders.members import MemberFilter
from loaders.pages import PAGE_DEFAULT, Page, page_request
from schema.agents import Agent, agents_of_each
from schema.connections import After, Connection, First, connect, connection_of
from schema.context import Info, RequestInfo, positions
from schema.costs import HISTORY_PAGE, PAGE
from schema.enums import ChannelKind, MemberRole
from schema.history import HistoryPage, read_history
from schema.ids import Prefix, parse_id, public_id
from schema.members import Member, Membership, messages_at
from schema.messages import Message, messages_for, seats_of
from schema.texts import query_argument

Last = Annotated[int | None, strawberry.argument(description="How many items to return before `before`: 1 to 100.")]
Before = Annotated[str | None, strawberry.argument(description="Return the items before this cursor of the same list.")]
Around = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Return the page around this message of the channel."),
]


@strawberry.type(name="ChatImageAvatar", description="An image as the avatar of a channel.")
class ImageAvatar:
    url: str = strawberry.field(
        description="The address of the image, 256 pixels wide and high. It works without a token, for a day or more."
    )


@strawberry.type(name="ChatIconAvatar", description="An icon on a coloured background as the avatar of a channel.")
class IconAvatar:
    icon: str = strawberry.field(description="The icon's name in the client's icon set.")
    color: str = strawberry.field(description="The background colour, #rrggbb.")


@strawberry.type(name="ChatMessageRetention", description="How long the messages of a channel are kept.")
class MessageRetention:
    days: int | None = strawberry.field(description="After how many days they are removed. Null: never.")
    inherited: bool = strawberry.field(
        description="Whether this is the account's setting. False: the channel has an exception."
    )


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
    reader: strawberry.Private[Viewer]

    @staticmethod
    async def resolve_references(loaders: Loaders, reader: Viewer, ids: Sequence[str]) -> list["Channel | None"]:
        channel_ids = [parse_id(Prefix.CHANNEL, id) for id in ids]
        known = [channel_id for channel_id in channel_ids if channel_id is not None]
        seats = iter(await loaders.seats.load_many((reader.agent_id, channel_id) for channel_id in known))
        return [
            Channel(seat=seat, reader=reader) if channel_id is not None and (seat := next(seats)) is not None else None
            for channel_id in channel_ids
        ]

    @property
    def key(self) -> Pair:
        return self.reader.agent_id, self.seat.channel.channel_id

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
    def avatar(self, info: Info) -> ChannelAvatar | None:
        channel = self.seat.channel
        if channel.avatar_key is not None:
            services = info.context.services
            avatar_id, now = UUID(channel.avatar_key), services.chat.clock.now()
            return ImageAvatar(url=services.links.avatar(self.reader.account_id, avatar_id, now))
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

    @strawberry.field(description="The number of active members.")
    def member_count(self) -> int:
        return self.seat.channel.member_count

    @level_field(description="Its members, ordered by name.", directives=PAGE)
    @staticmethod
    async def members(
        channels: list["Channel"],
        info: Info,
        first: First = PAGE_DEFAULT,
        after: After = None,
        query: Annotated[str | None, query_argument("Only members whose name contains this.")] = None,
        role: Annotated[MemberRole | None, strawberry.argument(description="Only members with this role.")] = None,
    ) -> list[Connection[Member]]:
        wanted = MemberFilter(page_request("members", first, after, str, str), query, role)
        pages = await info.context.loaders.members.load_many(
            (channel.seat.channel.channel_id, wanted) for channel in channels
        )
        return [connect(page, lambda row: Member(row=row)) for page in pages]

    @level_field(
        description="The agents who may post in an ANNOUNCEMENT, ordered by name. Empty for every other kind.",
        directives=PAGE,
    )
    @staticmethod
    async def authors(
        channels: list["Channel"], info: Info, first: First = PAGE_DEFAULT, after: After = None
    ) -> list[Connection[Agent]]:
        request = page_request("authors", first, after, str, str)
        pages = await info.context.loaders.authors.load_many(
            (channel.seat.channel.channel_id, request) for channel in channels
        )
        authors = await agents_of_each(info.context.loaders, [page.rows for page in pages])
        return list(map(connection_of, authors, pages))

    @strawberry.field(description="How long its messages are kept.")
    def message_retention(self) -> MessageRetention:
        days = effective_days(self.seat.channel, self.reader.account)
        return MessageRetention(days=days, inherited=self.seat.channel.retention_days is None)

    @strawberry.field(
        description=(
            "The `seq` of the last message that was removed because of its age: it and all earlier ones are gone. 0 if"
            " none was removed."
        )
    )
    def expired_seq(self) -> int:
        return self.seat.channel.expired_seq

    @level_field(
        description=(
            "Its messages, oldest first. Without arguments, the latest page. Empty unless `viewerCan.read` is true."
        ),
        directives=HISTORY_PAGE,
    )
    @staticmethod
    async def messages(
        channels: list["Channel"],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        around: Around = None,
    ) -> list[Connection[Message] | Denied]:
        request = HistoryPage(first, after, last, before, around)
        pages = await read_history(info.context.loaders, [channel.seat for channel in channels], request)
        return [
            page if isinstance(page, Denied) else messages_for(channel.reader, page)
            for channel, page in zip(channels, pages, strict=True)
        ]

    @level_field(
        description="Its pinned messages, latest pin first, at most 100. Empty unless `viewerCan.read` is true.",
        directives=PAGE,
    )
    @staticmethod
    async def pinned_messages(
        channels: list["Channel"], info: Info, first: First = PAGE_DEFAULT, after: After = None
    ) -> list[Connection[Message]]:
        request = page_request("pinned", first, after, datetime, UUID)
        pages = await info.context.loaders.pinned.load_many((*channel.key, request) for channel in channels)
        return [messages_for(channel.reader, page) for channel, page in zip(channels, pages, strict=True)]

    @level_field(description="The latest message, which may be a system message.")
    @staticmethod
    async def last_message(channels: list["Channel"], info: Info) -> list[Message | None]:
        latest = [(channel.seat, channel.seat.channel.last_seq, channel.reader) for channel in channels]
        return await messages_at(info.context.loaders, latest)

    @strawberry.field(description="The viewer's membership. Null if the viewer is not a member.")
    def viewer_membership(self) -> Membership | None:
        if self.seat.member is None:
            return None
        return Membership(seat=self.seat, row=self.seat.member, reader=self.reader)

    @strawberry.field(
        description="How many messages the viewer has not read, not counting system messages. 0 for non-members."
    )
    def unread_count(self) -> int:
        return self.seat.unread_posts

    @level_field(description="How many unread messages mention the viewer. 0 for non-members.")
    @staticmethod
    async def unread_mention_count(channels: list["Channel"], info: Info) -> list[int]:
        joined = [channel.key for channel in channels if channel.seat.member is not None]
        counts = iter(await info.context.loaders.unread_mentions.load_many(joined))
        return [next(counts) if channel.seat.member is not None else 0 for channel in channels]

    @level_field(description="The first message that the viewer has not read. Null if there is none.")
    @staticmethod
    async def first_unread_message(channels: list["Channel"], info: Info) -> list[Message | None]:
        keys = [
            (*channel.key, channel.seat.posts_before_unread + 1) if channel.seat.unread_posts else None
            for channel in channels
        ]
        found = iter(await info.context.loaders.posts.load_many(key for key in keys if key is not None))
        rows = [next(found) if key is not None else None for key in keys]
        return [
            Message(row=row, reader=channel.reader) if row is not None else None
            for channel, row in zip(channels, rows, strict=True)
        ]

    @strawberry.field(description="What the viewer may do in the channel now.")
    def viewer_can(self) -> ChannelPermissions:
        return ChannelPermissions(seat=self.seat)

    @level_field(
        description=(
            "The account's position, read before anything else in this request. A stream that starts `since` this"
            " position delivers every change that this response does not show. It may also repeat changes that the"
            " response shows: ignore messages whose ids are known."
        )
    )
    @staticmethod
    async def position(channels: list["Channel"], info: Info) -> list[str]:
        return await positions(info.context.loaders, (channel.reader for channel in channels))


async def channel(info: RequestInfo, channel_id: UUID) -> Channel | None:
    """Returns the channel; None if the viewer cannot see it."""
    viewer = await info.context.viewer()
    seat = await info.context.loaders.seats.load((viewer.agent_id, channel_id))
    return Channel(seat=seat, reader=viewer) if seat is not None else None


async def channels_of(messages: Sequence[Message], info: Info) -> list[Channel | Denied]:
    """Returns the channel of each message as its reader sees it. Denied ACCESS_LOST stands in the place of a channel
    that the reader cannot see any more."""
    seats = await seats_of(messages, info)
    return [
        seat if isinstance(seat, Denied) else Channel(seat=seat, reader=message.reader)
        for message, seat in zip(messages, seats, strict=True)
    ]


def channels_for(reader: Viewer, page: Page[Seat]) -> Connection[Channel]:
    return connect(page, lambda seat: Channel(seat=seat, reader=reader))
