"""The root fields of the account's settings and its directory."""

import strawberry

from chat.directory import Directory, DirectoryAgent, DirectoryTeam
from chat.naming import clean_name, directory_name
from chat.operations.settings import SettingsChanges, update_account_settings
from chat.operations.sync_directory import sync_directory
from execution import root_field
from resolvers.drafts import given, required
from resolvers.mutation import administrators, any_token, mutation
from schema.account_inputs import SyncDirectoryInput, UpdateAccountSettingsInput
from schema.context import RequestInfo
from schema.payloads import SkippedInput, SyncDirectoryPayload, UpdateAccountSettingsPayload
from schema.viewer import AccountSettings


@strawberry.type
class AccountQuery:
    @root_field(
        description="The account's settings. For administrators, even if the chat is disabled. Null for everyone else."
    )
    async def chat_account_settings(self, info: RequestInfo) -> AccountSettings | None:
        viewer = await info.context.active_viewer()
        if not viewer.is_administrator:
            return None
        return AccountSettings(row=viewer.account)


@strawberry.type
class AccountMutation:
    @mutation(UpdateAccountSettingsPayload, "Changes the account's settings. For administrators.", administrators)
    async def update_chat_account_settings(
        self, info: RequestInfo, input: UpdateAccountSettingsInput
    ) -> UpdateAccountSettingsPayload:
        account = await update_account_settings(info.context.chat, info.context.token, _settings_changes(input))
        return UpdateAccountSettingsPayload(settings=AccountSettings(row=account))

    @mutation(
        SyncDirectoryPayload,
        "Adds or updates agents and teams. For service tokens with the scope `directory`. It is safe to repeat.",
        any_token,
    )
    async def sync_chat_directory(self, info: RequestInfo, input: SyncDirectoryInput) -> SyncDirectoryPayload:
        counts, skipped = await sync_directory(info.context.chat, info.context.identity, _directory(input))
        return SyncDirectoryPayload(
            agent_count=counts.agents,
            team_count=counts.teams,
            has_administrator=counts.has_administrator,
            skipped=[SkippedInput(path=list(each.path), code=each.code, message=each.message) for each in skipped],
        )


def _settings_changes(input: UpdateAccountSettingsInput) -> SettingsChanges:
    return SettingsChanges(
        chat_enabled=required(input.chat_enabled, "chatEnabled"),
        enabled_roles=required(input.enabled_roles, "enabledRoles"),
        who_creates_private=required(input.who_creates_private, "whoCreatesPrivate"),
        who_creates_announcement=required(input.who_creates_announcement, "whoCreatesAnnouncement"),
        card_preview=required(input.card_preview, "cardPreview"),
        email_contents=required(input.email_contents, "emailContents"),
        members_pin=required(input.members_pin, "membersPin"),
        message_retention_days=given(input.message_retention_days),
    )


def _directory(input: SyncDirectoryInput) -> Directory:
    return Directory(
        account_name=clean_name(input.account.name),
        agents=[
            DirectoryAgent(
                agent.id,
                directory_name(agent.name, agent.id),
                agent.email,
                agent.avatar_url,
                agent.role,
                agent.active,
                agent.locale,
            )
            for agent in input.agents
        ],
        teams=[
            DirectoryTeam(team.id, directory_name(team.name, team.id), list(team.agent_ids)) for team in input.teams
        ],
    )
