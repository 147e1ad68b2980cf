"""What mutations of the profile, the account and its directory take."""

import strawberry

from schema.enums import AgentRole, CardPreview, Creators, PresenceStatus, SendKey


@strawberry.input(name="UpdateChatProfileInput", description="The viewer's own profile; only what is given changes.")
class UpdateProfileInput:
    send_key: strawberry.Maybe[SendKey | None] = strawberry.field(
        default=None, description="Which key sends a message."
    )


@strawberry.input(name="SetChatPresenceInput", description="What to appear as.")
class SetPresenceInput:
    status: PresenceStatus = strawberry.field(description="Shown while the chat is open; OFFLINE hides that it is.")


@strawberry.input(name="UpdateChatAccountSettingsInput", description="Only what is given changes.")
class UpdateAccountSettingsInput:
    chat_enabled: strawberry.Maybe[bool | None] = strawberry.field(
        default=None, description="Whether the account uses the chat. Off: every stream ends, nothing is lost."
    )
    enabled_roles: strawberry.Maybe[list[AgentRole] | None] = strawberry.field(
        default=None, description="The roles that use it; ADMINISTRATOR cannot be left out."
    )
    who_creates_private: strawberry.Maybe[Creators | None] = strawberry.field(
        default=None, description="Who creates private channels."
    )
    who_creates_announcement: strawberry.Maybe[Creators | None] = strawberry.field(
        default=None, description="Who creates announcements."
    )
    card_preview: strawberry.Maybe[CardPreview | None] = strawberry.field(
        default=None, description="Who sees the titles of shared items."
    )
    email_contents: strawberry.Maybe[bool | None] = strawberry.field(
        default=None, description="Whether e-mails of the chat quote what was said."
    )


@strawberry.input(name="ChatDirectoryAccountInput", description="The account that the service token speaks for.")
class DirectoryAccountInput:
    name: str = strawberry.field(description="1 to 200 characters.")


@strawberry.input(name="ChatDirectoryAgentInput", description="An agent as the platform knows them now.")
class DirectoryAgentInput:
    id: strawberry.ID = strawberry.field(description="The platform's own id, at most 64 characters.")
    name: str = strawberry.field(description="1 to 200 characters.")
    email: str | None = strawberry.field(default=None, description="Where the chat's e-mails go; null: nowhere.")
    avatar_url: str | None = strawberry.field(default=None, description="The agent's picture.")
    role: AgentRole = strawberry.field(default=AgentRole.AGENT, description="What the agent is in the account.")
    active: bool = strawberry.field(default=True, description="False: may no longer sign in; what they said stays.")


@strawberry.input(name="ChatDirectoryTeamInput", description="A team as the platform knows it now.")
class DirectoryTeamInput:
    id: strawberry.ID = strawberry.field(description="The platform's own id, at most 64 characters.")
    name: str = strawberry.field(description="1 to 200 characters.")
    agent_ids: list[strawberry.ID] = strawberry.field(description="All of its agents; who is not named has left it.")


@strawberry.input(
    name="SyncChatDirectoryInput",
    description="Agents and teams to add or change. Who is not named stays as they are, so it may come in parts.",
)
class SyncDirectoryInput:
    account: DirectoryAccountInput = strawberry.field(
        description="The account itself; new ones start with the chat off."
    )
    agents: list[DirectoryAgentInput] = strawberry.field(default_factory=list, description="At most 10,000.")
    teams: list[DirectoryTeamInput] = strawberry.field(default_factory=list, description="At most 1,000.")
