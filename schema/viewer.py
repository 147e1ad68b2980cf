"""The viewer and the account's settings."""

from collections.abc import Sequence
from datetime import datetime

import strawberry

from chat.notification_rules import ALL_ON
from chat.policies import allowed, check_create
from chat.quiet_hours import QuietTimes
from chat.viewer import Viewer as ViewerFacts
from chat.viewer import require_enabled
from execution import level_field
from models.enums import NotificationType
from models.rows import AccountRow
from schema.agents import Agent
from schema.context import Info, positions
from schema.costs import assumed
from schema.enums import AgentRole, CardPreview, ChannelKind, Creators, SendKey
from schema.notifications import NotificationPreference, QuietHours


@strawberry.type(name="ChatAccountPermissions", description="What the viewer may do in the account.")
class AccountPermissions:
    viewer: strawberry.Private[ViewerFacts]

    @level_field(description="Create public channels.")
    @staticmethod
    async def create_public_channel(permissions: list["AccountPermissions"], info: Info) -> list[bool]:
        return await _may_create(permissions, info, ChannelKind.PUBLIC)

    @level_field(description="Create private channels. An account setting controls who may.")
    @staticmethod
    async def create_private_channel(permissions: list["AccountPermissions"], info: Info) -> list[bool]:
        return await _may_create(permissions, info, ChannelKind.PRIVATE)

    @level_field(description="Create announcements. An account setting controls who may.")
    @staticmethod
    async def create_announcement(permissions: list["AccountPermissions"], info: Info) -> list[bool]:
        return await _may_create(permissions, info, ChannelKind.ANNOUNCEMENT)

    @strawberry.field(description="Change the account's settings, and manage all channels except direct messages.")
    def administer(self) -> bool:
        return self.viewer.is_administrator


async def _may_create(permissions: Sequence[AccountPermissions], info: Info, kind: ChannelKind) -> list[bool]:
    viewers = [each.viewer for each in permissions]
    manages = await info.context.loaders.channel_managers.load_many(viewer.agent_id for viewer in viewers)
    return [
        viewer.chat_enabled and allowed(check_create, viewer, kind, manages_channels)
        for viewer, manages_channels in zip(viewers, manages, strict=True)
    ]


@strawberry.type(
    name="ChatViewer",
    description=(
        "The agent who makes the request. `id`, `agent`, `chatEnabled` and `viewerCan` work even if the chat is"
        " disabled."
    ),
)
class Viewer:
    facts: strawberry.Private[ViewerFacts]

    @strawberry.field(description="The id of `agent`.")
    def id(self) -> strawberry.ID:
        return strawberry.ID(self.facts.agent.agent_id)

    @strawberry.field(description="The viewer as other agents see them.")
    def agent(self) -> Agent:
        return Agent(row=self.facts.agent)

    @strawberry.field(description="Whether the chat is enabled for the account and the viewer's role.")
    def chat_enabled(self) -> bool:
        return self.facts.chat_enabled

    @strawberry.field(description="Which key sends a message.")
    def send_key(self) -> SendKey:
        return require_enabled(self.facts).agent.send_key

    @level_field(description="Until when the viewer does not want to be alerted. Null, or a time in the past: they do.")
    @staticmethod
    async def do_not_disturb_until(viewers: list["Viewer"], info: Info) -> list[datetime | None]:
        return [quiet.until for quiet in await _quiet_times(viewers, info)]

    @level_field(description="The viewer's weekly quiet hours. Null if they have none.")
    @staticmethod
    async def quiet_hours(viewers: list["Viewer"], info: Info) -> list[QuietHours | None]:
        times = await _quiet_times(viewers, info)
        return [QuietHours(row=quiet.hours) if quiet.hours is not None else None for quiet in times]

    @level_field(
        description="The viewer's switches for each type of notification.", directives=assumed(len(NotificationType))
    )
    @staticmethod
    async def notification_preferences(viewers: list["Viewer"], info: Info) -> list[list[NotificationPreference]]:
        changed = await info.context.loaders.preferences.load_many(_enabled_ids(viewers))
        return [
            [NotificationPreference(type=type, **switches.get(type, ALL_ON)._asdict()) for type in NotificationType]
            for switches in changed
        ]

    @level_field(description="How many unread notifications the viewer's bell shows.")
    @staticmethod
    async def unread_notification_count(viewers: list["Viewer"], info: Info) -> list[int]:
        return await info.context.loaders.unread_counts.load_many(_enabled_ids(viewers))

    @strawberry.field(description="What the viewer may do in the account.")
    def viewer_can(self) -> AccountPermissions:
        return AccountPermissions(viewer=self.facts)

    @level_field(
        description="The account's current position. Pass it as `since` to start a stream over all channels there."
    )
    @staticmethod
    async def position(viewers: list["Viewer"], info: Info) -> list[str]:
        return await positions(info.context.loaders, (require_enabled(viewer.facts) for viewer in viewers))


async def _quiet_times(viewers: Sequence[Viewer], info: Info) -> list[QuietTimes]:
    return await info.context.loaders.quiet_times.load_many(_enabled_ids(viewers))


def _enabled_ids(viewers: Sequence[Viewer]) -> list[str]:
    return [require_enabled(viewer.facts).agent_id for viewer in viewers]


@strawberry.type(name="ChatAccountSettings", description="The account's settings for the chat.")
class AccountSettings:
    row: strawberry.Private[AccountRow]

    @strawberry.field(description="The account's id in the platform.")
    def id(self) -> strawberry.ID:
        return strawberry.ID(self.row.account_id)

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

    @strawberry.field(
        description=(
            "Whether every member of a channel with at most 50 members can pin messages in it; in an announcement, only"
            " its authors. If false, and in larger channels, only its owners and admins and account administrators can."
        )
    )
    def members_pin(self) -> bool:
        return self.row.members_pin

    @strawberry.field(
        description=(
            "After how many days messages are removed, in direct messages and in channels whose `messageRetention` is"
            " inherited. Null: never."
        )
    )
    def message_retention_days(self) -> int | None:
        return self.row.message_retention_days
