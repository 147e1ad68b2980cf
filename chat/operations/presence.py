"""What an agent shows of themselves now: what they appear as, and that they are typing."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from chat.entering import enter, take_seat
from chat.operation import Transaction, operation
from chat.policies import check_post
from chat.ports import Signal, SignalKind
from models import Presence
from models.enums import PresenceStatus


@operation
async def set_presence(tx: Transaction, status: PresenceStatus) -> None:
    """Keeps what the viewer wants to appear as while a socket of theirs is open."""
    viewer = await enter(tx)
    await tx.session.execute(
        insert(Presence)
        .values(account_id=tx.account_id, agent_id=viewer.agent_id, status=status)
        .on_conflict_do_update(index_elements=["account_id", "agent_id"], set_={"status": status})
    )
    tx.signals.append(Signal(tx.account_id, SignalKind.PRESENCE, (viewer.agent_id,)))


@operation
async def start_typing(tx: Transaction, channel_id: UUID) -> None:
    """Tells the channel that the viewer is typing; nothing is stored. Raises Refused as posting would."""
    await _tell(tx, channel_id, SignalKind.TYPING)


@operation
async def stop_typing(tx: Transaction, channel_id: UUID) -> None:
    """Tells the channel that the viewer stopped typing. Raises Refused as posting would."""
    await _tell(tx, channel_id, SignalKind.NOT_TYPING)


async def _tell(tx: Transaction, channel_id: UUID, kind: SignalKind) -> None:
    seat = await take_seat(tx, channel_id)
    check_post(seat)
    tx.signals.append(Signal(tx.account_id, kind, (seat.agent.agent_id,), channel_id))
