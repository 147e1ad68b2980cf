"""Payloads of the mutations: the changed object, or the reasons why the mutation failed."""

from datetime import datetime

import strawberry

from chat.errors import Refused
from schema.attachments import Attachment
from schema.channels import Channel
from schema.costs import assumed
from schema.enums import RefusalCode
from schema.members import Member, Membership
from schema.messages import Message
from schema.viewer import AccountSettings, Viewer

CHANNEL = "The channel after the mutation. Null if the mutation failed or the viewer can no longer see the channel."
MESSAGE = "The message after the mutation. Null if the mutation failed."
VIEWER = "The viewer after the mutation. Null if the mutation failed."


@strawberry.type(name="ChatUserError", description="A reason why a mutation failed. A failed mutation changes nothing.")
class UserError:
    code: RefusalCode = strawberry.field(description="The reason, for programs to check.")
    message: str = strawberry.field(description="The reason as a sentence, to show to people.")
    path: list[str] | None = strawberry.field(
        description="The path of the invalid input field, outermost first. Null if no field is invalid."
    )

    @classmethod
    def of(cls, refused: Refused) -> "UserError":
        return cls(code=refused.code, message=refused.message, path=list(refused.path) or None)


@strawberry.type
class Payload:
    user_errors: list[UserError] = strawberry.field(
        default_factory=list,
        description="Why the mutation failed. Empty if it succeeded.",
        directives=assumed(1),
    )


@strawberry.type
class ChannelPayload(Payload):
    channel: Channel | None = strawberry.field(default=None, description=CHANNEL)


@strawberry.type
class MessagePayload(Payload):
    message: Message | None = strawberry.field(default=None, description=MESSAGE)


@strawberry.type
class ViewerPayload(Payload):
    viewer: Viewer | None = strawberry.field(default=None, description=VIEWER)


@strawberry.type(name="CreateChatChannelPayload", description="The new channel.")
class CreateChannelPayload(ChannelPayload): ...


@strawberry.type(name="UpdateChatChannelPayload", description="The changed channel.")
class UpdateChannelPayload(ChannelPayload): ...


@strawberry.type(name="ArchiveChatChannelPayload", description="The archived channel.")
class ArchiveChannelPayload(ChannelPayload): ...


@strawberry.type(name="UnarchiveChatChannelPayload", description="The unarchived channel.")
class UnarchiveChannelPayload(ChannelPayload): ...


@strawberry.type(name="JoinChatChannelPayload", description="The channel that the viewer joined.")
class JoinChannelPayload(ChannelPayload): ...


@strawberry.type(
    name="LeaveChatChannelPayload", description="The channel that the viewer left, as a non-member sees it."
)
class LeaveChannelPayload(ChannelPayload): ...


@strawberry.type(name="AddChatMembersPayload", description="The channel with its new members.")
class AddMembersPayload(ChannelPayload): ...


@strawberry.type(name="RemoveChatMemberPayload", description="The channel without the member.")
class RemoveMemberPayload(ChannelPayload): ...


@strawberry.type(name="AddChatAuthorsPayload", description="The announcement with its new authors.")
class AddAuthorsPayload(ChannelPayload): ...


@strawberry.type(name="RemoveChatAuthorPayload", description="The announcement without the author.")
class RemoveAuthorPayload(ChannelPayload): ...


@strawberry.type(name="OpenDirectMessagePayload", description="The direct message.")
class OpenDirectMessagePayload(ChannelPayload): ...


@strawberry.type(name="CreateChatUploadPayload", description="The upload, and where to send its bytes.")
class CreateUploadPayload(Payload):
    attachment: Attachment | None = strawberry.field(
        default=None,
        description="The upload. `sendChatMessage` accepts its id once the bytes are received. Null if the mutation"
        " failed.",
    )
    upload_url: str | None = strawberry.field(
        default=None,
        description="Where to send the bytes, with PUT and without a token. It accepts exactly the declared number of"
        " bytes, once. Null if the mutation failed.",
    )
    expires_at: datetime | None = strawberry.field(
        default=None,
        description="When the upload expires. Send it in a message before then. Null if the mutation failed.",
    )


@strawberry.type(name="MarkChatReadPayload", description="The channel with its new unread counts.")
class MarkReadPayload(ChannelPayload): ...


@strawberry.type(name="MarkChatUnreadPayload", description="The channel with its new unread counts.")
class MarkUnreadPayload(ChannelPayload): ...


