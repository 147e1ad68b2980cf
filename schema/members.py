"""Members of a channel, and the viewer's own membership with its personal settings."""

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

    @strawberry.field(description="The agent.")
    async def agent(self, info: Info) -> Agent:
        return await agent(info.context.loaders, self.row.agent_id)

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

    @strawberry.field(description="The viewer's role in the channel.")
    def role(self) -> MemberRole:
        return self.row.role

    @strawberry.field(description="Which messages alert the viewer.")
    def notification_level(self) -> NotificationLevel:
        return self.row.notification_level

    @strawberry.field(description="Whether the channel is muted now. Unread counts are not affected.")
    def muted(self, info: Info) -> bool:
        return is_muted(self.row, info.context.chat.clock.now())

    @strawberry.field(description="When the mute ends. Null: not muted, or muted indefinitely.")
    def muted_until(self, info: Info) -> datetime | None:
        return self.row.muted_until if is_muted(self.row, info.context.chat.clock.now()) else None

    @strawberry.field(description="Whether the channel is one of the viewer's favourites.")
    def favourite(self) -> bool:
        return self.row.favourite

    @strawberry.field(description="The viewer's note about the channel. Nobody else ever sees it.")
    async def personal_note(self, info: Info) -> str | None:
        return await info.context.loaders.notes.load((self.row.agent_id, self.row.channel_id))

    @strawberry.field(description="The last message that the viewer has read. Null if they have read none.")
    async def last_read_message(self, info: Info) -> Message | None:
        return await message_at(info, self.seat, self.row.read_seq)


async def message_at(info: Info, seat: Seat, seq: int) -> Message | None:
    """Returns the message with this `seq`. Returns None if it is 0 or the viewer cannot read the channel."""
    if seq == 0 or not seat.readable:
        return None
    rows = await info.context.loaders.history.load((seat.agent.agent_id, seat.channel.channel_id, seq, seq))
    return Message(row=rows[0]) if rows else None
