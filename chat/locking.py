"""The start of an operation: it locks the channel and then, in a later statement, reads the viewer's permissions.

The two must be separate statements: PostgreSQL evaluates a predicate in the locking statement against the row as it
was before the wait, so a removed agent could still post.

The agent's and the account's rows are not locked. The transaction checks at its end that they have not changed
(`chat.reliance`), so a deactivation or a change of the settings never waits for writes.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, bindparam, select
from sqlmodel import col

from chat.access import READABLE_MESSAGES, SEAT_COLUMNS, Seat, seats
from chat.errors import RefusalCode, Refused
from chat.naming import is_storable
from chat.operation import Transaction
from chat.viewer import Viewer, require_agent, require_enabled, viewers
from models import Account, AccountClock, Agent, Channel, Member, Message
from models.columns import ACCOUNT_ID, IDENTIFIER
from models.rows import AccountRow, MemberRow, MessageRow, columns, to_row
from models.statements import Statement, sql

_LOCK_CHANNEL = Statement(
    select(col(Channel.channel_id))
    .where(col(Channel.account_id) == ACCOUNT_ID, col(Channel.channel_id) == bindparam("channel_id"))
    .with_for_update(key_share=True)
)
_LOCK_CHANNELS = sql(
    """
    SELECT FROM channels
     WHERE account_id = :account_id AND channel_id = ANY (:channel_ids)
     ORDER BY channel_id
       FOR NO KEY UPDATE
    """,
    channel_ids=ARRAY(IDENTIFIER),
)
_SEAT = Statement(
    seats()
    .add_columns(*columns(AccountRow), col(AccountClock.access_version))
    .join(Account, col(Account.account_id) == col(Agent.account_id))
    .join(AccountClock, col(AccountClock.account_id) == col(Agent.account_id))
    .where(col(Agent.agent_id) == bindparam("agent_id"), col(Channel.channel_id) == bindparam("channel_id"))
)
_VIEWER = Statement(viewers().add_columns(col(AccountClock.access_version)))
_CHANNEL_OF_MESSAGE = Statement(
    select(col(Message.channel_id)).where(
        col(Message.account_id) == ACCOUNT_ID, col(Message.message_id) == bindparam("message_id")
    )
)
_MEMBER = Statement(
    select(*columns(MemberRow)).where(
        col(Member.account_id) == ACCOUNT_ID,
        col(Member.channel_id) == bindparam("channel_id"),
        col(Member.agent_id) == bindparam("agent_id"),
    )
)


async def require_viewer(tx: Transaction) -> Viewer:
    """Returns the viewer. Raises Denied unless they are an active agent for whom the chat is enabled."""
    return require_enabled(await read_viewer(tx))


async def lock_channel(tx: Transaction, channel_id: UUID, noun: str = "channel", *path: str) -> Seat:
    """Locks the channel and returns the viewer's seat in it. Raises Refused NOT_FOUND if the viewer cannot see it.

    `noun` names the object whose id the client sent, for the error text: a message in a hidden channel must give
    exactly the same error as an unknown message. `path` is the input field that held the id, by default `<noun>Id`.
    """
    await tx.fetch(_LOCK_CHANNEL, channel_id=channel_id)
    return await read_seat(tx, channel_id, noun, *path)


async def lock_channels(tx: Transaction, channel_ids: Sequence[UUID]) -> None:
    """Locks the channels in the order of their ids, as every other write does."""
    await tx.fetch(_LOCK_CHANNELS, channel_ids=channel_ids)


async def lock_message(tx: Transaction, message_id: UUID) -> tuple[Seat, MessageRow]:
    """Locks the message's channel and returns the viewer's seat in it and the message. Raises Refused NOT_FOUND if the
    viewer cannot read the message."""
    channel_id = await tx.fetch_value(_CHANNEL_OF_MESSAGE, message_id=message_id)
    if channel_id is None:
        await require_viewer(tx)
        raise not_found("message", "messageId")
    seat = await lock_channel(tx, channel_id, "message")
    row = await tx.fetch_row(READABLE_MESSAGES, agent_ids=[seat.agent.agent_id], ids=[message_id])
    if row is None:
        raise not_found("message", "messageId")
    return seat, to_row(MessageRow, row[1:])


async def read_seat(tx: Transaction, channel_id: UUID, noun: str = "channel", *path: str) -> Seat:
    """Returns the viewer's seat without locking the channel; raises as `lock_channel` does. Sufficient where the
    transaction writes only the viewer's personal state, or nothing."""
    row = await tx.fetch_row(_SEAT, agent_id=require_agent(tx.identity).agent_id, channel_id=channel_id)
    if row is None:
        await require_viewer(tx)
        raise not_found(noun, *(path or (f"{noun}Id",)))
    seat = Seat.of(row)
    viewer = Viewer(seat.agent, to_row(AccountRow, row[SEAT_COLUMNS:-1]))
    tx.reliance.on_viewer(viewer, row[-1])
    require_enabled(viewer)
    return seat


async def read_viewer(tx: Transaction) -> Viewer | None:
    """Returns the agent of the token, active or not; None if the account has no such agent."""
    row = await tx.fetch_row(_VIEWER, agent_ids=[require_agent(tx.identity).agent_id])
    if row is None:
        return None
    viewer = Viewer.of(row)
    tx.reliance.on_viewer(viewer, row[-1])
    return viewer


async def require_member(tx: Transaction, channel_id: UUID, agent_id: str) -> MemberRow:
    """Returns an agent's membership of a locked channel. Raises Refused NOT_FOUND if there is none."""
    row = await tx.fetch_row(_MEMBER, channel_id=channel_id, agent_id=agent_id) if is_storable(agent_id) else None
    if row is None:
        raise not_found("member", "agentId")
    return to_row(MemberRow, row)


def not_found(noun: str, *path: str) -> Refused:
    """Returns the error for an id that is unknown, of another account, or invisible to the viewer: the same for all."""
    return Refused(RefusalCode.NOT_FOUND, f"There is no such {noun}.", *path)
