"""Adding and removing members: the rows of `members` and the channel's member count change together.

The caller holds the channel's lock.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Text, and_, bindparam, func, select
from sqlmodel import col

from chat.audit import AuditRecord, count_of, each_or_count
from chat.errors import RefusalCode, Refused
from chat.naming import is_storable
from chat.operation import Transaction
from models import Agent, Member
from models.columns import ACCOUNT_ID, IDENTIFIER, is_one_of
from models.enums import AuditAction, ChangeKind, MemberRole
from models.rows import ChannelRow, MemberRow
from models.statements import Statement, sql

AGENTS_LIMIT = 1_000
"""How many agents one call may list. An announcement needs no list, because every agent becomes a member of it."""

# New members start with everything read.
_INSERT_MEMBERS = """
    WITH added AS (
        INSERT INTO members (account_id, channel_id, agent_id, role, joined_at, notification_level, muted, favourite,
                             read_seq, read_posts)
        SELECT channels.account_id, channels.channel_id, agents.agent_id, :role, :now, 'EVERYTHING', false, false,
               channels.last_seq, channels.post_count
          FROM channels JOIN agents USING (account_id)
         WHERE channels.account_id = :account_id AND channels.channel_id = :channel_id AND {chosen}
        ON CONFLICT DO NOTHING
        RETURNING agent_id
    ), counted AS (
        UPDATE channels SET member_count = member_count + (SELECT count(*) FROM added)
         WHERE account_id = :account_id AND channel_id = :channel_id
    )
    SELECT agent_id FROM added
    """
_ADD = sql(_INSERT_MEMBERS.format(chosen="agents.agent_id = ANY (:agent_ids)"))
_ADD_ACTIVATED = sql(
    _INSERT_MEMBERS.format(
        chosen="agents.active"
        " AND agents.agent_id IN (SELECT agent_id FROM pending_activations WHERE account_id = :account_id)"
    )
)

_REMOVE_MEMBER = sql(
    """
    WITH author AS (
        DELETE FROM authors WHERE account_id = :account_id AND channel_id = :channel_id AND agent_id = :agent_id
    ), member AS (
        DELETE FROM members WHERE account_id = :account_id AND channel_id = :channel_id AND agent_id = :agent_id
     RETURNING agent_id
    ), bell AS (
        DELETE FROM notifications
         WHERE account_id = :account_id AND channel_id = :channel_id AND agent_id = :agent_id
           AND (SELECT count(*) FROM member) >= 0
           AND (SELECT kind <> 'PUBLIC' FROM channels WHERE account_id = :account_id AND channel_id = :channel_id)
    )
    UPDATE channels SET member_count = member_count - 1
     WHERE account_id = :account_id AND channel_id = :channel_id
       AND (SELECT active FROM agents WHERE account_id = :account_id AND agent_id = :agent_id)
    """,
    account_id=Text,
    channel_id=IDENTIFIER,
    agent_id=Text,
)

# Null if there is no other active member.
_OTHERS_HAVE_OWNER = Statement(
    select(func.bool_or(col(Member.role) == MemberRole.OWNER))
    .join(Agent, and_(col(Agent.account_id) == col(Member.account_id), col(Agent.agent_id) == col(Member.agent_id)))
    .where(
        col(Member.account_id) == ACCOUNT_ID,
        col(Member.channel_id) == bindparam("channel_id"),
        col(Member.agent_id) != bindparam("agent_id"),
        col(Agent.active),
    )
)

_COUNT = sql(
    """
    UPDATE channels SET member_count = counted.members
      FROM (
            SELECT channel_id, count(*) FILTER (WHERE active) AS members
              FROM members JOIN agents USING (account_id, agent_id)
             WHERE account_id = :account_id AND channel_id = ANY (:channel_ids)
             GROUP BY channel_id
           ) AS counted
     WHERE channels.account_id = :account_id AND channels.channel_id = counted.channel_id
       AND member_count <> counted.members
    RETURNING channels.channel_id
    """,
    channel_ids=ARRAY(IDENTIFIER),
)

_ACTIVE_AGENTS = Statement(
    select(col(Agent.agent_id)).where(
        col(Agent.account_id) == ACCOUNT_ID, is_one_of(col(Agent.agent_id), "agent_ids"), col(Agent.active)
    )
)


async def add_members(
    tx: Transaction, channel_id: UUID, agent_ids: Sequence[str], role: MemberRole = MemberRole.MEMBER
) -> list[str]:
    """Adds the agents, announces and audits them. Returns those who were not members before, in the given order."""
    added = await _add(tx, channel_id, agent_ids, role)
    tx.audit(*each_or_count(_records_of_added(tx, channel_id, added, role)))
    return added


async def add_readers(tx: Transaction, channel_id: UUID, agent_ids: Sequence[str]) -> list[str]:
    """Adds all other agents to a new announcement, as `add_members` does. The audit log has one entry with their
    number."""
    added = await _add(tx, channel_id, agent_ids, MemberRole.MEMBER)
    _audit_readers(tx, channel_id, added)
    return added


async def _add(tx: Transaction, channel_id: UUID, agent_ids: Sequence[str], role: MemberRole) -> list[str]:
    rows = await tx.fetch(_ADD, channel_id=channel_id, agent_ids=agent_ids, role=role, now=tx.now)
    new = {agent_id for (agent_id,) in rows}
    added = [agent_id for agent_id in dict.fromkeys(agent_ids) if agent_id in new]
    if added:
        tx.announce(ChangeKind.MEMBER_ADDED, channel_id, added)
    return added


def _records_of_added(
    tx: Transaction, channel_id: UUID, agent_ids: Sequence[str], role: MemberRole
) -> list[AuditRecord]:
    """Returns no records for a direct message."""
    if channel_id in tx.direct_channel_ids:
        return []
    return [
        AuditRecord(AuditAction.MEMBER_ADDED, tx.actor_id, channel_id, agent_id, after=role.value)
        for agent_id in agent_ids
    ]


def _audit_readers(tx: Transaction, channel_id: UUID, agent_ids: Sequence[str]) -> None:
    if agent_ids:
        tx.audit(count_of(_records_of_added(tx, channel_id, agent_ids, MemberRole.MEMBER)))


async def join_announcement(tx: Transaction, channel_id: UUID) -> None:
    """Makes newly active agents members of an announcement, without a system message."""
    added = await tx.fetch(_ADD_ACTIVATED, channel_id=channel_id, role=MemberRole.MEMBER, now=tx.now)
    if added:
        agent_ids = [agent_id for (agent_id,) in added]
        tx.announce(ChangeKind.MEMBER_ADDED, channel_id, agent_ids)
        _audit_readers(tx, channel_id, agent_ids)


async def count_members(tx: Transaction, channel_ids: Sequence[UUID]) -> int:
    """Counts the active members of the channels again. Returns how many of the counts have changed. The caller holds
    the channels' locks, and announces MEMBERS_COUNTED."""
    return len(await tx.fetch(_COUNT, channel_ids=channel_ids))


