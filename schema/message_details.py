"""What belongs to a message: its system event, mentions, reactions, and what the viewer may do with it."""

import strawberry

from chat.access import Seat
from chat.policies import allowed, check_delete_message, check_edit_message, check_pin, check_react
from chat.viewer import Viewer
from execution import level_field
from loaders.messages import ReactionCount
from loaders.pages import PAGE_DEFAULT, page_request
from models.rows import AgentRow, MentionRow, MessageRow
from schema.agents import Agent, agents_of_each
from schema.connections import After, Connection, First, connection_of
from schema.context import Info
from schema.costs import PAGE, assumed
from schema.enums import MentionTarget, SystemEvent
from schema.ids import Prefix, derived_id


@strawberry.type(name="ChatSystemEvent", description="What a system message reports.")
class SystemEventDetails:
    row: strawberry.Private[MessageRow]

    @strawberry.field(description="What happened. The message's author did it.")
    def kind(self) -> SystemEvent:
        assert self.row.system_event is not None
        return self.row.system_event

    @level_field(
        description="The agents affected. Empty if the event affects only the author or the channel.",
        directives=assumed(10),
    )
    @staticmethod
    async def agents(events: list["SystemEventDetails"], info: Info) -> list[list[Agent]]:
        # The same list for all readers of a message, whose rows may have been read for each of them.
        ids_of = {event.row.message_id: event.row.system_agent_ids or [] for event in events}
        return await agents_of_each(info.context.loaders, [ids_of[event.row.message_id] for event in events])

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

    @strawberry.field(description="An opaque id: mnt_… It identifies what is mentioned in this message.")
    def id(self) -> strawberry.ID:
        agent_id = self.mentioned_agent.agent_id if self.mentioned_agent is not None else ""
        mentioned = f"{self.row.target} {self.row.reachable} {agent_id or self.row.team_name}"
        return derived_id(Prefix.MENTION, self.row.message_id, mentioned)

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

    @strawberry.field(description="An opaque id: rct_… It identifies the emoji on this message.")
    def id(self) -> strawberry.ID:
        return derived_id(Prefix.REACTION, self.message.message_id, self.tally.emoji)

    @strawberry.field(description="The emoji.")
    def emoji(self) -> str:
        return self.tally.emoji

    @strawberry.field(description="How many agents reacted with it.")
    def count(self) -> int:
        return self.tally.count

    @strawberry.field(description="Whether the viewer reacted with it.")
    def viewer_reacted(self) -> bool:
        return self.tally.viewer_reacted

    @level_field(description="The agents who reacted with it, ordered by id.", directives=PAGE)
    @staticmethod
    async def agents(
        reactions: list["Reaction"], info: Info, first: First = PAGE_DEFAULT, after: After = None
    ) -> list[Connection[Agent]]:
        request = page_request("reactors", first, after, str)
        pages = await info.context.loaders.reactors.load_many(
            (reaction.message.message_id, reaction.tally.emoji, request) for reaction in reactions
        )
        reactors = await agents_of_each(info.context.loaders, [page.rows for page in pages])
        return list(map(connection_of, reactors, pages))


@strawberry.type(name="ChatMessagePermissions", description="What the viewer may do with a message now.")
class MessagePermissions:
    seat: strawberry.Private[Seat]
    row: strawberry.Private[MessageRow]
    reader: strawberry.Private[Viewer]

    @strawberry.field(description="Edit its text.")
    def edit(self) -> bool:
        return allowed(check_edit_message, self.seat, self.row)

    @strawberry.field(description="Delete it.")
    def delete(self) -> bool:
        return self.row.deleted_at is None and allowed(check_delete_message, self.seat, self.row)

    @strawberry.field(description="Add and remove reactions.")
    def react(self) -> bool:
        return allowed(check_react, self.seat, self.row)

    @strawberry.field(description="Pin and unpin it.")
    def pin(self) -> bool:
        return allowed(check_pin, self.reader, self.seat, self.row)
