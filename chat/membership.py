"""Taking and giving up seats: the rows of `members` and the channel's count of them, always together.

The caller holds the lock of each channel.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, delete, func, select, text, update
from sqlmodel import col

from chat.errors import RefusalCode, Refused
from chat.naming import is_storable
from chat.operation import Transaction
from models import Agent, Author, Channel, Member
from models.enums import ChangeKind, MemberRole

AGENTS_LIMIT = 1_000
"""Agents named in one call; an announcement seats everybody by itself."""

# Newcomers start with everything read: what was said before they came is history, not unread.
_SEAT = """
    WITH seated AS (
        INSERT INTO members (account_id, channel_id, agent_id, role, joined_at, notification_level, muted, favourite,
                             read_seq, read_posts)
        SELECT channels.account_id, channels.channel_id, agents.agent_id, :role, :now, 'EVERYTHING', false, false,
               channels.last_seq, channels.post_count
          FROM channels JOIN agents USING (account_id)
         WHERE channels.account_id = :account_id AND channels.{chosen} AND agents.agent_id = ANY (:agent_ids)
        ON CONFLICT DO NOTHING
        RETURNING account_id, channel_id, agent_id
    ), counted AS (
        UPDATE channels SET member_count = member_count + counts.newcomers
          FROM (SELECT account_id, channel_id, count(*) AS newcomers FROM seated GROUP BY 1, 2) AS counts
         WHERE channels.account_id = counts.account_id AND channels.channel_id = counts.channel_id
    )
    SELECT channel_id, agent_id FROM seated
    """
_SEAT_IN_CHANNEL = text(_SEAT.format(chosen="channel_id = :channel_id"))
_SEAT_IN_ANNOUNCEMENTS = text(_SEAT.format(chosen="kind = 'ANNOUNCEMENT'"))


async def add_members(
    tx: Transaction, channel_id: UUID, agent_ids: Sequence[str], role: MemberRole = MemberRole.MEMBER
) -> list[str]:
    """Returns the agents who were not members yet, in the given order, each announced."""
    rows = await tx.session.execute(
        _SEAT_IN_CHANNEL,
        {
            "account_id": tx.account_id,
            "channel_id": channel_id,
            "agent_ids": list(agent_ids),
            "role": role.value,
            "now": tx.now,
        },
    )
    seated = {row.agent_id for row in rows}
    added = [agent_id for agent_id in dict.fromkeys(agent_ids) if agent_id in seated]
    for agent_id in added:
        tx.announce(ChangeKind.MEMBER_ADDED, channel_id, agent_id)
    return added


async def seat_in_announcements(tx: Transaction, agent_ids: Sequence[str]) -> None:
    """Makes those who arrive in the directory members of every announcement. No system message tells of it: arriving
    is not news of the announcement."""
    if not agent_ids:
        return
    seated = await tx.session.execute(
        _SEAT_IN_ANNOUNCEMENTS,
        {
            "account_id": tx.account_id,
            "agent_ids": list(agent_ids),
            "role": MemberRole.MEMBER.value,
            "now": tx.now,
        },
    )
    for channel_id, agent_id in seated:
        tx.announce(ChangeKind.MEMBER_ADDED, channel_id, agent_id)


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
    """Raises Refused LAST_OWNER, naming the channel, unless another active member owns it: who is demoted stays, and
    whoever is in a channel has somebody to turn to."""
    if member.role == MemberRole.OWNER and not await _others_have_owner(tx, member):
        raise _last_owner(channel)


async def check_owner_remains_for_others(tx: Transaction, channel: Channel, member: Member) -> None:
    """Raises Refused LAST_OWNER, naming the channel, if who goes leaves active members behind and no owner among them.
    Deactivated ones hold nobody back: the channel passes to them when they are active again."""
    if member.role == MemberRole.OWNER and await _others_have_owner(tx, member) is False:
        raise _last_owner(channel)


async def _others_have_owner(tx: Transaction, member: Member) -> bool | None:
    """Returns whether an owner is among the other active members, None where there are none."""
    owned: bool | None = await tx.session.scalar(
        select(func.bool_or(col(Member.role) == MemberRole.OWNER))
        .join(Agent, and_(col(Agent.account_id) == col(Member.account_id), col(Agent.agent_id) == col(Member.agent_id)))
        .where(
            col(Member.account_id) == tx.account_id,
            col(Member.channel_id) == member.channel_id,
            col(Member.agent_id) != member.agent_id,
            col(Agent.active),
        )
    )
    return owned


def _last_owner(channel: Channel) -> Refused:
    message = f"The last owner of {channel.name} cannot go: make somebody else an owner."
    return Refused(RefusalCode.LAST_OWNER, message)


def check_number_of_agents(agent_ids: Sequence[str], path: str) -> None:
    if len(agent_ids) > AGENTS_LIMIT:
        raise Refused(RefusalCode.INVALID, f"At most {AGENTS_LIMIT} agents at a time.", path)


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
