"""Read markers. They are personal: not part of the order of changes, but signalled to the agent's other devices."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlmodel import col

from chat.access import Seat
from chat.locking import not_found, read_seat, require_viewer
from chat.operation import Transaction, operation
from chat.policies import check_member
from models import Channel, Member, Message


@operation
async def mark_read(tx: Transaction, channel_id: UUID, message_id: UUID | None) -> None:
    """Marks the channel read up to the message, or to the end. Never moves the marker backwards. Raises Refused."""
    seat = await read_seat(tx, channel_id)
    check_member(seat)
    seq, posts = seat.channel.last_seq, seat.channel.post_count
    if message_id is not None:
        message = await _message_in(tx, seat, message_id)
        seq, posts = message.seq, message.post_number
    await tx.session.execute(
        update(Member)
        .where(_own_membership(tx, seat), col(Member.read_seq) < seq)
        .values(read_seq=seq, read_posts=func.greatest(col(Member.read_posts), posts))
        .execution_options(synchronize_session=False)
    )
    tx.signal_devices(seat.agent.agent_id, channel_id)


@operation
async def mark_unread(tx: Transaction, channel_id: UUID, message_id: UUID) -> None:
    """Makes the message the first unread one, unless an earlier one is unread already. Raises Refused."""
    seat = await read_seat(tx, channel_id)
    check_member(seat)
    message = await _message_in(tx, seat, message_id)
    posts_before = message.post_number - (1 if message.system_event is None else 0)
    await tx.session.execute(
        update(Member)
        .where(_own_membership(tx, seat), col(Member.read_seq) >= message.seq)
        .values(read_seq=message.seq - 1, read_posts=posts_before)
        .execution_options(synchronize_session=False)
    )
    tx.signal_devices(seat.agent.agent_id, channel_id)


@operation
async def mark_all_read(tx: Transaction) -> None:
    """Marks all of the viewer's channels read to the end, in one statement."""
    viewer = await require_viewer(tx)
    read = await tx.session.scalars(
        update(Member)
        .where(
            col(Member.account_id) == tx.account_id,
            col(Member.agent_id) == viewer.agent_id,
            col(Channel.account_id) == col(Member.account_id),
            col(Channel.channel_id) == col(Member.channel_id),
            col(Member.read_seq) < col(Channel.last_seq),
        )
        .values(read_seq=col(Channel.last_seq), read_posts=col(Channel.post_count))
        .returning(col(Member.channel_id))
        .execution_options(synchronize_session=False)
    )
    for channel_id in read:
        tx.signal_devices(viewer.agent_id, channel_id)


async def _message_in(tx: Transaction, seat: Seat, message_id: UUID) -> Message:
    message = await tx.session.scalar(
        select(Message).where(
            col(Message.account_id) == tx.account_id,
            col(Message.message_id) == message_id,
            col(Message.channel_id) == seat.channel.channel_id,
        )
    )
    if message is None:
        raise not_found("message", "messageId")
    return message


def _own_membership(tx: Transaction, seat: Seat) -> ColumnElement[bool]:
    return and_(
        col(Member.account_id) == tx.account_id,
        col(Member.channel_id) == seat.channel.channel_id,
        col(Member.agent_id) == seat.agent.agent_id,
    )
