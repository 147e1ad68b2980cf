"""Presence and typing: what other agents currently see of the viewer."""

from uuid import UUID

from chat.locking import read_seat, require_viewer
from chat.operation import Transaction, operation
from chat.policies import check_post
from chat.ports import Signal, SignalKind
from models.enums import PresenceStatus
from models.statements import sql

_SET_STATUS = sql(
    """
    INSERT INTO presences (account_id, agent_id, status) VALUES (:account_id, :agent_id, :status)
    ON CONFLICT (account_id, agent_id) DO UPDATE SET status = excluded.status
    """
)


@operation
async def set_presence(tx: Transaction, status: PresenceStatus) -> None:
    """Sets the presence that the viewer shows while they have a socket open."""
    viewer = await require_viewer(tx)
    await tx.fetch(_SET_STATUS, agent_id=viewer.agent_id, status=status)
    tx.signals.append(Signal(tx.account_id, SignalKind.PRESENCE, (viewer.agent_id,)))


@operation
async def start_typing(tx: Transaction, channel_id: UUID) -> None:
    """Signals to the channel that the viewer is typing. Nothing is stored. Raises what `check_post` raises."""
    await _signal_typing(tx, channel_id, SignalKind.TYPING)


@operation
async def stop_typing(tx: Transaction, channel_id: UUID) -> None:
    """Signals to the channel that the viewer stopped typing. Raises what `check_post` raises."""
    await _signal_typing(tx, channel_id, SignalKind.NOT_TYPING)


async def _signal_typing(tx: Transaction, channel_id: UUID, kind: SignalKind) -> None:
    seat = await read_seat(tx, channel_id)
    check_post(seat)
    tx.signals.append(Signal(tx.account_id, kind, (seat.agent.agent_id,), channel_id))
