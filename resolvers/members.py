"""The root fields of members, of an announcement's authors, and of the viewer's membership."""

import strawberry

from chat.operations.authors import add_authors, remove_author
from chat.operations.members import (
    add_channel_members,
    change_member_role,
    join_channel,
    leave_channel,
    remove_channel_member,
)
from chat.operations.personal import MembershipChanges, update_membership
from resolvers.drafts import given, required
from resolvers.mutation import mutation
from schema.channel_inputs import (
    AddAuthorsInput,
    AddMembersInput,
    ChangeMemberRoleInput,
    JoinChannelInput,
    LeaveChannelInput,
    RemoveAuthorInput,
    RemoveMemberInput,
    UpdateMembershipInput,
)
from schema.channels import channel
from schema.context import RequestInfo
from schema.ids import channel_id
from schema.members import Member
from schema.payloads import (
    AddAuthorsPayload,
    AddMembersPayload,
    ChangeMemberRolePayload,
    JoinChannelPayload,
    LeaveChannelPayload,
    RemoveAuthorPayload,
    RemoveMemberPayload,
    UpdateMembershipPayload,
)


@strawberry.type
class MembersMutation:
    @mutation(JoinChannelPayload, "Joins a public channel.")
    async def join_chat_channel(self, info: RequestInfo, input: JoinChannelInput) -> JoinChannelPayload:
        target = channel_id(input.channel_id)
        await join_channel(info.context.chat, info.context.token, target)
        return JoinChannelPayload(channel=await channel(info, target))

    @mutation(
        LeaveChannelPayload, "Leaves a channel. After leaving a private channel, the viewer can no longer see it."
    )
    async def leave_chat_channel(self, info: RequestInfo, input: LeaveChannelInput) -> LeaveChannelPayload:
        target = channel_id(input.channel_id)
        await leave_channel(info.context.chat, info.context.token, target)
        return LeaveChannelPayload(channel=await channel(info, target))

    @mutation(AddMembersPayload, "Adds agents to a channel. Agents who are already members keep their role.")
    async def add_chat_members(self, info: RequestInfo, input: AddMembersInput) -> AddMembersPayload:
        target = channel_id(input.channel_id)
        await add_channel_members(info.context.chat, info.context.token, target, list(input.agent_ids))
        return AddMembersPayload(channel=await channel(info, target))

    @mutation(RemoveMemberPayload, "Removes an agent from a channel.")
    async def remove_chat_member(self, info: RequestInfo, input: RemoveMemberInput) -> RemoveMemberPayload:
        target = channel_id(input.channel_id)
        await remove_channel_member(info.context.chat, info.context.token, target, input.agent_id)
        return RemoveMemberPayload(channel=await channel(info, target))

    @mutation(ChangeMemberRolePayload, "Changes the role of a member.")
    async def change_chat_member_role(self, info: RequestInfo, input: ChangeMemberRoleInput) -> ChangeMemberRolePayload:
        target = channel_id(input.channel_id)
        member = await change_member_role(info.context.chat, info.context.token, target, input.agent_id, input.role)
        return ChangeMemberRolePayload(member=Member(row=member))

    @mutation(AddAuthorsPayload, "Makes agents authors of an announcement, so that they can post in it.")
    async def add_chat_authors(self, info: RequestInfo, input: AddAuthorsInput) -> AddAuthorsPayload:
        target = channel_id(input.channel_id)
        await add_authors(info.context.chat, info.context.token, target, list(input.agent_ids))
        return AddAuthorsPayload(channel=await channel(info, target))

    @mutation(RemoveAuthorPayload, "Removes an author of an announcement. The agent stays a member.")
    async def remove_chat_author(self, info: RequestInfo, input: RemoveAuthorInput) -> RemoveAuthorPayload:
        target = channel_id(input.channel_id)
        await remove_author(info.context.chat, info.context.token, target, input.agent_id)
        return RemoveAuthorPayload(channel=await channel(info, target))

    @mutation(UpdateMembershipPayload, "Changes the viewer's personal settings in a channel.")
    async def update_chat_membership(self, info: RequestInfo, input: UpdateMembershipInput) -> UpdateMembershipPayload:
        changes = MembershipChanges(
            channel_id=channel_id(input.channel_id),
            notification_level=required(input.notification_level, "notificationLevel"),
            muted=required(input.muted, "muted"),
            muted_until=given(input.muted_until),
            favourite=required(input.favourite, "favourite"),
            personal_note=given(input.personal_note),
        )
        await update_membership(info.context.chat, info.context.token, changes)
        changed = await channel(info, changes.channel_id)
        return UpdateMembershipPayload(membership=changed.viewer_membership() if changed is not None else None)
