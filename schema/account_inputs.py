"""Inputs of the mutations of the profile, the account's settings and its directory."""

from datetime import datetime

import strawberry

from schema.enums import AgentRole, CardPreview, Creators, PresenceStatus, SendKey
from schema.notifications import QuietHoursInput


@strawberry.input(
    name="UpdateChatProfileInput", description="The changes to the viewer's profile. Only the given fields change."
)
class UpdateProfileInput:
    send_key: strawberry.Maybe[SendKey | None] = strawberry.field(
        default=None, description="Which key sends a message."
    )
    do_not_disturb_until: strawberry.Maybe[datetime | None] = strawberry.field(
        default=None,
        description="Until when the viewer does not want to be alerted. Null, or a time in the past, ends it.",
    )
    quiet_hours: strawberry.Maybe[QuietHoursInput | None] = strawberry.field(
        default=None, description="The viewer's weekly quiet hours. Null removes them."
    )


@strawberry.input(name="ChatStatusInput", description="A status, with an emoji, a text or both.")
class StatusInput:
    emoji: str | None = strawberry.field(default=None, description="Exactly one emoji.")
    text: str | None = strawberry.field(
        default=None,
        description=(
            "Up to 100 characters. Control, invisible and text-direction characters are removed, and line breaks become"
            " spaces."
        ),
    )
    until: datetime | None = strawberry.field(
        default=None,
        description="When the status ends, in the future. Omitted or null: it stays until the agent removes it.",
    )


@strawberry.input(
    name="SetChatPresenceInput", description="What other agents see of the viewer. Only the given fields change."
)
class SetPresenceInput:
    presence: strawberry.Maybe[PresenceStatus | None] = strawberry.field(
        default=None,
        description="Shown while the viewer has the chat open. OFFLINE makes the viewer appear offline. Not null.",
    )
    status: strawberry.Maybe[StatusInput | None] = strawberry.field(
        default=None, description="Replaces the viewer's status as a whole. Null removes it."
    )


@strawberry.input(
    name="UpdateChatAccountSettingsInput",
    description="The changes to the account's settings. Only the given fields change.",
)
class UpdateAccountSettingsInput:
    chat_enabled: strawberry.Maybe[bool | None] = strawberry.field(
        default=None,
        description="Whether the chat is enabled for the account. Disabling it ends every stream and deletes nothing.",
    )
    enabled_roles: strawberry.Maybe[list[AgentRole] | None] = strawberry.field(
        default=None, description="The roles for which the chat is enabled. ADMINISTRATOR cannot be removed."
    )
    who_creates_private: strawberry.Maybe[Creators | None] = strawberry.field(
        default=None, description="Who may create private channels."
    )
    who_creates_announcement: strawberry.Maybe[Creators | None] = strawberry.field(
        default=None, description="Who may create announcements."
    )
    card_preview: strawberry.Maybe[CardPreview | None] = strawberry.field(
        default=None, description="Who sees the titles of shared items."
    )
    email_contents: strawberry.Maybe[bool | None] = strawberry.field(
        default=None, description="Whether the chat's e-mails contain the text of messages."
    )
    members_pin: strawberry.Maybe[bool | None] = strawberry.field(
        default=None,
        description=(
            "Whether every member can pin messages in channels with at most 50 members; in announcements, only their"
            " authors."
        ),
    )
    message_retention_days: strawberry.Maybe[int | None] = strawberry.field(
        default=None,
        description=(
            "After how many days messages are removed for good, 1 to 36,500, in all channels without an exception and"
            " in direct messages. Null: never. A smaller number removes older messages within minutes."
        ),
    )


@strawberry.input(name="ChatDirectoryAccountInput", description="The account of the service token.")
class DirectoryAccountInput:
    name: str = strawberry.field(
        description="1 to 200 characters. Control, invisible and text-direction characters are removed."
    )


@strawberry.input(name="ChatDirectoryAgentInput", description="An agent's current state in the platform.")
class DirectoryAgentInput:
    id: strawberry.ID = strawberry.field(description="The id in the platform, up to 64 characters.")
    name: str = strawberry.field(
        description=(
            "Up to 200 characters. Control, invisible and text-direction characters are removed. If no visible"
            " character is left, the id is used as the name."
        )
    )
    email: str | None = strawberry.field(
        default=None, description="The address for the chat's e-mails. Null: the agent receives none."
    )
    avatar_url: str | None = strawberry.field(default=None, description="The address of the agent's picture.")
    role: AgentRole = strawberry.field(default=AgentRole.AGENT, description="The agent's role in the account.")
    active: bool = strawberry.field(
        default=True, description="False deactivates the agent: they can no longer sign in, and their messages remain."
    )
    locale: str | None = strawberry.field(
        default=None, description="The language of the chat's e-mails, such as pt-BR or en. Null: English."
    )


@strawberry.input(name="ChatDirectoryTeamInput", description="A team's current state in the platform.")
class DirectoryTeamInput:
    id: strawberry.ID = strawberry.field(description="The id in the platform, up to 64 characters.")
    name: str = strawberry.field(description="Like an agent's name.")
    agent_ids: list[strawberry.ID] = strawberry.field(
        description="All agents of the team. Agents who are not listed are removed from it."
    )


@strawberry.input(
    name="SyncChatDirectoryInput",
    description=(
        "The agents and teams to add or update. All others remain unchanged, so a directory can be sent in parts."
    ),
)
class SyncDirectoryInput:
    account: DirectoryAccountInput = strawberry.field(
        description="The account. A new account starts with the chat disabled."
    )
    agents: list[DirectoryAgentInput] = strawberry.field(default_factory=list, description="At most 10,000.")
    teams: list[DirectoryTeamInput] = strawberry.field(default_factory=list, description="At most 1,000.")
