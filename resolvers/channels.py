"""Channels: finding, creating and changing them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from chat.drafts import Given
from chat.operations.change_channel import ChannelChanges, archive_channel, unarchive_channel, update_channel
from chat.operations.create_channel import ChannelDraft, create_channel
from chat.operations.open_direct_message import open_direct_message
from loaders.channels import SidebarFilter, page_of_discovery, page_of_manageable, page_of_sidebar
from loaders.pages import empty_slice, page
from resolvers.drafts import given, icon_avatar, required
from resolvers.mutation import mutation
from schema.channel_inputs import (
    ArchiveChannelInput,
    CreateChannelInput,
    OpenDirectMessageInput,
    UnarchiveChannelInput,
    UpdateChannelInput,
)
from schema.channels import Channel, channel
from schema.connections import After, Connection, First, connect
from schema.context import Info
from schema.enums import ChannelKind
from schema.ids import Prefix, channel_id, parse_id
from schema.payloads import (
    ArchiveChannelPayload,
    CreateChannelPayload,
    OpenDirectMessagePayload,
    UnarchiveChannelPayload,
    UpdateChannelPayload,
)

Name = Annotated[str | None, strawberry.argument(description="Only those with this in their name.")]


@strawberry.type
class ChannelsQuery:
    @strawberry.field(description="A channel that the viewer can see; null for any other id.")
    async def chat_channel(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The channel.")]
    ) -> Channel | None:
        await info.context.viewer()
        known = parse_id(Prefix.CHANNEL, id)
        return await channel(info, known) if known is not None else None

    @strawberry.field(description="The sidebar: the viewer's own channels, the latest post first.")
    async def chat_channels(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        kinds: Annotated[
            list[ChannelKind] | None, strawberry.argument(description="Only channels of these kinds.")
        ] = None,
        archived: Annotated[
            bool | None, strawberry.argument(description="True: the archived ones instead of the open ones.")
        ] = None,
        unread: Annotated[
            bool | None, strawberry.argument(description="True: only those with unread messages of people.")
        ] = None,
    ) -> Connection[Channel]:
        viewer = await info.context.viewer()
        wanted = SidebarFilter(tuple(kinds) if kinds is not None else None, bool(archived), bool(unread))
        asked = page("sidebar", first, after, datetime, UUID)
        async with info.context.services.reading.sessions() as session:
            found = await page_of_sidebar(session, viewer, wanted, asked)
        return connect(found, lambda seat: Channel(seat=seat))

    @strawberry.field(description="What every agent can find, by name: public channels and announcements.")
    async def discover_chat_channels(
        self, info: Info, query: Name = None, first: First = None, after: After = None
    ) -> Connection[Channel]:
        viewer = await info.context.viewer()
        asked = page("discovery", first, after, str, UUID)
        async with info.context.services.reading.sessions() as session:
            found = await page_of_discovery(session, viewer, query, asked)
        return connect(found, lambda seat: Channel(seat=seat))

    @strawberry.field(
        description=(
            "For administrators of the account: every channel but direct messages, by name, to manage its name and"
            " members. What is said in them stays closed to who is no member. Empty for others."
        )
    )
    async def manageable_chat_channels(
        self, info: Info, query: Name = None, first: First = None, after: After = None
    ) -> Connection[Channel]:
        viewer = await info.context.viewer()
        asked = page("manageable", first, after, str, UUID)
        if not viewer.administers:
            return connect(empty_slice(), lambda seat: Channel(seat=seat))
        async with info.context.services.reading.sessions() as session:
            found = await page_of_manageable(session, viewer, query, asked)
        return connect(found, lambda seat: Channel(seat=seat))


@strawberry.type
class ChannelsMutation:
    @mutation(CreateChannelPayload, "Creates a channel with its first members; the viewer becomes its owner.")
    async def create_chat_channel(self, info: Info, input: CreateChannelInput) -> CreateChannelPayload:
        asker = await info.context.asker()
        draft = ChannelDraft(
            kind=input.kind,
            name=input.name,
            description=input.description,
            avatar=icon_avatar(input.avatar),
            member_ids=list(input.member_ids),
        )
        created = await create_channel(info.context.chat, asker, draft)
        return CreateChannelPayload(channel=await channel(info, created))

    @mutation(UpdateChannelPayload, "Changes a channel's name, description, avatar, or who can find it.")
    async def update_chat_channel(self, info: Info, input: UpdateChannelInput) -> UpdateChannelPayload:
        asker = await info.context.asker()
        changes = ChannelChanges(
            channel_id=channel_id(input.channel_id),
            name=required(input.name, "name"),
            description=given(input.description),
            avatar=Given(icon_avatar(input.avatar.value)) if input.avatar is not None else None,
            kind=required(input.kind, "kind"),
        )
        await update_channel(info.context.chat, asker, changes)
        return UpdateChannelPayload(channel=await channel(info, changes.channel_id))

    @mutation(ArchiveChannelPayload, "Makes a channel read-only and takes it out of the default list.")
    async def archive_chat_channel(self, info: Info, input: ArchiveChannelInput) -> ArchiveChannelPayload:
        asker, target = await info.context.asker(), channel_id(input.channel_id)
        await archive_channel(info.context.chat, asker, target)
        return ArchiveChannelPayload(channel=await channel(info, target))

    @mutation(UnarchiveChannelPayload, "Opens an archived channel again.")
    async def unarchive_chat_channel(self, info: Info, input: UnarchiveChannelInput) -> UnarchiveChannelPayload:
        asker, target = await info.context.asker(), channel_id(input.channel_id)
        await unarchive_channel(info.context.chat, asker, target)
        return UnarchiveChannelPayload(channel=await channel(info, target))

    @mutation(
        OpenDirectMessagePayload, "Finds the one channel between the viewer and another agent, made when first needed."
    )
    async def open_direct_message(self, info: Info, input: OpenDirectMessageInput) -> OpenDirectMessagePayload:
        asker = await info.context.asker()
        opened = await open_direct_message(info.context.chat, asker, input.agent_id)
        return OpenDirectMessagePayload(channel=await channel(info, opened))
