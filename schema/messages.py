"""What was said, as the viewer reads it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from chat.access import Seat
from chat.policies import allowed, check_delete_message, check_edit_message, check_react
from loaders.messages import ReactionTally
from loaders.pages import page
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


@strawberry.type(name="ChatSystemEvent", description="What the chat itself tells in a message.")
class SystemEventTold:
    row: strawberry.Private[MessageRow]

    @strawberry.field(description="What happened; the message's author did it.")
    def kind(self) -> SystemEvent:
        assert self.row.system_event is not None
        return self.row.system_event

    @strawberry.field(description="To whom it happened; empty where it concerns the author or the channel.")
    async def agents(self, info: Info) -> list[Agent]:
        return await agents(info.context.loaders, self.row.system_agent_ids or [])

    @strawberry.field(description="What stood before, where something changed.")
    def before(self) -> str | None:
        return self.row.system_before

    @strawberry.field(description="What stands since, where something changed.")
    def after(self) -> str | None:
        return self.row.system_after


@strawberry.type(name="ChatMention", description="Whom a message names.")
class Mention:
    row: strawberry.Private[MentionRow]
    named: strawberry.Private[AgentRow | None]

    @strawberry.field(description="What kind of mention it is.")
    def target(self) -> MentionTarget:
        return self.row.target

    @strawberry.field(description="The agent named; null for teams, the channel, and ids that name nobody.")
    def agent(self) -> Agent | None:
        return Agent(row=self.named) if self.named is not None else None

    @strawberry.field(description="The team named, as it was called then; null for agents and the channel.")
    def team_name(self) -> str | None:
        return self.row.team_name

    @strawberry.field(
        description="Whether whom it names could read the message when it was written; if not, nobody was told."
    )
    def reachable(self) -> bool:
        return self.row.reachable


@strawberry.type(name="ChatReaction", description="An emoji on a message, with those who chose it.")
class Reaction:
    message: strawberry.Private[MessageRow]
    tally: strawberry.Private[ReactionTally]

    @strawberry.field(description="The emoji itself.")
    def emoji(self) -> str:
        return self.tally.emoji

    @strawberry.field(description="How many agents chose it.")
    def count(self) -> int:
        return self.tally.count

    @strawberry.field(description="Whether the viewer is one of them.")
    def viewer_reacted(self) -> bool:
        return self.tally.mine

    @strawberry.field(description="Who chose it, by agent id.")
    async def agents(self, info: Info, first: First = None, after: After = None) -> Connection[Agent]:
        asked = page("reactors", first, after, str)
        found = await info.context.loaders.reactors.load((self.message.message_id, self.tally.emoji, asked))
        return connection_of(await agents(info.context.loaders, list(found.rows)), found)


@strawberry.type(name="ChatMessagePermissions", description="What the viewer may do with a message now.")
class MessagePermissions:
    seat: strawberry.Private[Seat]
    row: strawberry.Private[MessageRow]

    @strawberry.field(description="Change its text.")
    def edit(self) -> bool:
        return allowed(check_edit_message, self.seat, self.row)

    @strawberry.field(description="Delete it; a tombstone stays.")
    def delete(self) -> bool:
        return self.row.deleted_at is None and allowed(check_delete_message, self.seat, self.row)

    @strawberry.field(description="Add and remove reactions.")
    def react(self) -> bool:
        return allowed(check_react, self.seat, self.row)


@strawberry.federation.type(
    name="ChatMessage",
    keys=["id"],
    description="A person's message, or (with `systemEvent`) what the chat itself tells in a channel.",
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

    @strawberry.field(description="Where it was said.")
    async def channel(self, info: Info) -> Annotated["Channel", strawberry.lazy("schema.channels")]:
        # Channels show messages and messages their channel: one of the two must wait for the other to be defined.
        from schema.channels import Channel

        return Channel(seat=await self._seat(info))

    @strawberry.field(description="Who said it; in a system message, who did what it tells.")
    async def author(self, info: Info) -> Agent:
        return await agent(info.context.loaders, self.row.author_id)

    @strawberry.field(description="The place in the channel: 1, 2, 3 … without gaps.")
    def seq(self) -> int:
        return self.row.seq

    @strawberry.field(description='The text, in Markdown; "" in system messages and once deleted.')
    def body(self) -> str:
        return self.row.body

    @strawberry.field(description="What the chat itself tells; null in people's messages.")
    def system_event(self) -> SystemEventTold | None:
        return SystemEventTold(row=self.row) if self.row.system_event is not None else None

    @strawberry.field(description="The message this one answers, of the same channel.")
    async def reply_to(self, info: Info) -> "Message | None":
        return await message(info, self.row.reply_to_id) if self.row.reply_to_id is not None else None

    @strawberry.field(description="The items shared with it, each as the viewer may see it.")
    async def cards(self, info: Info) -> list[Annotated["SharedCard", strawberry.lazy("schema.cards")]]:
        # A card shows the messages that its item was shared in, as a message shows its cards.
        from schema.cards import SharedCard

        rows = await info.context.loaders.cards.load(self.row.message_id)
        return [SharedCard.of(row) for row in rows]

    @strawberry.field(description="Whom the text names, each once, in its order.")
    async def mentions(self, info: Info) -> list[Mention]:
        shown = await info.context.loaders.mentions.load(self.row.message_id)
        return [Mention(row=each.mention, named=each.agent) for each in shown]

    @strawberry.field(description="The emojis on it, in the order in which each first came.")
    async def reactions(self, info: Info) -> list[Reaction]:
        viewer = await info.context.viewer()
        tallies = await info.context.loaders.reactions.load((viewer.agent_id, self.row.message_id))
        return [Reaction(message=self.row, tally=tally) for tally in tallies]

    @strawberry.field(description="When it was sent.")
    def created_at(self) -> datetime:
        return self.row.created_at

    @strawberry.field(description="When its text was last changed; null: never.")
    def edited_at(self) -> datetime | None:
        return self.row.edited_at

    @strawberry.field(description="When it was deleted: what remains is a tombstone. Null: it stands.")
    def deleted_at(self) -> datetime | None:
        return self.row.deleted_at

    @strawberry.field(description="A link to the message; whoever may not read it finds nothing there.")
    def permalink(self, info: Info) -> str:
        channel = public_id(Prefix.CHANNEL, self.row.channel_id)
        message = public_id(Prefix.MESSAGE, self.row.message_id)
        return f"{info.context.services.public_url}/channels/{channel}/messages/{message}"

    @strawberry.field(description="What the viewer may do with it now.")
    async def viewer_can(self, info: Info) -> MessagePermissions:
        return MessagePermissions(seat=await self._seat(info), row=self.row)

    async def _seat(self, info: Info) -> Seat:
        viewer = await info.context.viewer()
        seat = await info.context.loaders.seats.load((viewer.agent_id, self.row.channel_id))
        assert seat is not None, "whoever reads a message sees its channel"
        return seat


async def message(info: Info, message_id: UUID) -> Message | None:
    """Returns the message if the viewer can read it."""
    viewer = await info.context.viewer()
    row = await info.context.loaders.messages.load((viewer.agent_id, message_id))
    return Message(row=row) if row is not None else None
