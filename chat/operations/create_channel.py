"""Creating a channel with its first members, in one transaction."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, select
from sqlmodel import col
from uuid_utils.compat import uuid7

from chat.entering import enter
from chat.errors import RefusalCode, Refused
from chat.membership import add_members, check_number_of_agents, known_agents
from chat.naming import checked_description, checked_name, fold
from chat.operation import Transaction, operation
from chat.policies import check_create
from chat.posting import Told, tell
from chat.viewer import Viewer
from models import Agent, Author, Channel, Member
from models.enums import ChangeKind, ChannelKind, MemberRole, SystemEvent


@dataclass(frozen=True)
class IconAvatar:
    """An icon of the client's set, on a colour written #rrggbb."""

    icon: str
    color: str


@dataclass(frozen=True)
class ChannelDraft:
    kind: ChannelKind
    name: str
    description: str | None
    avatar: IconAvatar | None
    member_ids: Sequence[str]


@operation
async def create_channel(tx: Transaction, draft: ChannelDraft) -> UUID:
    """Returns the channel's id; its creator is its owner, and in an announcement an author. Raises Refused."""
    name, description = checked_name(draft.name), checked_description(draft.description)
    check_avatar(draft.avatar)
    check_number_of_agents(draft.member_ids, "memberIds")
    viewer = await enter(tx)
    check_create(viewer, draft.kind, await manages_some_channel(tx, viewer))
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
    await tell(tx, Told(channel.channel_id, viewer.agent_id, SystemEvent.CREATED, after=name))
    if channel.kind == ChannelKind.ANNOUNCEMENT:
        tx.session.add(Author(account_id=tx.account_id, channel_id=channel.channel_id, agent_id=viewer.agent_id))
    elif added:
        await tell(tx, Told(channel.channel_id, viewer.agent_id, SystemEvent.ADDED, added))
    await tx.session.flush()
    return channel.channel_id


async def manages_some_channel(tx: Transaction, viewer: Viewer) -> bool:
    """A channel manager is an owner or admin of at least one channel (archived ones count too)."""
    managed = exists().where(
        col(Member.account_id) == viewer.account_id,
        col(Member.agent_id) == viewer.agent_id,
        col(Member.role) != MemberRole.MEMBER,
    )
    return bool(await tx.session.scalar(select(managed)))


def check_avatar(avatar: IconAvatar | None) -> None:
    if avatar is None:
        return
    if not re.fullmatch(r"[a-z0-9-]{1,40}", avatar.icon):
        message = "An icon's name has 1 to 40 lower-case letters, digits and hyphens."
        raise Refused(RefusalCode.INVALID, message, "avatar", "icon", "icon")
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", avatar.color):
        raise Refused(RefusalCode.INVALID, "A colour is written #rrggbb.", "avatar", "icon", "color")


async def _first_members(tx: Transaction, viewer: Viewer, draft: ChannelDraft) -> list[str]:
    named = await known_agents(tx, draft.member_ids, "memberIds")
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
