"""Members of a channel, and the viewer's own membership with its personal settings."""

from collections.abc import Sequence
from datetime import datetime

import strawberry

from chat.access import Seat
from chat.notification_rules import is_muted
from chat.viewer import Viewer
from execution import level_field
from loaders import Loaders
from models.rows import MemberRow
from schema.agents import Agent, agents
from schema.context import Info
from schema.enums import MemberRole, NotificationLevel
from schema.ids import Prefix, derived_id
from schema.messages import Message


@strawberry.type(name="ChatMember", description="A member of a channel.")
class Member:
    row: strawberry.Private[MemberRow]

    @strawberry.field(description="An opaque id: mbr_… It identifies the agent in this channel, also after rejoining.")
    def id(self) -> strawberry.ID:
        return derived_id(Prefix.MEMBER, self.row.channel_id, self.row.agent_id)

    @level_field(description="The agent.")
    @staticmethod
    async def agent(members: list["Member"], info: Info) -> list[Agent]:
        return await agents(info.context.loaders, (member.row.agent_id for member in members))

    @strawberry.field(description="The member's role in the channel.")
    def role(self) -> MemberRole:
        return self.row.role

    @strawberry.field(description="When the agent last joined the channel.")
    def joined_at(self) -> datetime:
        return self.row.joined_at


@strawberry.type(name="ChatMembership", description="The viewer's membership of a channel. Nobody else sees it.")
class Membership:
    seat: strawberry.Private[Seat]
    row: strawberry.Private[MemberRow]
    reader: strawberry.Private[Viewer]

    @strawberry.field(description="An opaque id: mbs_… It identifies the viewer in this channel, also after rejoining.")
    def id(self) -> strawberry.ID:
        return derived_id(Prefix.MEMBERSHIP, self.row.channel_id, self.row.agent_id)

    @strawberry.field(description="The viewer's role in the channel.")
    def role(self) -> MemberRole:
        return self.row.role

    @strawberry.field(description="Which messages alert the viewer.")
    def notification_level(self) -> NotificationLevel:
        return self.row.notification_level

    @strawberry.field(description="Whether the channel is muted now. Unread counts are not affected.")
    def muted(self, info: Info) -> bool:
        return is_muted(self.row, info.context.services.chat.clock.now())

    @strawberry.field(description="When the mute ends. Null: not muted, or muted indefinitely.")
    def muted_until(self, info: Info) -> datetime | None:
        return self.row.muted_until if is_muted(self.row, info.context.services.chat.clock.now()) else None

    @strawberry.field(description="Whether the channel is one of the viewer's favourites.")
    def favourite(self) -> bool:
        return self.row.favourite

    @level_field(description="The viewer's note about the channel. Nobody else ever sees it.")
    @staticmethod
    async def personal_note(memberships: list["Membership"], info: Info) -> list[str | None]:
        rows = (membership.row for membership in memberships)
        return await info.context.loaders.notes.load_many((row.agent_id, row.channel_id) for row in rows)

    @level_field(description="The last message that the viewer has read. Null if they have read none.")
    @staticmethod
    async def last_read_message(memberships: list["Membership"], info: Info) -> list[Message | None]:
        last_read = [(membership.seat, membership.row.read_seq, membership.reader) for membership in memberships]
        return await messages_at(info.context.loaders, last_read)


async def messages_at(loaders: Loaders, places: Sequence[tuple[Seat, int, Viewer]]) -> list[Message | None]:
    """Returns the message with this `seq` in each channel, or None if it is 0 or the reader cannot read the channel."""
    keys = [
        (seat.agent.agent_id, seat.channel.channel_id, seq, seq) if seq and seat.readable else None
        for seat, seq, _ in places
    ]
    found = iter(await loaders.history.load_many(key for key in keys if key is not None))
    rows = [next(found) if key is not None else [] for key in keys]
    return [
        Message(row=row[0], reader=reader) if row else None for row, (_, _, reader) in zip(rows, places, strict=True)
    ]
