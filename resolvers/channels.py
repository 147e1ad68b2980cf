"""The root fields of channels: finding, creating and changing them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from chat.drafts import Given
from chat.operations.change_channel import ChannelChanges, archive_channel, unarchive_channel, update_channel
from chat.operations.create_channel import ChannelDraft, create_channel
from chat.operations.open_direct_message import open_direct_message
from execution import root_field
from loaders.channels import SidebarFilter
from loaders.pages import PAGE_DEFAULT, empty_page, page_request
from resolvers.drafts import channel_avatar, given, message_retention, required
from resolvers.mutation import mutation
from schema.channel_inputs import (
    ArchiveChannelInput,
    CreateChannelInput,
    OpenDirectMessageInput,
    UnarchiveChannelInput,
    UpdateChannelInput,
)
from schema.channels import Channel, channel, channels_for
from schema.connections import After, Connection, First
from schema.context import RequestInfo
from schema.costs import PAGE
from schema.enums import ChannelKind
from schema.ids import Prefix, channel_id, parse_id
from schema.payloads import (
    ArchiveChannelPayload,
    CreateChannelPayload,
    OpenDirectMessagePayload,
    UnarchiveChannelPayload,
    UpdateChannelPayload,
)
from schema.texts import query_argument

NameQuery = Annotated[str | None, query_argument("Only channels whose name contains this.")]


@strawberry.type
class ChannelsQuery:
    @root_field(description="A channel that the viewer can see. Null for every other id.")
    async def chat_channel(
        self, info: RequestInfo, id: Annotated[strawberry.ID, strawberry.argument(description="The channel.")]
    ) -> Channel | None:
        await info.context.viewer()
        known = parse_id(Prefix.CHANNEL, id)
        return await channel(info, known) if known is not None else None

    @root_field(
        description=(
            "The sidebar: the channels that the viewer is a member of. Favourites come first, and both they and the"
            " others are ordered by their last message from an agent, latest first."
        ),
        directives=PAGE,
    )
    async def chat_channels(
        self,
        info: RequestInfo,
        first: First = PAGE_DEFAULT,
        after: After = None,
        kinds: Annotated[
            list[ChannelKind] | None, strawberry.argument(description="Only channels of these kinds.")
        ] = None,
        archived: Annotated[
            bool | None,
            strawberry.argument(
                description="True: only archived channels. Otherwise, only channels that are not archived."
            ),
        ] = False,
        unread: Annotated[
            bool | None, strawberry.argument(description="True: only channels with unread messages.")
        ] = False,
    ) -> Connection[Channel] | None:
        viewer = await info.context.viewer()
        wanted = SidebarFilter(tuple(kinds) if kinds is not None else None, bool(archived), bool(unread))
        request = page_request("sidebar", first, after, int, datetime, UUID)
        return channels_for(viewer, await info.context.loaders.sidebars.load((viewer.agent_id, wanted, request)))

    @root_field(
        description="The channels that every agent can find: public channels and announcements, ordered by name.",
        directives=PAGE,
    )
    async def discover_chat_channels(
        self, info: RequestInfo, query: NameQuery = None, first: First = PAGE_DEFAULT, after: After = None
    ) -> Connection[Channel] | None:
        viewer = await info.context.viewer()
        request = page_request("discovery", first, after, str, UUID)
        return channels_for(viewer, await info.context.loaders.discovery.load((viewer.agent_id, query, request)))

    @root_field(
        description=(
            "For account administrators: all channels except direct messages, ordered by name. Administrators can"
            " manage a channel's name and members, but can read a private channel only if they are members of it."
            " Empty for everyone else."
        ),
        directives=PAGE,
    )
    async def manageable_chat_channels(
        self, info: RequestInfo, query: NameQuery = None, first: First = PAGE_DEFAULT, after: After = None
    ) -> Connection[Channel] | None:
        viewer = await info.context.viewer()
        request = page_request("manageable", first, after, str, UUID)
        if not viewer.is_administrator:
            return channels_for(viewer, empty_page())
        return channels_for(viewer, await info.context.loaders.manageable.load((viewer.agent_id, query, request)))


@strawberry.type
class ChannelsMutation:
    @mutation(CreateChannelPayload, "Creates a channel with its first members. The viewer becomes its owner.")
    async def create_chat_channel(self, info: RequestInfo, input: CreateChannelInput) -> CreateChannelPayload:
        draft = ChannelDraft(
            kind=input.kind,
            name=input.name,
            description=input.description,
            avatar=channel_avatar(input.avatar),
            member_ids=list(input.member_ids),
        )
        created = await create_channel(info.context.chat, info.context.token, draft)
        return CreateChannelPayload(channel=await channel(info, created))

    @mutation(UpdateChannelPayload, "Changes a channel's name, description, avatar, kind or retention.")
    async def update_chat_channel(self, info: RequestInfo, input: UpdateChannelInput) -> UpdateChannelPayload:
        changes = ChannelChanges(
            channel_id=channel_id(input.channel_id),
            name=required(input.name, "name"),
            description=given(input.description),
            avatar=Given(channel_avatar(input.avatar.value)) if input.avatar is not None else None,
            kind=required(input.kind, "kind"),
            retention_days=message_retention(input.message_retention),
        )
        await update_channel(info.context.chat, info.context.token, changes)
        return UpdateChannelPayload(channel=await channel(info, changes.channel_id))

    @mutation(ArchiveChannelPayload, "Makes a channel read-only and removes it from the default list.")
    async def archive_chat_channel(self, info: RequestInfo, input: ArchiveChannelInput) -> ArchiveChannelPayload:
        target = channel_id(input.channel_id)
        await archive_channel(info.context.chat, info.context.token, target)
        return ArchiveChannelPayload(channel=await channel(info, target))

    @mutation(UnarchiveChannelPayload, "Makes an archived channel writable again.")
    async def unarchive_chat_channel(self, info: RequestInfo, input: UnarchiveChannelInput) -> UnarchiveChannelPayload:
        target = channel_id(input.channel_id)
        await unarchive_channel(info.context.chat, info.context.token, target)
        return UnarchiveChannelPayload(channel=await channel(info, target))

    @mutation(
        OpenDirectMessagePayload, "Opens the direct message with an agent, and creates it if it does not exist yet."
    )
    async def open_direct_message(self, info: RequestInfo, input: OpenDirectMessageInput) -> OpenDirectMessagePayload:
        opened = await open_direct_message(info.context.chat, info.context.token, input.agent_id)
        return OpenDirectMessagePayload(channel=await channel(info, opened))
