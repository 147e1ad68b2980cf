"""What mutations answer: what stands now, or the reasons why nothing was done."""

import strawberry

from chat.errors import Refused
from schema.channels import Channel
from schema.enums import RefusalCode
from schema.members import Member, Membership
from schema.messages import Message
from schema.viewer import AccountSettings, Viewer

CHANNEL = "The channel as it stands now; null when refused, or when the viewer no longer sees it."
MESSAGE = "The message as it stands now; null when refused."
VIEWER = "The viewer as they stand now; null when refused."


@strawberry.type(name="ChatUserError", description="An expected reason why a mutation did nothing.")
class UserError:
    code: RefusalCode = strawberry.field(description="The reason, for programs.")
    message: str = strawberry.field(description="The reason in a sentence, for developers and for people.")
    path: list[str] | None = strawberry.field(
        description="The input field at fault, outermost first; null when it is none of them."
    )

    @classmethod
    def of(cls, refused: Refused) -> "UserError":
        return cls(code=refused.code, message=refused.message, path=list(refused.path) or None)


@strawberry.type
class Payload:
    user_errors: list[UserError] = strawberry.field(
        default_factory=list, description="Why nothing was done; empty when it was."
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


@strawberry.type(name="UnarchiveChatChannelPayload", description="The channel, open again.")
class UnarchiveChannelPayload(ChannelPayload): ...


@strawberry.type(name="JoinChatChannelPayload", description="The channel joined.")
class JoinChannelPayload(ChannelPayload): ...


@strawberry.type(name="LeaveChatChannelPayload", description="The channel left, as it looks from outside.")
class LeaveChannelPayload(ChannelPayload): ...


@strawberry.type(name="AddChatMembersPayload", description="The channel with its new members.")
class AddMembersPayload(ChannelPayload): ...


@strawberry.type(name="RemoveChatMemberPayload", description="The channel without the member.")
class RemoveMemberPayload(ChannelPayload): ...


@strawberry.type(name="AddChatAuthorsPayload", description="The announcement with its new authors.")
class AddAuthorsPayload(ChannelPayload): ...


@strawberry.type(name="RemoveChatAuthorPayload", description="The announcement without the author.")
class RemoveAuthorPayload(ChannelPayload): ...


@strawberry.type(name="OpenDirectMessagePayload", description="The one channel of the two agents.")
class OpenDirectMessagePayload(ChannelPayload): ...


@strawberry.type(name="MarkChatReadPayload", description="The channel with its new unread counts.")
class MarkReadPayload(ChannelPayload): ...


@strawberry.type(name="MarkChatUnreadPayload", description="The channel with its new unread counts.")
class MarkUnreadPayload(ChannelPayload): ...


@strawberry.type(name="ChangeChatMemberRolePayload", description="The member in the new role.")
class ChangeMemberRolePayload(Payload):
    member: Member | None = strawberry.field(
        default=None, description="The member as they stand now; null when refused."
    )


@strawberry.type(name="UpdateChatMembershipPayload", description="The viewer's own seat.")
class UpdateMembershipPayload(Payload):
    membership: Membership | None = strawberry.field(
        default=None, description="The viewer's seat as it stands now; null when refused."
    )


@strawberry.type(name="SendChatMessagePayload", description="The message sent.")
class SendMessagePayload(MessagePayload): ...


@strawberry.type(name="ShareToChatPayload", description="The message that carries the card.")
class ShareToChatPayload(MessagePayload): ...


@strawberry.type(name="EditChatMessagePayload", description="The message with its new text.")
class EditMessagePayload(MessagePayload): ...


@strawberry.type(name="DeleteChatMessagePayload", description="The tombstone.")
class DeleteMessagePayload(MessagePayload): ...


@strawberry.type(name="AddChatReactionPayload", description="The message with the reaction.")
class AddReactionPayload(MessagePayload): ...


@strawberry.type(name="RemoveChatReactionPayload", description="The message without the reaction.")
class RemoveReactionPayload(MessagePayload): ...


@strawberry.type(name="MarkAllChatsReadPayload", description="The viewer, with nothing unread.")
class MarkAllReadPayload(ViewerPayload): ...


@strawberry.type(name="UpdateChatProfilePayload", description="The viewer with the new profile.")
class UpdateProfilePayload(ViewerPayload): ...


@strawberry.type(name="SetChatPresencePayload", description="The viewer as they appear now.")
class SetPresencePayload(ViewerPayload): ...


@strawberry.type(name="SetChatTypingPayload", description="The channel.")
class SetTypingPayload(ChannelPayload): ...


@strawberry.type(name="UpdateChatAccountSettingsPayload", description="The account's settings.")
class UpdateAccountSettingsPayload(Payload):
    settings: AccountSettings | None = strawberry.field(
        default=None, description="The settings as they stand now; null when refused."
    )


@strawberry.type(name="SyncChatDirectoryPayload", description="The directory after the sync.")
class SyncDirectoryPayload(Payload):
    agent_count: int | None = strawberry.field(
        default=None, description="How many agents the account's directory holds now; null when refused."
    )
    team_count: int | None = strawberry.field(
        default=None, description="How many teams the account's directory holds now; null when refused."
    )
