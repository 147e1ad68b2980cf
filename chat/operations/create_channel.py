"""Creating a channel with its first members, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col
from uuid_utils.compat import uuid7

from chat.drafts import IconAvatar, check_avatar
from chat.locking import require_viewer
from chat.membership import add_members, check_number_of_agents, require_active_agents
from chat.naming import checked_description, checked_name, fold
from chat.operation import Transaction, operation
from chat.policies import check_create
from chat.posting import SystemMessage, post_system_messages
from chat.viewer import Viewer, select_channel_managers
from models import Agent, Author, Channel
from models.enums import ChangeKind, ChannelKind, MemberRole, SystemEvent


@dataclass(frozen=True)
class ChannelDraft:
    kind: ChannelKind
    name: str
    description: str | None
    avatar: IconAvatar | None
    member_ids: Sequence[str]


@operation
async def create_channel(tx: Transaction, draft: ChannelDraft) -> UUID:
    """Returns the channel's id. Its creator is the owner and, in an announcement, also an author. Raises Refused."""
    name, description = checked_name(draft.name), checked_description(draft.description)
    check_avatar(draft.avatar)
    check_number_of_agents(draft.member_ids, "memberIds")
    viewer = await require_viewer(tx)
    managers = await tx.session.scalars(select_channel_managers(tx.account_id, [viewer.agent_id]))
    check_create(viewer, draft.kind, viewer.agent_id in set(managers))
    member_ids = await _first_members(tx, viewer, draft)

    channel = Channel(
        account_id=tx.account_id,
        channel_id=uuid7(),
        kind=draft.kind,
        name=name,
        sort_name=fold(name),
        description=description,
        avatar_icon=draft.avatar.icon if draft.avatar else None,
        avatar_color=draft.avatar.color if draft.avatar else None,
        created_by=viewer.agent_id,
        created_at=tx.now,
        last_activity_at=tx.now,
    )
    tx.session.add(channel)
    await tx.session.flush()
    tx.announce(ChangeKind.CHANNEL_CREATED, channel.channel_id)
    await add_members(tx, channel.channel_id, [viewer.agent_id], MemberRole.OWNER)
    added = await add_members(tx, channel.channel_id, member_ids)
    await post_system_messages(tx, SystemMessage(channel.channel_id, viewer.agent_id, SystemEvent.CREATED, after=name))
    if channel.kind == ChannelKind.ANNOUNCEMENT:
        tx.session.add(Author(account_id=tx.account_id, channel_id=channel.channel_id, agent_id=viewer.agent_id))
    elif added:
        await post_system_messages(tx, SystemMessage(channel.channel_id, viewer.agent_id, SystemEvent.ADDED, added))
    await tx.session.flush()
    return channel.channel_id


async def _first_members(tx: Transaction, viewer: Viewer, draft: ChannelDraft) -> list[str]:
    named = await require_active_agents(tx, draft.member_ids, "memberIds")
    if draft.kind != ChannelKind.ANNOUNCEMENT:
        return [agent_id for agent_id in named if agent_id != viewer.agent_id]
    everybody = await tx.session.scalars(
        select(col(Agent.agent_id)).where(
            col(Agent.account_id) == tx.account_id,
            col(Agent.active),
            col(Agent.agent_id) != viewer.agent_id,
        )
    )
    return list(everybody)
