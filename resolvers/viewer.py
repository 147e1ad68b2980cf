"""The viewer's own root fields."""

import strawberry

from chat.operations.personal import update_profile
from chat.operations.presence import set_presence
from chat.operations.reading import mark_all_read
from resolvers.drafts import required
from resolvers.mutation import mutation
from schema.account_inputs import SetPresenceInput, UpdateProfileInput
from schema.context import Info
from schema.payloads import MarkAllReadPayload, SetPresencePayload, UpdateProfilePayload
from schema.viewer import Viewer


@strawberry.type
class ViewerQuery:
    @strawberry.field(description="Who is asking. Administrators and agents alike get an answer where the chat is off.")
    async def chat_viewer(self, info: Info) -> Viewer:
        return Viewer(facts=await info.context.recognised_viewer())


@strawberry.type
class ViewerMutation:
    @mutation(UpdateProfilePayload, "Changes the viewer's own profile.")
    async def update_chat_profile(self, info: Info, input: UpdateProfileInput) -> UpdateProfilePayload:
        asker = await info.context.asker()
        await update_profile(info.context.chat, asker, required(input.send_key, "sendKey"))
        info.context.begin()
        return UpdateProfilePayload(viewer=Viewer(facts=await info.context.viewer()))

    @mutation(MarkAllReadPayload, "Reads every channel of the viewer to its end.")
    async def mark_all_chats_read(self, info: Info) -> MarkAllReadPayload:
        await mark_all_read(info.context.chat, await info.context.asker())
        return MarkAllReadPayload(viewer=Viewer(facts=await info.context.viewer()))

    @mutation(SetPresencePayload, "Says what the viewer appears as while their chat is open.")
    async def set_chat_presence(self, info: Info, input: SetPresenceInput) -> SetPresencePayload:
        await set_presence(info.context.chat, await info.context.asker(), input.status)
        return SetPresencePayload(viewer=Viewer(facts=await info.context.viewer()))
