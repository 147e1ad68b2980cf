"""Who is in a channel, and what the viewer keeps for themselves about their own seat."""

from datetime import datetime

import strawberry

from chat.access import Seat
from chat.recipients import is_muted
from models import Member as MemberRow
from schema.agents import Agent, agent
from schema.context import Info
from schema.enums import MemberRole, NotificationLevel
from schema.messages import Message


@strawberry.type(name="ChatMember", description="A member of a channel.")
class Member:
    row: strawberry.Private[MemberRow]

    @strawberry.field(description="Who.")
    async def agent(self, info: Info) -> Agent:
        return await agent(info.context.loaders, self.row.agent_id)

    @strawberry.field(description="What they may do in the channel.")
    def role(self) -> MemberRole:
        return self.row.role

    @strawberry.field(description="When they last joined.")
    def joined_at(self) -> datetime:
        return self.row.joined_at


@strawberry.type(name="ChatMembership", description="The viewer's own seat in a channel; only they see it.")
class Membership:
    seat: strawberry.Private[Seat]
    row: strawberry.Private[MemberRow]

    @strawberry.field(description="What the viewer may do in the channel.")
    def role(self) -> MemberRole:
        return self.row.role

    @strawberry.field(description="Which messages ring.")
    def notification_level(self) -> NotificationLevel:
        return self.row.notification_level

    @strawberry.field(description="Whether nothing rings now; unread counts go on.")
    def muted(self, info: Info) -> bool:
        return is_muted(self.row, info.context.chat.clock.now())

    @strawberry.field(description="When the mute ends; null: not muted, or for good.")
    def muted_until(self, info: Info) -> datetime | None:
        return self.row.muted_until if is_muted(self.row, info.context.chat.clock.now()) else None

    @strawberry.field(description="Whether the viewer keeps the channel among their favourites.")
    def favourite(self) -> bool:
        return self.row.favourite

    @strawberry.field(description="A note about the channel that only its writer ever sees.")
    async def personal_note(self, info: Info) -> str | None:
        return await info.context.loaders.notes.load((self.row.agent_id, self.row.channel_id))

    @strawberry.field(description="The message up to which the viewer has read; null: none yet.")
    async def last_read_message(self, info: Info) -> Message | None:
        return await message_at(info, self.seat, self.row.read_seq)


async def message_at(info: Info, seat: Seat, seq: int) -> Message | None:
    """Returns the message at this place of the channel, None before the first and for who cannot read there."""
    if seq == 0 or not seat.readable:
        return None
    rows = await info.context.loaders.history.load((seat.agent.agent_id, seat.channel.channel_id, seq, seq))
    return Message(row=rows[0]) if rows else None
