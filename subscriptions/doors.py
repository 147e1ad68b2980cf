"""Who could read a channel when: the doors that open and close in the order of changes.

An event reaches an agent who could read its channel at the event and can now. What was said between being removed
and being added again is never replayed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import col

from chat.access import Seat
from loaders.batches import Sessions
from models import Change
from models.enums import ChangeKind, ChannelKind

MEMBERSHIP = (ChangeKind.MEMBER_ADDED, ChangeKind.MEMBER_REMOVED)
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


async def door_at(sessions: Sessions, seat: Seat, start: int) -> Door:
    """Returns the door as it stood at `start`, told by the first change after it that moved the door; where none
    did, by the seat, which must have been read before this."""
    agent_id, channel = seat.agent.agent_id, seat.channel
    async with sessions() as session:
        moves: Sequence[Change] = (
            await session.scalars(
                select(Change)
                .where(
                    col(Change.account_id) == channel.account_id,
                    col(Change.channel_id) == channel.channel_id,
                    col(Change.change) > start,
                    or_(
                        col(Change.kind).in_(MEMBERSHIP) & (col(Change.agent_id) == agent_id),
                        col(Change.kind).in_(VISIBILITY),
                    ),
                )
                .order_by(col(Change.change))
            )
        ).all()
    joined = next((change.kind for change in moves if change.kind in MEMBERSHIP), None)
    turned = next((change.kind for change in moves if change.kind in VISIBILITY), None)
    return Door(
        agent_id=agent_id,
        channel_id=channel.channel_id,
        member=joined == ChangeKind.MEMBER_REMOVED if joined else seat.member is not None,
        public=turned == ChangeKind.MADE_PRIVATE if turned else channel.kind == ChannelKind.PUBLIC,
    )
