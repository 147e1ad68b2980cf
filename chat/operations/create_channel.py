"""Creating a channel with its first members, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from uuid_utils.compat import uuid7

from chat.audit import AuditRecord
from chat.avatars import PreparedAvatar, prepare_avatar, use_avatar
from chat.drafts import Avatar
from chat.identity import Identity
from chat.locking import require_viewer
from chat.membership import add_members, add_readers, check_number_of_agents, require_active_agents
from chat.naming import checked_description, checked_name, fold
from chat.operation import Transaction, operation
from chat.policies import check_create
from chat.ports import Chat
from chat.posting import SystemMessage, post_system_messages
from chat.viewer import CHANNEL_MANAGERS, Viewer
from models.enums import AuditAction, ChangeKind, ChannelKind, MemberRole, SystemEvent
from models.statements import sql

_INSERT_CHANNEL = sql(
    """
    INSERT INTO channels (
        account_id, channel_id, kind, name, sort_name, description, avatar_icon, avatar_color, avatar_key, created_by,
        created_at, last_seq, post_count, member_count, last_activity_at
    )
    VALUES (
        :account_id, :channel_id, :kind, :name, :sort_name, :description, :icon, :color, :avatar_key, :created_by,
        :now, 0, 0, 0, :now
    )
    """
)

_INSERT_AUTHOR = sql(
    "INSERT INTO authors (account_id, channel_id, agent_id) VALUES (:account_id, :channel_id, :agent_id)"
)

_OTHER_ACTIVE_AGENTS = sql(
    "SELECT agent_id FROM agents WHERE account_id = :account_id AND active AND agent_id <> :agent_id"
)


@dataclass(frozen=True)
class ChannelDraft:
    kind: ChannelKind
    name: str
    description: str | None
    avatar: Avatar | None
    member_ids: Sequence[str]


async def create_channel(chat: Chat, identity: Identity, draft: ChannelDraft) -> UUID:
    """Returns the channel's id. Its creator is the owner and, in an announcement, also an author. Raises Refused."""
    name, description = checked_name(draft.name), checked_description(draft.description)
    check_number_of_agents(draft.member_ids, "memberIds")
    avatar = await prepare_avatar(chat, identity, draft.avatar, partial(_require_creator, kind=draft.kind))
    return await _create_channel(chat, identity, replace(draft, name=name, description=description), avatar)


@operation
async def _create_channel(tx: Transaction, draft: ChannelDraft, avatar: PreparedAvatar) -> UUID:
    viewer = await _require_creator(tx, draft.kind)
    member_ids = await _first_members(tx, viewer, draft)

    await use_avatar(tx, avatar)
    channel_id = uuid7()
    await tx.fetch(
        _INSERT_CHANNEL,
        channel_id=channel_id,
        kind=draft.kind,
        name=draft.name,
        sort_name=fold(draft.name),
        description=draft.description,
        icon=avatar.icon,
        color=avatar.color,
        avatar_key=avatar.storage_key,
        created_by=viewer.agent_id,
        now=tx.now,
    )
    tx.announce(ChangeKind.CHANNEL_CREATED, channel_id)
    tx.audit(AuditRecord(AuditAction.CHANNEL_CREATED, tx.actor_id, channel_id, after=draft.name))
    await add_members(tx, channel_id, [viewer.agent_id], MemberRole.OWNER)
    add = add_readers if draft.kind == ChannelKind.ANNOUNCEMENT else add_members
    added = await add(tx, channel_id, member_ids)
    await post_system_messages(tx, SystemMessage(channel_id, viewer.agent_id, SystemEvent.CREATED, after=draft.name))
    if draft.kind == ChannelKind.ANNOUNCEMENT:
        await tx.fetch(_INSERT_AUTHOR, channel_id=channel_id, agent_id=viewer.agent_id)
    elif added:
        await post_system_messages(tx, SystemMessage(channel_id, viewer.agent_id, SystemEvent.ADDED, added))
    return channel_id


async def _require_creator(tx: Transaction, kind: ChannelKind) -> Viewer:
    """Returns the viewer. Raises Refused FORBIDDEN unless they may create channels of this kind."""
    viewer = await require_viewer(tx)
    manages = await tx.fetch(CHANNEL_MANAGERS, agent_ids=[viewer.agent_id])
    check_create(viewer, kind, bool(manages))
    return viewer


async def _first_members(tx: Transaction, viewer: Viewer, draft: ChannelDraft) -> list[str]:
    named = await require_active_agents(tx, draft.member_ids, "memberIds")
    if draft.kind != ChannelKind.ANNOUNCEMENT:
        return [agent_id for agent_id in named if agent_id != viewer.agent_id]
    tx.reliance.on_all_agents()
    everybody = await tx.fetch(_OTHER_ACTIVE_AGENTS, agent_id=viewer.agent_id)
    return [agent_id for (agent_id,) in everybody]
