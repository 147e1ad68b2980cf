"""How an operation begins: lock the channel, then, in a later statement, read what the asker may do in it.

A predicate in the locking statement itself is judged on the row as it was before the wait; a removed agent posted
that way. The agent and the account are held FOR SHARE, so a deactivation waits for the writes it overlaps.
"""

from uuid import UUID

from sqlalchemy import and_, select
from sqlmodel import col

from chat.access import Seat, readable_messages, seats
from chat.errors import RefusalCode, Refused
from chat.naming import is_storable
from chat.operation import Transaction
from chat.viewer import Viewer, admitted, agent_of, standings
from models import Account, Agent, Channel, Member, Message


async def enter(tx: Transaction) -> Viewer:
    """Returns who asks, past the gate; raises Denied."""
    return admitted(await held_viewer(tx))


async def enter_channel(tx: Transaction, channel_id: UUID, asked: str = "channel", *path: str) -> Seat:
    """Returns the asker's seat with the channel locked; raises Refused NOT_FOUND for what they cannot see.

    `asked`: what the asker gave the id of, since a hidden channel's message must be refused as an unknown message;
    `path`: where in the input, if not under that name.
    """
    await lock_channel(tx, channel_id)
    return await take_seat(tx, channel_id, asked, *path)


async def enter_message(tx: Transaction, message_id: UUID) -> tuple[Seat, Message]:
    """Returns the asker's seat, with its channel locked, and the message; raises Refused NOT_FOUND for what they
    cannot read."""
    channel_id = await tx.session.scalar(
        select(col(Message.channel_id)).where(
            col(Message.account_id) == tx.account_id, col(Message.message_id) == message_id
        )
    )
    if channel_id is None:
        await enter(tx)
        raise unknown("message", "messageId")
    seat = await enter_channel(tx, channel_id, "message")
    row = (await tx.session.execute(readable_messages(tx.account_id, [(seat.agent.agent_id, message_id)]))).first()
    if row is None:
        raise unknown("message", "messageId")
    return seat, row[1]


async def lock_channel(tx: Transaction, channel_id: UUID) -> None:
    await tx.session.execute(
        select(col(Channel.channel_id))
        .where(col(Channel.account_id) == tx.account_id, col(Channel.channel_id) == channel_id)
        .with_for_update()
    )


async def take_seat(tx: Transaction, channel_id: UUID, asked: str = "channel", *path: str) -> Seat:
    """Returns the asker's seat in a channel that is locked or of which nothing will be written but personal state."""
    identity = agent_of(tx.identity)
    statement = (
        seats()
        .add_columns(Account)
        .join(Account, col(Account.account_id) == col(Agent.account_id))
        .where(
            col(Agent.account_id) == identity.account_id,
            col(Agent.agent_id) == identity.agent_id,
            col(Channel.channel_id) == channel_id,
        )
        .with_for_update(read=True, of=[Agent, Account])
    )
    row = (await tx.session.execute(statement)).first()
    if row is None:
        await enter(tx)
        raise unknown(asked, *(path or (f"{asked}Id",)))
    seat = Seat.from_row(row[:5])
    admitted(Viewer(seat.agent, row[5]))
    return seat


async def held_viewer(tx: Transaction) -> Viewer | None:
    identity = agent_of(tx.identity)
    statement = standings(identity.account_id, [identity.agent_id])
    row = (await tx.session.execute(statement.with_for_update(read=True, of=[Agent, Account]))).first()
    return Viewer(row[0], row[1]) if row else None


async def member_of(tx: Transaction, channel_id: UUID, agent_id: str) -> Member:
    """Returns another agent's seat in a locked channel; raises Refused NOT_FOUND when there is none."""
    if not is_storable(agent_id):
        raise unknown("member", "agentId")
    member = await tx.session.scalar(
        select(Member).where(
            and_(
                col(Member.account_id) == tx.account_id,
                col(Member.channel_id) == channel_id,
                col(Member.agent_id) == agent_id,
            )
        )
    )
    if member is None:
        raise unknown("member", "agentId")
    return member


def unknown(what: str, *path: str) -> Refused:
    """The one answer to an id that is unknown, foreign or invisible."""
    return Refused(RefusalCode.NOT_FOUND, f"There is no such {what}.", *path)
