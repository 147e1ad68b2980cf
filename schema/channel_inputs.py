"""What mutations of channels and their members take."""

from datetime import datetime

import strawberry

from schema.enums import ChannelKind, MemberRole, NotificationLevel

CHANNEL_ID = "The channel."
AGENT_ID = "The agent, by the platform's own id."
AGENT_IDS = "The agents, by the platform's own ids; at most 1,000."


@strawberry.input(name="ChatIconAvatarInput", description="An icon on a colour.")
class IconAvatarInput:
    icon: str = strawberry.field(description="The icon's name: lower-case letters, digits, hyphens; at most 40.")
    color: str = strawberry.field(description="The colour behind it, #rrggbb.")


@strawberry.input(name="ChatChannelAvatarInput", description="How the channel looks in lists.")
class ChannelAvatarInput:
    icon: IconAvatarInput | None = strawberry.field(default=None, description="An icon on a colour.")


@strawberry.input(name="CreateChatChannelInput", description="A new channel with its first members.")
class CreateChannelInput:
    kind: ChannelKind = strawberry.field(
        description="Who finds, reads and posts in it; not DIRECT, which openDirectMessage makes."
    )
    name: str = strawberry.field(description="1 to 80 characters; several channels may bear the same.")
    description: str | None = strawberry.field(default=None, description="At most 1,000 characters.")
    avatar: ChannelAvatarInput | None = strawberry.field(default=None, description="None: the client's default.")
    member_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list,
        description="First members beside the creator, at most 1,000; an announcement has every agent anyway.",
    )


@strawberry.input(name="UpdateChatChannelInput", description="Only what is given changes.")
class UpdateChannelInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)
    name: strawberry.Maybe[str | None] = strawberry.field(default=None, description="1 to 80 characters.")
    description: strawberry.Maybe[str | None] = strawberry.field(
        default=None, description="At most 1,000 characters; null takes it away."
    )
    avatar: strawberry.Maybe[ChannelAvatarInput | None] = strawberry.field(
        default=None, description="Null: back to the client's default."
    )
    kind: strawberry.Maybe[ChannelKind | None] = strawberry.field(
        default=None,
        description="PUBLIC or PRIVATE, for owners and administrators of the account; told in the channel.",
    )


@strawberry.input(name="ArchiveChatChannelInput", description="The channel to archive.")
class ArchiveChannelInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)


@strawberry.input(name="UnarchiveChatChannelInput", description="The channel to open again.")
class UnarchiveChannelInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)


@strawberry.input(name="JoinChatChannelInput", description="The public channel to join.")
class JoinChannelInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)


@strawberry.input(name="LeaveChatChannelInput", description="The channel to leave.")
class LeaveChannelInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)


@strawberry.input(name="AddChatMembersInput", description="Whom to add, and where.")
class AddMembersInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)
    agent_ids: list[strawberry.ID] = strawberry.field(description=AGENT_IDS)


@strawberry.input(name="RemoveChatMemberInput", description="Whom to remove, and from where.")
class RemoveMemberInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)
    agent_id: strawberry.ID = strawberry.field(description=AGENT_ID)


@strawberry.input(name="ChangeChatMemberRoleInput", description="Whom to promote or demote, and where.")
class ChangeMemberRoleInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)
    agent_id: strawberry.ID = strawberry.field(description=AGENT_ID)
    role: MemberRole = strawberry.field(description="The new role.")


@strawberry.input(name="AddChatAuthorsInput", description="Who may post in the announcement from now on.")
class AddAuthorsInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)
    agent_ids: list[strawberry.ID] = strawberry.field(description=AGENT_IDS)


@strawberry.input(name="RemoveChatAuthorInput", description="Who no longer posts in the announcement.")
class RemoveAuthorInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)
    agent_id: strawberry.ID = strawberry.field(description=AGENT_ID)


@strawberry.input(name="OpenDirectMessageInput", description="With whom to talk.")
class OpenDirectMessageInput:
    agent_id: strawberry.ID = strawberry.field(description=AGENT_ID)


@strawberry.input(
    name="UpdateChatMembershipInput", description="The viewer's own settings; only what is given changes."
)
class UpdateMembershipInput:
    channel_id: strawberry.ID = strawberry.field(description=CHANNEL_ID)
    notification_level: strawberry.Maybe[NotificationLevel | None] = strawberry.field(
        default=None, description="Which messages ring."
    )
    muted: strawberry.Maybe[bool | None] = strawberry.field(
        default=None, description="True: until `mutedUntil`, or for good without it. False: no longer."
    )
    muted_until: strawberry.Maybe[datetime | None] = strawberry.field(
        default=None, description="When the mute ends; by itself it mutes until then. Null: for good, once muted."
    )
    favourite: strawberry.Maybe[bool | None] = strawberry.field(
        default=None, description="Whether the channel is among the viewer's favourites."
    )
    personal_note: strawberry.Maybe[str | None] = strawberry.field(
        default=None, description="At most 5,000 characters, seen by nobody else; null takes it away."
    )
