"""The audit log, as administrators see it."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.utils.str_converters import to_camel_case

from chat.viewer import Viewer
from execution import level_field
from loaders import Loaders
from loaders.pages import Page
from models.rows import AuditRow
from schema.agents import Agent
from schema.channels import Channel
from schema.connections import Connection
from schema.context import Info
from schema.ids import Prefix, public_id


@strawberry.type(
    name="ChatAuditEntry",
    description="Who changed what, and when. Never the text of a message, and nothing of direct messages.",
)
class AuditEntry:
    row: strawberry.Private[AuditRow]
    reader: strawberry.Private[Viewer]

    @strawberry.field(description="An opaque id: aud_…")
    def id(self) -> strawberry.ID:
        return public_id(Prefix.AUDIT_ENTRY, self.row.entry_id)

    @strawberry.field(description="When it happened.")
    def at(self) -> datetime:
        return self.row.created_at

    @level_field(description="Who did it. Null for the platform's directory, and for the chat itself.")
    @staticmethod
    async def actor(entries: list["AuditEntry"], info: Info) -> list[Agent | None]:
        return await _agents(info.context.loaders, [entry.row.actor_id for entry in entries])

    @strawberry.field(
        description=(
            "What was done: CHANNEL_CREATED, CHANNEL_RENAMED, CHANNEL_DESCRIBED, CHANNEL_AVATAR_CHANGED,"
            " CHANNEL_KIND_CHANGED, CHANNEL_ARCHIVED, CHANNEL_UNARCHIVED, CHANNEL_RETENTION_CHANGED (to a number of"
            " days, `forever`, or null for the account's setting), MEMBER_ADDED, MEMBER_REMOVED,"
            " MEMBER_ROLE_CHANGED, AUTHOR_ADDED, AUTHOR_REMOVED, MESSAGE_DELETED, AGENT_ADDED, AGENT_ROLE_CHANGED,"
            " AGENT_DEACTIVATED, AGENT_REACTIVATED or SETTING_CHANGED. Later versions can add others."
        )
    )
    def action(self) -> str:
        return self.row.action.value

    @level_field(description="The channel in which it was done. Null if it concerns the account.")
    @staticmethod
    async def channel(entries: list["AuditEntry"], info: Info) -> list[Channel | None]:
        keys = [
            (entry.reader.agent_id, entry.row.channel_id) if entry.row.channel_id is not None else None
            for entry in entries
        ]
        seats = iter(await info.context.loaders.seats.load_many(key for key in keys if key is not None))
        found = [next(seats) if key is not None else None for key in keys]
        return [
            Channel(seat=seat, reader=entry.reader) if seat is not None else None
            for entry, seat in zip(entries, found, strict=True)
        ]

    @level_field(
        description=(
            "The agent whom it is about; of a deleted message, its author. Null if it is about no agent, and if it is"
            " about more than 1,000 agents or all readers of an announcement: then `after` is their number."
        )
    )
    @staticmethod
    async def agent(entries: list["AuditEntry"], info: Info) -> list[Agent | None]:
        return await _agents(info.context.loaders, [entry.row.agent_id for entry in entries])

    @strawberry.field(description="The id of the message that was deleted. Null for other actions.")
    def message_id(self) -> strawberry.ID | None:
        return public_id(Prefix.MESSAGE, self.row.message_id) if self.row.message_id is not None else None

    @strawberry.field(
        description="The field of ChatAccountSettings that was changed. Null for other actions than SETTING_CHANGED."
    )
    def setting(self) -> str | None:
        return to_camel_case(self.row.setting) if self.row.setting is not None else None

    @strawberry.field(description="The role, name, description, kind or value of the setting before. Null: none.")
    def before(self) -> str | None:
        return self.row.before

    @strawberry.field(description="The role, name, description, kind or value of the setting afterwards. Null: none.")
    def after(self) -> str | None:
        return self.row.after


@strawberry.type(name="ChatAuditConnection", description="A page of the audit log, newest entries first.")
class AuditConnection(Connection[AuditEntry]):
    pass


AuditAgent = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Only what this agent did, and what is about this agent."),
]
AuditChannel = Annotated[strawberry.ID | None, strawberry.argument(description="Only what was done in this channel.")]


def entries_for(reader: Viewer, page: Page[AuditRow]) -> AuditConnection:
    return AuditConnection(page=page, items=[AuditEntry(row=row, reader=reader) for row in page.rows])


async def _agents(loaders: Loaders, agent_ids: list[str | None]) -> list[Agent | None]:
    rows = iter(await loaders.agents.load_many(agent_id for agent_id in agent_ids if agent_id is not None))
    found = [next(rows) if agent_id is not None else None for agent_id in agent_ids]
    return [Agent(row=row) if row is not None else None for row in found]