async def remove_member(tx: Transaction, member: MemberRow) -> None:
    """Removes the agent from the members, and from the authors of an announcement. Announces and audits the removal.
    Deletes the notifications that they may not read any more."""
    await tx.fetch(_REMOVE_MEMBER, channel_id=member.channel_id, agent_id=member.agent_id)
    tx.announce(ChangeKind.MEMBER_REMOVED, member.channel_id, [member.agent_id])
    action, role = AuditAction.MEMBER_REMOVED, member.role.value
    tx.audit(AuditRecord(action, tx.actor_id, member.channel_id, member.agent_id, before=role))


async def check_owner_remains(tx: Transaction, channel: ChannelRow, member: MemberRow) -> None:
    """Checks that an owner can be demoted. Raises Refused LAST_OWNER, naming the channel, unless another active member
    is an owner."""
    if member.role == MemberRole.OWNER and not await _others_have_owner(tx, member):
        raise _last_owner(channel)


async def check_owner_remains_for_others(tx: Transaction, channel: ChannelRow, member: MemberRow) -> None:
    """Checks that an owner can leave or be removed. Raises Refused LAST_OWNER, naming the channel, if other active
    members remain and none of them is an owner. Deactivated members do not count: when one is reactivated,
    `assign_missing_owners` makes them the owner."""
    if member.role == MemberRole.OWNER and await _others_have_owner(tx, member) is False:
        raise _last_owner(channel)


async def _others_have_owner(tx: Transaction, member: MemberRow) -> bool | None:
    """Returns whether another active member is an owner; None if there is no other active member."""
    owned: bool | None = await tx.fetch_value(
        _OTHERS_HAVE_OWNER, channel_id=member.channel_id, agent_id=member.agent_id
    )
    if owned is None:
        # An agent who is activated now would find the channel without an owner.
        tx.reliance.on_all_agents()
    return owned


def _last_owner(channel: ChannelRow) -> Refused:
    message = f"{channel.name} would be left without an owner. Make another member an owner first."
    return Refused(RefusalCode.LAST_OWNER, message)


def check_number_of_agents(agent_ids: Sequence[str], path: str) -> None:
    """Raises Refused INVALID for more than 1,000 agents."""
    if len(agent_ids) > AGENTS_LIMIT:
        raise Refused(RefusalCode.INVALID, f"At most {AGENTS_LIMIT:,} agents can be listed in one call.", path)


async def require_active_agents(tx: Transaction, agent_ids: Sequence[str], *path: str) -> list[str]:
    """Returns the ids without duplicates. Raises Refused NOT_FOUND unless each is an active agent of the account.

    The transaction relies on it: it is repeated if one of them is deactivated before its end.
    """
    wanted = list(dict.fromkeys(agent_ids))
    storable = [agent_id for agent_id in wanted if is_storable(agent_id)]
    found = {agent_id for (agent_id,) in await tx.fetch(_ACTIVE_AGENTS, agent_ids=storable)}
    if missing := set(wanted) - found:
        raise Refused(RefusalCode.NOT_FOUND, f"There is no active agent {', '.join(sorted(missing))}.", *path)
    tx.reliance.on_active(wanted)
    return wanted
