"""The root fields of the viewer."""

import strawberry

from chat.drafts import Given
from chat.operations.presence import PresenceChanges, Status, set_presence
from chat.operations.profile import ProfileChanges, update_profile
from chat.operations.reading import mark_all_read
from execution import root_field
from resolvers.drafts import given, required
from resolvers.mutation import mutation
from schema.account_inputs import SetPresenceInput, StatusInput, UpdateProfileInput
from schema.context import RequestInfo
from schema.payloads import MarkAllReadPayload, SetPresencePayload, UpdateProfilePayload
from schema.viewer import Viewer


@strawberry.type
class ViewerQuery:
    @root_field(description="The agent who makes the request. Works even if the chat is disabled.")
    async def chat_viewer(self, info: RequestInfo) -> Viewer:
        return Viewer(facts=await info.context.active_viewer())


@strawberry.type
class ViewerMutation:
    @mutation(UpdateProfilePayload, "Changes the viewer's own profile.")
    async def update_chat_profile(self, info: RequestInfo, input: UpdateProfileInput) -> UpdateProfilePayload:
        hours = given(input.quiet_hours)
        changes = ProfileChanges(
            send_key=required(input.send_key, "sendKey"),
            do_not_disturb_until=given(input.do_not_disturb_until),
            quiet_hours=Given(hours.value.hours() if hours.value is not None else None) if hours else None,
        )
        await update_profile(info.context.chat, info.context.token, changes)
        info.context.reset_loaders()
        return UpdateProfilePayload(viewer=Viewer(facts=await info.context.viewer()))

    @mutation(MarkAllReadPayload, "Marks all of the viewer's channels read.")
    async def mark_all_chats_read(self, info: RequestInfo) -> MarkAllReadPayload:
        await mark_all_read(info.context.chat, info.context.token)
        return MarkAllReadPayload(viewer=Viewer(facts=await info.context.viewer()))

    @mutation(
        SetPresencePayload, "Sets the presence that the viewer shows while they have the chat open, and their status."
    )
    async def set_chat_presence(self, info: RequestInfo, input: SetPresenceInput) -> SetPresencePayload:
        status = given(input.status)
        changes = PresenceChanges(
            presence=required(input.presence, "presence"),
            status=Given(_status(status.value) if status.value is not None else None) if status else None,
        )
        await set_presence(info.context.chat, info.context.token, changes)
        return SetPresencePayload(viewer=Viewer(facts=await info.context.viewer()))


def _status(input: StatusInput) -> Status:
    return Status(input.emoji, input.text, input.until)
