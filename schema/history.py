"""Pages of a channel's history. `seq` has no gaps, so a page is a range of numbers, and no read is needed to know
whether there are messages before and after it."""

from dataclasses import dataclass
from uuid import UUID

from chat.access import Seat
from chat.errors import DenialCode, Denied
from loaders.pages import Page, decode_cursor, encode_cursor, page_size
from models import Message as MessageRow
from schema.context import Info
from schema.ids import Prefix, parse_id


@dataclass(frozen=True)
class HistoryPage:
    """The client's arguments for a page."""

    first: int | None
    after: str | None
    last: int | None
    before: str | None
    around: str | None


async def read_history(info: Info, seat: Seat, asked: HistoryPage) -> Page[MessageRow]:
    """Returns the page, oldest first; empty if the viewer cannot read the channel. Raises Denied BAD_USER_INPUT."""
    end = seat.channel.last_seq
    lowest, highest = await _range(info, seat, asked)
    lowest, highest = max(lowest, 1), min(highest, end)
    if not seat.readable or lowest > highest:
        return Page(rows=(), cursors=(), has_previous=False, has_next=False)
    key = (seat.agent.agent_id, seat.channel.channel_id, lowest, highest)
    rows = await info.context.loaders.history.load(key)
    return Page(
        rows=rows,
        cursors=[encode_cursor(_list_name(seat), row.seq) for row in rows],
        has_previous=lowest > 1,
        has_next=highest < end,
    )


async def _range(info: Info, seat: Seat, asked: HistoryPage) -> tuple[int, int]:
    """Returns the first and the last `seq` of the page."""
    forwards = asked.first is not None or asked.after is not None
    backwards = asked.last is not None or asked.before is not None
    if forwards + backwards > 1 or (asked.around is not None and (asked.after or backwards)):
        raise Denied(
            DenialCode.BAD_USER_INPUT,
            "Use only one of: `first` with `after`, `last` with `before`, `around` with `first`.",
        )
    if asked.around is not None:
        return await _range_around(info, seat, asked.around, page_size(asked.first, "first"))
    if forwards:
        after = _seq(seat, asked.after) if asked.after is not None else 0
        return after + 1, after + page_size(asked.first, "first")
    before = _seq(seat, asked.before) if asked.before is not None else seat.channel.last_seq + 1
    return before - page_size(asked.last, "last"), before - 1


async def _range_around(info: Info, seat: Seat, around: str, size: int) -> tuple[int, int]:
    """Returns a range with the message in its middle; an empty one for a message that is unknown or unreadable."""
    message_id: UUID | None = parse_id(Prefix.MESSAGE, around)
    row = await info.context.loaders.messages.load((seat.agent.agent_id, message_id)) if message_id else None
    if row is None or row.channel_id != seat.channel.channel_id:
        return 1, 0
    lowest = max(1, row.seq - (size - 1) // 2)
    return lowest, lowest + size - 1


def _seq(seat: Seat, cursor: str) -> int:
    return int(decode_cursor(_list_name(seat), cursor, int)[0])


def _list_name(seat: Seat) -> str:
    """Returns the list name for the cursors of a channel's history. Each channel has its own, because a `seq` of one
    channel means nothing in another."""
    return f"history {seat.channel.channel_id.hex}"
