"""Read markers. Moving one marks the notifications before it as read. They are personal: not part of the order of
changes, but signalled to the agent's other devices."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Text

from chat.access import Seat
from chat.bell import IS_UNREAD, MARK_READ
from chat.locking import not_found, read_seat, require_viewer
from chat.operation import Transaction, operation
from chat.policies import check_member
from models.columns import IDENTIFIER, TIMESTAMPTZ
from models.statements import sql

_MARK_READ = sql(
    f"""
    WITH marker AS (
        UPDATE members SET read_seq = :seq, read_posts = greatest(read_posts, :posts)
         WHERE account_id = :account_id AND channel_id = :channel_id AND agent_id = :agent_id AND read_seq < :seq
     RETURNING agent_id
    )
    UPDATE notifications SET {MARK_READ}
     WHERE {IS_UNREAD} AND channel_id = :channel_id AND seq <= :seq AND (SELECT count(*) FROM marker) >= 0
    """,  # noqa: S608
    account_id=Text,
    channel_id=IDENTIFIER,
    agent_id=Text,
    seq=BigInteger,
    posts=BigInteger,
    now=TIMESTAMPTZ,
)

_MARK_UNREAD = sql(
    """
    UPDATE members SET read_seq = :seq - 1, read_posts = :posts
     WHERE account_id = :account_id AND channel_id = :channel_id AND agent_id = :agent_id AND read_seq >= :seq
    """,
    seq=BigInteger,
    posts=BigInteger,
)

_MARK_ALL_READ = sql(
    f"""
    WITH markers AS (
        UPDATE members SET read_seq = channels.last_seq, read_posts = channels.post_count
          FROM channels
         WHERE members.account_id = :account_id AND members.agent_id = :agent_id
           AND channels.account_id = members.account_id AND channels.channel_id = members.channel_id
           AND members.read_seq < channels.last_seq
     RETURNING members.channel_id
    ), bell AS (
        UPDATE notifications SET {MARK_READ}
         WHERE {IS_UNREAD} AND (SELECT count(*) FROM markers) >= 0
     RETURNING channel_id
    )
    SELECT channel_id FROM markers UNION SELECT channel_id FROM bell
    """,  # noqa: S608
    account_id=Text,
    agent_id=Text,
    now=TIMESTAMPTZ,
)

_MESSAGE = sql(
    """
    SELECT seq, post_number, system_event IS NULL
      FROM messages
     WHERE account_id = :account_id AND message_id = :message_id AND channel_id = :channel_id
    """
)


class _Place(NamedTuple):
    """A message's place in the channel."""

    seq: int
    post_number: int
    is_post: bool


@operation
async def mark_read(tx: Transaction, channel_id: UUID, message_id: UUID | None) -> None:
    """Marks the channel read up to the message, or to the end. Never moves the marker backwards. Raises Refused."""
    seat = await read_seat(tx, channel_id)
    check_member(seat)
    seq, posts = seat.channel.last_seq, seat.channel.post_count
    if message_id is not None:
        place = await _place(tx, seat, message_id)
        seq, posts = place.seq, place.post_number
    await tx.fetch(_MARK_READ, channel_id=channel_id, agent_id=seat.agent.agent_id, seq=seq, posts=posts, now=tx.now)
    tx.signal_devices(seat.agent.agent_id, channel_id)


@operation
async def mark_unread(tx: Transaction, channel_id: UUID, message_id: UUID) -> None:
    """Makes the message the first unread one, unless an earlier one is unread already. Raises Refused."""
    seat = await read_seat(tx, channel_id)
    check_member(seat)
    place = await _place(tx, seat, message_id)
    posts_before = place.post_number - (1 if place.is_post else 0)
    await tx.fetch(_MARK_UNREAD, channel_id=channel_id, agent_id=seat.agent.agent_id, seq=place.seq, posts=posts_before)
    tx.signal_devices(seat.agent.agent_id, channel_id)


@operation
async def mark_all_read(tx: Transaction) -> None:
    """Marks all of the viewer's channels read to the end, in one statement."""
    viewer = await require_viewer(tx)
    for (channel_id,) in await tx.fetch(_MARK_ALL_READ, agent_id=viewer.agent_id, now=tx.now):
        tx.signal_devices(viewer.agent_id, channel_id)


async def _place(tx: Transaction, seat: Seat, message_id: UUID) -> _Place:
    row = await tx.fetch_row(_MESSAGE, message_id=message_id, channel_id=seat.channel.channel_id)
    if row is None:
        raise not_found("message", "messageId")
    return _Place(*row)
