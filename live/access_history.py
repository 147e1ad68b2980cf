"""Who could read a channel at which change.

A stream gets an event if its agent could read the channel at the change and can read it now. Changes between an agent's
removal and their return are never replayed.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, bindparam, exists, or_, select
from sqlmodel import col

from chat.access import Seat
from chat.change_kinds import EFFECTS, MEMBERSHIP_KINDS, VISIBILITY_KINDS, Access
from live.change_statements import is_in_days
from live.changes import days_after
from live.records import ChangeRecord
from loaders.uncancelled import uncancelled
from models import Change, ChangedAgent
from models.columns import ACCOUNT_ID, is_one_of, is_one_of_members
from models.database import Database
from models.enums import ChannelKind
from models.rows import ChangeRow, columns, to_row
from models.statements import Statement

_is_about_agent = exists().where(
    col(ChangedAgent.account_id) == ACCOUNT_ID,
    is_in_days(ChangedAgent),
    col(ChangedAgent.change) == col(Change.change),
    col(ChangedAgent.agent_id) == bindparam("agent_id"),
)
_CHANGES_OF_ACCESS = Statement(
    select(*columns(ChangeRow))
    .where(
        col(Change.account_id) == ACCOUNT_ID,
        is_in_days(Change),
        col(Change.change) > bindparam("after"),
        col(Change.message_id).is_(None),
        is_one_of(col(Change.channel_id), "channel_ids"),
        or_(
            and_(is_one_of_members(col(Change.kind), MEMBERSHIP_KINDS), _is_about_agent),
            is_one_of_members(col(Change.kind), VISIBILITY_KINDS),
        ),
    )
    .order_by(col(Change.change))
)


UNCHANGED = Access.UNCHANGED


@dataclass
class ChannelAccess:
    """Whether one agent can read one channel, at the change that a stream has reached."""

    agent_id: str
    channel_id: UUID
    is_member: bool
    is_public: bool

    @property
    def readable(self) -> bool:
        return self.is_member or self.is_public

    def apply(self, record: ChangeRecord) -> None:
        """Updates the access with the next change, which may grant or end it."""
        access = EFFECTS[record.change.kind].access
        if access is UNCHANGED or record.change.channel_id != self.channel_id:
            return
        match access:
            case Access.AGENTS_JOINED if self.agent_id in record.agents:
                self.is_member = True
            case Access.AGENTS_LEFT if self.agent_id in record.agents:
                self.is_member = False
            case Access.MADE_PUBLIC:
                self.is_public = True
            case Access.MADE_PRIVATE:
                self.is_public = False
            case _:
                pass


async def access_at(
    database: Database, account_id: str, seats: Collection[Seat], start: int
) -> dict[UUID, ChannelAccess]:
    """Returns one agent's access to the channels of these seats, as it was at the change `start`.

    It is derived from the first later change of the agent's membership and of the channel's visibility: for
    example, if that is a removal, the agent was a member before. Without such a change, access is the same as in the
    seat, which the caller must have read before this call.
    """
    if not seats:
        return {}
    changes: dict[UUID, list[ChangeRow]] = {seat.channel.channel_id: [] for seat in seats}
    for change in await _changes_of_access(database, account_id, seats, start):
        assert change.channel_id is not None
        changes[change.channel_id].append(change)
    return {seat.channel.channel_id: _access_before(seat, changes[seat.channel.channel_id]) for seat in seats}


@uncancelled
async def _changes_of_access(
    database: Database, account_id: str, seats: Collection[Seat], start: int
) -> list[ChangeRow]:
    days = await days_after(database, account_id, start)
    if days is None:
        return []
    async with database.connection(account_id) as connection:
        records = await _CHANGES_OF_ACCESS.fetch(
            connection,
            account_id=account_id,
            agent_id=next(iter(seats)).agent.agent_id,
            channel_ids=[seat.channel.channel_id for seat in seats],
            after=start,
            **days.parameters,
        )
    return [to_row(ChangeRow, record) for record in records]


def _access_before(seat: Seat, changes: Iterable[ChangeRow]) -> ChannelAccess:
    effects = [EFFECTS[change.kind].access for change in changes]
    membership = next((effect for effect in effects if effect.is_membership), None)
    visibility = next((effect for effect in effects if effect.is_visibility), None)
    return ChannelAccess(
        agent_id=seat.agent.agent_id,
        channel_id=seat.channel.channel_id,
        is_member=seat.member is not None if membership is None else membership == Access.AGENTS_LEFT,
        is_public=seat.channel.kind == ChannelKind.PUBLIC if visibility is None else visibility == Access.MADE_PRIVATE,
    )