@strawberry.type(name="MarkChatNotificationsReadPayload", description="The viewer with their new unread count.")
class MarkNotificationsReadPayload(ViewerPayload): ...


@strawberry.type(name="UpdateChatNotificationPreferencePayload", description="The viewer with the new switches.")
class UpdateNotificationPreferencePayload(ViewerPayload): ...


@strawberry.type(name="ChangeChatMemberRolePayload", description="The member with the new role.")
class ChangeMemberRolePayload(Payload):
    member: Member | None = strawberry.field(
        default=None, description="The member after the mutation. Null if the mutation failed."
    )


@strawberry.type(name="UpdateChatMembershipPayload", description="The viewer's membership with the new settings.")
class UpdateMembershipPayload(Payload):
    membership: Membership | None = strawberry.field(
        default=None, description="The viewer's membership after the mutation. Null if the mutation failed."
    )


@strawberry.type(name="SendChatMessagePayload", description="The sent message.")
class SendMessagePayload(MessagePayload): ...


@strawberry.type(name="ShareToChatPayload", description="The message with the card.")
class ShareToChatPayload(MessagePayload): ...


@strawberry.type(name="ForwardChatMessagePayload", description="The message that quotes the forwarded one.")
class ForwardMessagePayload(MessagePayload): ...


@strawberry.type(name="EditChatMessagePayload", description="The message with its new text.")
class EditMessagePayload(MessagePayload): ...


@strawberry.type(name="DeleteChatMessagePayload", description="The tombstone of the deleted message.")
class DeleteMessagePayload(MessagePayload): ...


@strawberry.type(name="AddChatReactionPayload", description="The message with the reaction.")
class AddReactionPayload(MessagePayload): ...


@strawberry.type(name="RemoveChatReactionPayload", description="The message without the reaction.")
class RemoveReactionPayload(MessagePayload): ...


@strawberry.type(name="PinChatMessagePayload", description="The pinned message.")
class PinMessagePayload(MessagePayload): ...


@strawberry.type(name="UnpinChatMessagePayload", description="The message, no longer pinned.")
class UnpinMessagePayload(MessagePayload): ...


@strawberry.type(name="SaveChatMessagePayload", description="The saved message.")
class SaveMessagePayload(MessagePayload): ...


@strawberry.type(name="UnsaveChatMessagePayload", description="The message, no longer saved.")
class UnsaveMessagePayload(MessagePayload): ...


@strawberry.type(name="MarkAllChatsReadPayload", description="The viewer, without unread messages.")
class MarkAllReadPayload(ViewerPayload): ...


@strawberry.type(name="UpdateChatProfilePayload", description="The viewer with the new profile.")
class UpdateProfilePayload(ViewerPayload): ...


@strawberry.type(name="SetChatPresencePayload", description="The viewer with the new presence.")
class SetPresencePayload(ViewerPayload): ...


@strawberry.type(name="SetChatTypingPayload", description="The channel in which the viewer is typing.")
class SetTypingPayload(ChannelPayload): ...


@strawberry.type(name="UpdateChatAccountSettingsPayload", description="The account's settings.")
class UpdateAccountSettingsPayload(Payload):
    settings: AccountSettings | None = strawberry.field(
        default=None, description="The settings after the mutation. Null if the mutation failed."
    )


@strawberry.type(name="ChatSkippedInput", description="A part of the input that was not applied, while the rest was.")
class SkippedInput:
    path: list[str] = strawberry.field(description="The path of the input field, outermost first.")
    code: RefusalCode = strawberry.field(description="Why it was not applied.")
    message: str = strawberry.field(description="A text for developers.")


@strawberry.type(name="SyncChatDirectoryPayload", description="What the account has after the sync.")
class SyncDirectoryPayload(Payload):
    agent_count: int | None = strawberry.field(
        default=None, description="How many agents the account has. Null if the mutation failed."
    )
    team_count: int | None = strawberry.field(
        default=None, description="How many teams the account has. Null if the mutation failed."
    )
    has_administrator: bool | None = strawberry.field(
        default=None,
        description=(
            "Whether the account has an active administrator. Without one, nobody can change the settings of the chat."
            " Null if the mutation failed."
        ),
    )
    skipped: list[SkippedInput] = strawberry.field(
        default_factory=list,
        description=(
            "What was not applied. A row without a valid id is left out, and of other rows only the invalid fields."
            " Empty if `userErrors` is not, because then nothing was applied."
        ),
        directives=assumed(10),
    )
