"""What the coming and going of agents means for channels: every active agent is a member of every announcement, and
a channel whose last active owner was deactivated passes to its oldest admin, else its oldest member."""

from collections.abc import Sequence

from sqlalchemy import ARRAY, and_, bindparam, literal, or_, select, text
from sqlmodel import col
from uuid_utils.compat import uuid7

from chat.changes import NewChange
from chat.operation import Transaction
from models import Channel, Member
from models.columns import IDENTIFIER, TEXTS
from models.enums import ChangeKind, ChannelKind, MemberRole


async def lock_channels_touched(tx: Transaction, arrived: Sequence[str], departed: Sequence[str]) -> None:
    """Locks, in the order of their ids, the announcements for those who arrive and the channels that those who
    depart own: before the agents' own rows, as every other write does."""
    if not arrived and not departed:
        return
    owned = (
        select(col(Member.channel_id))
        .where(
            col(Member.account_id) == tx.account_id,
            col(Member.agent_id).in_(departed),
            col(Member.role) == MemberRole.OWNER,
        )
        .scalar_subquery()
    )
    joined = and_(col(Channel.kind) == ChannelKind.ANNOUNCEMENT, literal(bool(arrived)))
    await tx.session.execute(
        select(col(Channel.channel_id))
        .where(col(Channel.account_id) == tx.account_id, or_(joined, col(Channel.channel_id).in_(owned)))
        .order_by(col(Channel.channel_id))
        .with_for_update()
    )


_SEAT = text(
    """
    WITH seated AS (
        INSERT INTO members (account_id, channel_id, agent_id, role, joined_at, notification_level, muted, favourite,
                             read_seq, read_posts)
        SELECT account_id, channel_id, arrived.agent_id, 'MEMBER', :now, 'EVERYTHING', false, false,
               last_seq, post_count
          FROM channels CROSS JOIN unnest(CAST(:agent_ids AS text[])) AS arrived (agent_id)
         WHERE account_id = :account_id AND kind = 'ANNOUNCEMENT'
        ON CONFLICT DO NOTHING
        RETURNING account_id, channel_id, agent_id
    ), counted AS (
        UPDATE channels SET member_count = member_count + counts.newcomers
          FROM (SELECT account_id, channel_id, count(*) AS newcomers FROM seated GROUP BY 1, 2) AS counts
         WHERE channels.account_id = counts.account_id AND channels.channel_id = counts.channel_id
    )
    SELECT channel_id, agent_id FROM seated
    """
)


async def seat_in_announcements(tx: Transaction, agent_ids: Sequence[str]) -> None:
    """No system message tells of it: arriving is not news of the announcement."""
    if not agent_ids:
        return
    seated = await tx.session.execute(_SEAT, {"account_id": tx.account_id, "agent_ids": list(agent_ids), "now": tx.now})
    for channel_id, agent_id in seated:
        tx.announce(ChangeKind.MEMBER_ADDED, channel_id, agent_id)


_INHERIT = text(
    """
    WITH orphaned AS (
        SELECT channel_id, min(agent_id) AS former_id
          FROM members
         WHERE account_id = :account_id AND agent_id = ANY (:agent_ids) AND role = 'OWNER'
           AND NOT EXISTS (
                SELECT FROM members AS owner JOIN agents USING (account_id, agent_id)
                 WHERE owner.account_id = :account_id AND owner.channel_id = members.channel_id
                   AND owner.role = 'OWNER' AND agents.active
               )
         GROUP BY channel_id
    ), heirs AS (
        SELECT DISTINCT ON (channel_id) channel_id, agent_id, members.role, former_id
          FROM orphaned JOIN members USING (channel_id) JOIN agents USING (account_id, agent_id)
         WHERE account_id = :account_id AND agents.active
         ORDER BY channel_id, members.role = 'ADMIN' DESC, joined_at, agent_id
    )
    UPDATE members SET role = 'OWNER'
      FROM heirs
     WHERE members.account_id = :account_id
       AND members.channel_id = heirs.channel_id AND members.agent_id = heirs.agent_id
    RETURNING heirs.channel_id, heirs.former_id, heirs.agent_id, heirs.role AS before
    """
)

_TELL = text(
    """
    WITH told AS (
        SELECT * FROM unnest(:channel_ids, :message_ids, :former_ids, :heir_ids, :befores)
                   AS told (channel_id, message_id, former_id, heir_id, before)
    ), channel AS (
        UPDATE channels SET last_seq = last_seq + 1
          FROM told
         WHERE channels.account_id = :account_id AND channels.channel_id = told.channel_id
     RETURNING channels.channel_id, last_seq, post_count
    )
    INSERT INTO messages (account_id, message_id, channel_id, seq, post_number, author_id, body,
                          system_event, system_agent_ids, system_before, system_after, created_at, revision)
    SELECT :account_id, message_id, channel_id, last_seq, post_count, former_id, '',
           'ROLE_CHANGED', ARRAY[heir_id], before, 'OWNER', :now, 1
      FROM told JOIN channel USING (channel_id)
    """
).bindparams(
    bindparam("channel_ids", type_=ARRAY(IDENTIFIER)),
    bindparam("message_ids", type_=ARRAY(IDENTIFIER)),
    bindparam("former_ids", type_=TEXTS),
    bindparam("heir_ids", type_=TEXTS),
    bindparam("befores", type_=TEXTS),
)


async def pass_on_ownership(tx: Transaction, departed: Sequence[str]) -> None:
    """Gives every channel that lost its last active owner a new one, and tells it there in the former one's name."""
    if not departed:
        return
    inherited = (await tx.session.execute(_INHERIT, {"account_id": tx.account_id, "agent_ids": list(departed)})).all()
    if not inherited:
        return
    message_ids = [uuid7() for _ in inherited]
    await tx.session.execute(
        _TELL,
        {
            "account_id": tx.account_id,
            "now": tx.now,
            "channel_ids": [row.channel_id for row in inherited],
            "message_ids": message_ids,
            "former_ids": [row.former_id for row in inherited],
            "heir_ids": [row.agent_id for row in inherited],
            "befores": [row.before for row in inherited],
        },
    )
    for row, message_id in zip(inherited, message_ids, strict=True):
        tx.announce(ChangeKind.MEMBER_CHANGED, row.channel_id, row.agent_id)
        tx.changes.append(
            NewChange(ChangeKind.MESSAGE_ADDED, row.channel_id, message_id, revision=1, agent_id=row.former_id)
        )
