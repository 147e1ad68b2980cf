"""Who could read a channel when: the doors that open and close in the order of changes.

An event reaches an agent who could read its channel at the event and can now. What was said between being removed
and being added again is never replayed.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import col

from chat.access import Seat
from loaders.batches import Sessions
from loaders.shared import to_the_end
from models import Change
from models.enums import ChangeKind, ChannelKind
from subscriptions.changes import MEMBERSHIP

VISIBILITY = (ChangeKind.MADE_PUBLIC, ChangeKind.MADE_PRIVATE)


@dataclass
class Door:
    """Whether one agent can read one channel, at the place in the order that a stream has reached."""

    agent_id: str
    channel_id: UUID
    member: bool
    public: bool

    @property
    def open(self) -> bool:
        return self.member or self.public

    def pass_change(self, change: Change) -> None:
        """Moves on past a change, which may open or close the door."""
        if change.channel_id != self.channel_id:
            return
        if change.kind in MEMBERSHIP and change.agent_id == self.agent_id:
            self.member = change.kind == ChangeKind.MEMBER_ADDED
        elif change.kind in VISIBILITY:
            self.public = change.kind == ChangeKind.MADE_PUBLIC


async def doors_at(sessions: Sessions, seats: Collection[Seat], start: int) -> dict[UUID, Door]:
    """Returns the doors of one agent as they stood at `start`, each told by the first change after it that moved the
    door; where none did, by the seat, which must have been read before this."""
    if not seats:
        return {}
    moves: dict[UUID, list[Change]] = {seat.channel.channel_id: [] for seat in seats}
    for change in await _moves(sessions, seats, start):
        assert change.channel_id is not None
        moves[change.channel_id].append(change)
    return {seat.channel.channel_id: _door(seat, moves[seat.channel.channel_id]) for seat in seats}


@to_the_end
async def _moves(sessions: Sessions, seats: Collection[Seat], start: int) -> Sequence[Change]:
    seat = next(iter(seats))
    async with sessions() as session:
        found = await session.scalars(
            select(Change)
            .where(
                col(Change.account_id) == seat.channel.account_id,
                col(Change.change) > start,
                col(Change.message_id).is_(None),
                col(Change.channel_id).in_([seat.channel.channel_id for seat in seats]),
                or_(
                    col(Change.kind).in_(MEMBERSHIP) & (col(Change.agent_id) == seat.agent.agent_id),
                    col(Change.kind).in_(VISIBILITY),
                ),
            )
            .order_by(col(Change.change))
        )
        return found.all()


def _door(seat: Seat, moves: Iterable[Change]) -> Door:
    joined = next((change.kind for change in moves if change.kind in MEMBERSHIP), None)
    turned = next((change.kind for change in moves if change.kind in VISIBILITY), None)
    return Door(
        agent_id=seat.agent.agent_id,
        channel_id=seat.channel.channel_id,
        member=joined == ChangeKind.MEMBER_REMOVED if joined else seat.member is not None,
        public=turned == ChangeKind.MADE_PRIVATE if turned else seat.channel.kind == ChannelKind.PUBLIC,
    )
