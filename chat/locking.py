"""The start of an operation: it locks the channel and then, in a later statement, reads the viewer's permissions.

The two must be separate statements: PostgreSQL evaluates a predicate in the locking statement against the row as it
was before the wait, so a removed agent could still post. The agent's and the account's rows are held FOR SHARE, so
deactivating the agent or disabling the chat waits for the writes that overlap it.
"""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from chat.access import Seat, readable_messages, seats
from chat.errors import RefusalCode, Refused
from chat.naming import is_storable
from chat.operation import Transaction
from chat.viewer import Viewer, require_agent, require_enabled, select_viewers
from models import Account, Agent, Channel, Member, Message


async def require_viewer(tx: Transaction) -> Viewer:
    """Returns the viewer. Raises Denied unless they are an active agent for whom the chat is enabled."""
    return require_enabled(await read_viewer(tx))


async def lock_channel(tx: Transaction, channel_id: UUID, noun: str = "channel", *path: str) -> Seat:
    """Locks the channel and returns the viewer's seat in it. Raises Refused NOT_FOUND if the viewer cannot see it.

    `noun` names the object whose id the client sent, for the error text: a message in a hidden channel must give
    exactly the same error as an unknown message. `path` is the input field that held the id, by default `<noun>Id`.
    """
    await _lock_row(tx, channel_id)
    return await read_seat(tx, channel_id, noun, *path)


async def lock_message(tx: Transaction, message_id: UUID) -> tuple[Seat, Message]:
    """Locks the message's channel and returns the viewer's seat in it and the message. Raises Refused NOT_FOUND if the
    viewer cannot read the message."""
    channel_id = await tx.session.scalar(
        select(col(Message.channel_id)).where(
            col(Message.account_id) == tx.account_id, col(Message.message_id) == message_id
        )
    )
    if channel_id is None:
        await require_viewer(tx)
        raise not_found("message", "messageId")
    seat = await lock_channel(tx, channel_id, "message")
    row = (await tx.session.execute(readable_messages(tx.account_id, [(seat.agent.agent_id, message_id)]))).first()
    if row is None:
        raise not_found("message", "messageId")
    return seat, row[1]


async def read_seat(tx: Transaction, channel_id: UUID, noun: str = "channel", *path: str) -> Seat:
    """Returns the viewer's seat without locking the channel; raises as `lock_channel` does. Sufficient where the
    transaction writes only the viewer's personal state, or nothing."""
    token = require_agent(tx.identity)
    statement = (
        seats()
        .add_columns(Account)
        .join(Account, col(Account.account_id) == col(Agent.account_id))
        .where(
            col(Agent.account_id) == token.account_id,
            col(Agent.agent_id) == token.agent_id,
            col(Channel.channel_id) == channel_id,
        )
        .with_for_update(read=True, of=[Agent, Account])
    )
    row = (await tx.session.execute(statement)).first()
    if row is None:
        await require_viewer(tx)
        raise not_found(noun, *(path or (f"{noun}Id",)))
    seat = Seat.from_row(row[:5])
    require_enabled(Viewer(seat.agent, row[5]))
    return seat


async def read_viewer(tx: Transaction) -> Viewer | None:
    """Returns the agent of the token, active or not; None if the account has no such agent."""
    token = require_agent(tx.identity)
    statement = select_viewers(token.account_id, [token.agent_id])
    row = (await tx.session.execute(statement.with_for_update(read=True, of=[Agent, Account]))).first()
    return Viewer(row[0], row[1]) if row else None


async def require_member(tx: Transaction, channel_id: UUID, agent_id: str) -> Member:
    """Returns an agent's membership of a locked channel. Raises Refused NOT_FOUND if there is none."""
    if not is_storable(agent_id):
        raise not_found("member", "agentId")
    member = await tx.session.scalar(
        select(Member).where(
            col(Member.account_id) == tx.account_id,
            col(Member.channel_id) == channel_id,
            col(Member.agent_id) == agent_id,
        )
    )
    if member is None:
        raise not_found("member", "agentId")
    return member


def not_found(noun: str, *path: str) -> Refused:
    """Returns the error for an id that is unknown, of another account, or invisible to the viewer: the same for all."""
    return Refused(RefusalCode.NOT_FOUND, f"There is no such {noun}.", *path)


async def _lock_row(tx: Transaction, channel_id: UUID) -> None:
    await tx.session.execute(
        select(col(Channel.channel_id))
        .where(col(Channel.account_id) == tx.account_id, col(Channel.channel_id) == channel_id)
        .with_for_update()
    )
