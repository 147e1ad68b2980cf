"""Taking and giving up seats: the rows of `members` and the channel's count of them, always together.

The caller holds the channel's lock.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, exists, select, text, update
from sqlmodel import col

from chat.errors import RefusalCode, Refused
from chat.naming import is_storable
from chat.operation import Transaction
from models import Agent, Author, Channel, Member
from models.enums import ChangeKind, MemberRole

# Newcomers start with everything read: what was said before they came is history, not unread.
_SEAT = text(
    """
    WITH seated AS (
        INSERT INTO members (account_id, channel_id, agent_id, role, joined_at, notification_level, muted, favourite,
                             read_seq, read_posts)
        SELECT channels.account_id, channels.channel_id, agents.agent_id, :role, :now, 'EVERYTHING', false, false,
               channels.last_seq, channels.post_count
          FROM channels JOIN agents USING (account_id)
         WHERE channels.account_id = :account_id AND channels.channel_id = :channel_id
           AND agents.agent_id = ANY (:agent_ids)
        ON CONFLICT DO NOTHING
        RETURNING agent_id
    ), counted AS (
        UPDATE channels SET member_count = member_count + (SELECT count(*) FROM seated)
         WHERE account_id = :account_id AND channel_id = :channel_id
    )
    SELECT agent_id FROM seated
    """
)


async def add_members(
    tx: Transaction, channel_id: UUID, agent_ids: Sequence[str], role: MemberRole = MemberRole.MEMBER
) -> list[str]:
    """Returns the agents who were not members yet, in the given order, each announced."""
    seated = set(
        await tx.session.scalars(
            _SEAT,
            {
                "account_id": tx.account_id,
                "channel_id": channel_id,
                "agent_ids": list(agent_ids),
                "role": role.value,
                "now": tx.now,
            },
        )
    )
    added = [agent_id for agent_id in dict.fromkeys(agent_ids) if agent_id in seated]
    for agent_id in added:
        tx.announce(ChangeKind.MEMBER_ADDED, channel_id, agent_id)
    return added


async def remove_member(tx: Transaction, member: Member) -> None:
    """Removes the seat, with the right to post in an announcement, and announces it."""
    for table in (Member, Author):
        await tx.session.execute(
            delete(table).where(
                col(table.account_id) == tx.account_id,
                col(table.channel_id) == member.channel_id,
                col(table.agent_id) == member.agent_id,
            )
        )
    await tx.session.execute(
        update(Channel)
        .where(col(Channel.account_id) == tx.account_id, col(Channel.channel_id) == member.channel_id)
        .values(member_count=col(Channel.member_count) - 1)
        .execution_options(synchronize_session=False)
    )
    tx.announce(ChangeKind.MEMBER_REMOVED, member.channel_id, member.agent_id)


async def check_owner_remains(tx: Transaction, channel: Channel, member: Member) -> None:
    """Raises Refused LAST_OWNER, naming the channel, if others would be left without an owner who is active."""
    if member.role != MemberRole.OWNER or channel.member_count <= 1:
        return
    another = (
        exists()
        .where(
            col(Member.account_id) == tx.account_id,
            col(Member.channel_id) == channel.channel_id,
            col(Member.role) == MemberRole.OWNER,
            col(Member.agent_id) != member.agent_id,
            col(Agent.account_id) == col(Member.account_id),
            col(Agent.agent_id) == col(Member.agent_id),
            col(Agent.active),
        )
        .correlate(None)
    )
    if not await tx.session.scalar(select(another)):
        raise Refused(
            RefusalCode.LAST_OWNER,
            f"The last owner of {channel.name} cannot go: make somebody else an owner.",
        )


async def known_agents(tx: Transaction, agent_ids: Sequence[str], *path: str) -> list[str]:
    """Returns the ids without repetition; raises Refused NOT_FOUND unless each is an active agent of the account.

    They are held FOR SHARE, so that nobody is seated while being deactivated.
    """
    wanted = list(dict.fromkeys(agent_ids))
    found = await tx.session.scalars(
        select(col(Agent.agent_id))
        .where(
            col(Agent.account_id) == tx.account_id,
            col(Agent.agent_id).in_([agent_id for agent_id in wanted if is_storable(agent_id)]),
            col(Agent.active),
        )
        .order_by(col(Agent.agent_id))
        .with_for_update(read=True)
    )
    if missing := set(wanted) - set(found):
        message = f"There is no active agent {', '.join(sorted(missing))}."
        raise Refused(RefusalCode.NOT_FOUND, message, *path)
    return wanted
