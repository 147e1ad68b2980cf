"""Pages of a channel's messages: `seq` is dense, so every page is a range of it that knows what surrounds it."""

from dataclasses import dataclass
from uuid import UUID

from chat.access import Seat
from chat.errors import DenialCode, Denied
from loaders.pages import Slice, decode_cursor, encode_cursor, page_size
from models import Message as MessageRow
from schema.context import Info
from schema.ids import Prefix, parse_id


@dataclass(frozen=True)
class HistoryPage:
    """The arguments of a page of history, as the client gave them."""

    first: int | None
    after: str | None
    last: int | None
    before: str | None
    around: str | None


async def read_history(info: Info, seat: Seat, asked: HistoryPage) -> Slice[MessageRow]:
    """Returns the page in the order of the channel, empty for who cannot read it; raises Denied BAD_USER_INPUT."""
    end = seat.channel.last_seq
    lowest, highest = await _range(info, seat, asked)
    lowest, highest = max(lowest, 1), min(highest, end)
    if not seat.readable or lowest > highest:
        return Slice(rows=(), cursors=(), has_previous=False, has_next=False)
    key = (seat.agent.agent_id, seat.channel.channel_id, lowest, highest)
    rows = await info.context.loaders.history.load(key)
    return Slice(
        rows=rows,
        cursors=[encode_cursor(_name(seat), row.seq) for row in rows],
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
            "Page one way: `first` with `after`, `last` with `before`, or `around` with `first`.",
        )
    if asked.around is not None:
        return await _range_around(info, seat, asked.around, page_size(asked.first, "first"))
    if forwards:
        after = _seq(seat, asked.after) if asked.after is not None else 0
        return after + 1, after + page_size(asked.first, "first")
    before = _seq(seat, asked.before) if asked.before is not None else seat.channel.last_seq + 1
    return before - page_size(asked.last, "last"), before - 1


async def _range_around(info: Info, seat: Seat, around: str, size: int) -> tuple[int, int]:
    """The message stands in the middle; an unknown one gives an empty page, as an unreadable one does."""
    message_id: UUID | None = parse_id(Prefix.MESSAGE, around)
    row = await info.context.loaders.messages.load((seat.agent.agent_id, message_id)) if message_id else None
    if row is None or row.channel_id != seat.channel.channel_id:
        return 1, 0
    lowest = max(1, row.seq - (size - 1) // 2)
    return lowest, lowest + size - 1


def _seq(seat: Seat, cursor: str) -> int:
    return int(decode_cursor(_name(seat), cursor, int)[0])


def _name(seat: Seat) -> str:
    """Each channel's history is a list of its own: a number of one means nothing in another."""
    return f"history {seat.channel.channel_id.hex}"
