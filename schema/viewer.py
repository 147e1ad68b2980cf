"""The viewer and the account's settings."""

import strawberry

from chat.policies import allowed, check_create
from chat.viewer import Viewer as ViewerFacts
from models import Account as AccountRow
from schema.agents import Agent
from schema.context import Info
from schema.enums import AgentRole, CardPreview, ChannelKind, Creators, SendKey


@strawberry.type(name="ChatAccountPermissions", description="What the viewer may do in the account.")
class AccountPermissions:
    viewer: strawberry.Private[ViewerFacts]

    @strawberry.field(description="Create public channels.")
    async def create_public_channel(self, info: Info) -> bool:
        return await self._may_create(info, ChannelKind.PUBLIC)

    @strawberry.field(description="Create private channels. An account setting controls who may.")
    async def create_private_channel(self, info: Info) -> bool:
        return await self._may_create(info, ChannelKind.PRIVATE)

    @strawberry.field(description="Create announcements. An account setting controls who may.")
    async def create_announcement(self, info: Info) -> bool:
        return await self._may_create(info, ChannelKind.ANNOUNCEMENT)

    @strawberry.field(description="Change the account's settings, and manage all channels except direct messages.")
    def administer(self) -> bool:
        return self.viewer.is_administrator

    async def _may_create(self, info: Info, kind: ChannelKind) -> bool:
        manages = await info.context.loaders.channel_managers.load(self.viewer.agent_id)
        return self.viewer.chat_enabled and allowed(check_create, self.viewer, kind, manages)


@strawberry.type(
    name="ChatViewer",
    description=(
        "The agent who makes the request. `agent`, `chatEnabled` and `viewerCan` work even if the chat is disabled."
    ),
)
class Viewer:
    facts: strawberry.Private[ViewerFacts]

    @strawberry.field(description="The viewer as other agents see them.")
    def agent(self) -> Agent:
        return Agent(row=self.facts.agent)

    @strawberry.field(description="Whether the chat is enabled for the account and the viewer's role.")
    def chat_enabled(self) -> bool:
        return self.facts.chat_enabled

    @strawberry.field(description="Which key sends a message.")
    async def send_key(self, info: Info) -> SendKey:
        return (await info.context.viewer()).agent.send_key

    @strawberry.field(description="What the viewer may do in the account.")
    def viewer_can(self) -> AccountPermissions:
        return AccountPermissions(viewer=self.facts)

    @strawberry.field(
        description="The account's current position. Pass it as `since` to start a stream over all channels there."
    )
    async def position(self, info: Info) -> str:
        return await info.context.position()


@strawberry.type(name="ChatAccountSettings", description="The account's settings for the chat.")
class AccountSettings:
    row: strawberry.Private[AccountRow]

    @strawberry.field(description="Whether the chat is enabled for the account.")
    def chat_enabled(self) -> bool:
        return self.row.chat_enabled

    @strawberry.field(description="The roles for which the chat is enabled. ADMINISTRATOR is always one of them.")
    def enabled_roles(self) -> list[AgentRole]:
        return [AgentRole(role) for role in self.row.enabled_roles]

    @strawberry.field(description="Who may create private channels.")
    def who_creates_private(self) -> Creators:
        return self.row.who_creates_private

    @strawberry.field(description="Who may create announcements.")
    def who_creates_announcement(self) -> Creators:
        return self.row.who_creates_announcement

    @strawberry.field(description="Who sees the titles of shared items.")
    def card_preview(self) -> CardPreview:
        return self.row.card_preview

    @strawberry.field(description="Whether the chat's e-mails contain the text of messages.")
    def email_contents(self) -> bool:
        return self.row.email_contents
