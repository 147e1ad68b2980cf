"""Messages, as the viewer reads them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from chat.access import Seat
from chat.policies import allowed, check_delete_message, check_edit_message, check_react
from loaders.messages import ReactionCount
from loaders.pages import page_request
from models import Agent as AgentRow
from models import Mention as MentionRow
from models import Message as MessageRow
from schema.agents import Agent, agent, agents
from schema.connections import After, Connection, First, connection_of
from schema.context import Info
from schema.enums import MentionTarget, SystemEvent
from schema.ids import Prefix, parse_id, public_id

if TYPE_CHECKING:
    from schema.cards import SharedCard
    from schema.channels import Channel


@strawberry.type(name="ChatSystemEvent", description="What a system message reports.")
class SystemEventDetails:
    row: strawberry.Private[MessageRow]

    @strawberry.field(description="What happened. The message's author did it.")
    def kind(self) -> SystemEvent:
        assert self.row.system_event is not None
        return self.row.system_event

    @strawberry.field(description="The agents affected. Empty if the event affects only the author or the channel.")
    async def agents(self, info: Info) -> list[Agent]:
        return await agents(info.context.loaders, self.row.system_agent_ids or [])

    @strawberry.field(description="The value before the change. Null if there is none.")
    def before(self) -> str | None:
        return self.row.system_before

    @strawberry.field(description="The value after the change. Null if there is none.")
    def after(self) -> str | None:
        return self.row.system_after


@strawberry.type(name="ChatMention", description="A mention in a message.")
class Mention:
    row: strawberry.Private[MentionRow]
    mentioned_agent: strawberry.Private[AgentRow | None]

    @strawberry.field(description="The kind of mention.")
    def target(self) -> MentionTarget:
        return self.row.target

    @strawberry.field(description="The mentioned agent. Null for a team, the channel, or an unknown id.")
    def agent(self) -> Agent | None:
        return Agent(row=self.mentioned_agent) if self.mentioned_agent is not None else None

    @strawberry.field(
        description="The mentioned team's name when the text was written. Null for an agent or the channel."
    )
    def team_name(self) -> str | None:
        return self.row.team_name

    @strawberry.field(
        description="Whether a mentioned agent could read the message when it was written. If not, nobody was notified."
    )
    def reachable(self) -> bool:
        return self.row.reachable


@strawberry.type(name="ChatReaction", description="An emoji with which agents reacted to a message.")
class Reaction:
    message: strawberry.Private[MessageRow]
    tally: strawberry.Private[ReactionCount]

    @strawberry.field(description="The emoji.")
    def emoji(self) -> str:
        return self.tally.emoji

    @strawberry.field(description="How many agents reacted with it.")
    def count(self) -> int:
        return self.tally.count

    @strawberry.field(description="Whether the viewer reacted with it.")
    def viewer_reacted(self) -> bool:
        return self.tally.viewer_reacted

    @strawberry.field(description="The agents who reacted with it, ordered by id.")
    async def agents(self, info: Info, first: First = None, after: After = None) -> Connection[Agent]:
        asked = page_request("reactors", first, after, str)
        found = await info.context.loaders.reactors.load((self.message.message_id, self.tally.emoji, asked))
        return connection_of(await agents(info.context.loaders, list(found.rows)), found)


@strawberry.type(name="ChatMessagePermissions", description="What the viewer may do with a message now.")
class MessagePermissions:
    seat: strawberry.Private[Seat]
    row: strawberry.Private[MessageRow]

    @strawberry.field(description="Edit its text.")
    def edit(self) -> bool:
        return allowed(check_edit_message, self.seat, self.row)

    @strawberry.field(description="Delete it.")
    def delete(self) -> bool:
        return self.row.deleted_at is None and allowed(check_delete_message, self.seat, self.row)

    @strawberry.field(description="Add and remove reactions.")
    def react(self) -> bool:
        return allowed(check_react, self.seat, self.row)


@strawberry.federation.type(
    name="ChatMessage",
    keys=["id"],
    description="A message from an agent or, if it has a `systemEvent`, a system message.",
)
class Message:
    row: strawberry.Private[MessageRow]

    @classmethod
    async def resolve_reference(cls, info: Info, id: str) -> "Message | None":
        message_id = parse_id(Prefix.MESSAGE, id)
        await info.context.viewer()
        return await message(info, message_id) if message_id is not None else None

    @strawberry.field(description="An opaque id: msg_…")
    def id(self) -> strawberry.ID:
        return public_id(Prefix.MESSAGE, self.row.message_id)

    @strawberry.field(description="The channel of the message.")
    async def channel(self, info: Info) -> Annotated["Channel", strawberry.lazy("schema.channels")]:
        # Channel and Message refer to each other, so one of the two modules must be imported here.
        from schema.channels import Channel

        return Channel(seat=await self._seat(info))

    @strawberry.field(description="Who sent it. In a system message: the agent who did what it reports.")
    async def author(self, info: Info) -> Agent:
        return await agent(info.context.loaders, self.row.author_id)

    @strawberry.field(description="The number of the message in its channel: 1, 2, 3 … without gaps.")
    def seq(self) -> int:
        return self.row.seq

    @strawberry.field(description="The text, in Markdown. Empty in system messages and after deletion.")
    def body(self) -> str:
        return self.row.body

    @strawberry.field(description="What a system message reports. Null in messages from agents.")
    def system_event(self) -> SystemEventDetails | None:
        return SystemEventDetails(row=self.row) if self.row.system_event is not None else None

    @strawberry.field(description="The message to which this one replies. It is in the same channel.")
    async def reply_to(self, info: Info) -> "Message | None":
        return await message(info, self.row.reply_to_id) if self.row.reply_to_id is not None else None

    @strawberry.field(description="The items shared in the message, as the viewer may see them.")
    async def cards(self, info: Info) -> list[Annotated["SharedCard", strawberry.lazy("schema.cards")]]:
        # SharedCard and Message also refer to each other.
        from schema.cards import SharedCard

        rows = await info.context.loaders.cards.load(self.row.message_id)
        return [SharedCard.of(row) for row in rows]

    @strawberry.field(description="The mentions in the text, without duplicates, in order of appearance.")
    async def mentions(self, info: Info) -> list[Mention]:
        shown = await info.context.loaders.mentions.load(self.row.message_id)
        return [Mention(row=each.mention, mentioned_agent=each.agent) for each in shown]

    @strawberry.field(description="The reactions to it, in the order in which each emoji was first used.")
    async def reactions(self, info: Info) -> list[Reaction]:
        viewer = await info.context.viewer()
        tallies = await info.context.loaders.reactions.load((viewer.agent_id, self.row.message_id))
        return [Reaction(message=self.row, tally=tally) for tally in tallies]

    @strawberry.field(description="When it was sent.")
    def created_at(self) -> datetime:
        return self.row.created_at

    @strawberry.field(description="When it was last edited. Null if it was never edited.")
    def edited_at(self) -> datetime | None:
        return self.row.edited_at

    @strawberry.field(description="When it was deleted; a tombstone remains. Null if it is not deleted.")
    def deleted_at(self) -> datetime | None:
        return self.row.deleted_at

    @strawberry.field(description="A link to the message, for agents who can read it.")
    def permalink(self, info: Info) -> str:
        channel = public_id(Prefix.CHANNEL, self.row.channel_id)
        message = public_id(Prefix.MESSAGE, self.row.message_id)
        return f"{info.context.services.public_url}/channels/{channel}/messages/{message}"

    @strawberry.field(description="What the viewer may do with the message now.")
    async def viewer_can(self, info: Info) -> MessagePermissions:
        return MessagePermissions(seat=await self._seat(info), row=self.row)

    async def _seat(self, info: Info) -> Seat:
        viewer = await info.context.viewer()
        seat = await info.context.loaders.seats.load((viewer.agent_id, self.row.channel_id))
        assert seat is not None, "an agent who can read a message can see its channel"
        return seat


async def message(info: Info, message_id: UUID) -> Message | None:
    """Returns the message; None if the viewer cannot read it."""
    viewer = await info.context.viewer()
    row = await info.context.loaders.messages.load((viewer.agent_id, message_id))
    return Message(row=row) if row is not None else None
