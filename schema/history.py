"""Pages of a channel's history. Between the expired messages and the last one `seq` has no gaps, so a page is a range
of numbers, and no read is needed to know whether there are messages before and after it."""

from collections.abc import Sequence
from dataclasses import dataclass

from chat.access import Seat
from chat.errors import DenialCode, Denied
from loaders import Loaders
from loaders.messages import SeqRange
from loaders.pages import Page, decode_cursor, empty_page, page_size
from models.rows import MessageRow
from schema.ids import Prefix, parse_id

SeqOfPage = tuple[int, int]
"""The first and the last `seq`."""


@dataclass(frozen=True)
class HistoryPage:
    """The client's arguments for a page."""

    first: int | None
    after: str | None
    last: int | None
    before: str | None
    around: str | None


async def read_history(
    loaders: Loaders, seats: Sequence[Seat], request: HistoryPage
) -> list[Page[MessageRow] | Denied]:
    """Returns the page of each channel, oldest first; empty if the reader cannot read the channel. Denied
    BAD_USER_INPUT stands in the place of a page whose cursor is not one of the channel's. Raises Denied BAD_USER_INPUT
    for arguments that are invalid in every channel."""
    ranges = await _ranges(loaders, seats, request)
    keys = [
        None if isinstance(range_, Denied) else _key(seat, range_) for seat, range_ in zip(seats, ranges, strict=True)
    ]
    found = iter(await loaders.history.load_many(key for key in keys if key is not None))
    return [
        range_ if isinstance(range_, Denied) else empty_page() if key is None else _page(seat, key, next(found))
        for seat, range_, key in zip(seats, ranges, keys, strict=True)
    ]


def _key(seat: Seat, range_: SeqOfPage) -> SeqRange | None:
    """Returns None for a page that is empty."""
    lowest, highest = max(range_[0], _first_seq(seat)), min(range_[1], seat.channel.last_seq)
    if not seat.readable or lowest > highest:
        return None
    return seat.agent.agent_id, seat.channel.channel_id, lowest, highest


def _page(seat: Seat, key: SeqRange, rows: Sequence[MessageRow]) -> Page[MessageRow]:
    _, _, lowest, highest = key
    return Page(
        list_name=_list_name(seat),
        rows=rows,
        key_at=lambda index: (rows[index].seq,),
        has_previous=lowest > _first_seq(seat),
        has_next=highest < seat.channel.last_seq,
    )


async def _ranges(loaders: Loaders, seats: Sequence[Seat], request: HistoryPage) -> Sequence[SeqOfPage | Denied]:
    """Returns the first and the last `seq` of each channel's page, which may lie outside of its history."""
    forwards = request.first is not None or request.after is not None
    backwards = request.last is not None or request.before is not None
    if forwards + backwards > 1 or (request.around is not None and (request.after or backwards)):
        raise Denied(
            DenialCode.BAD_USER_INPUT,
            "Use only one of: `first` with `after`, `last` with `before`, `around` with `first`.",
        )
    if request.around is not None:
        return await _ranges_around(loaders, seats, request.around, page_size(request.first, "first"))
    size = page_size(request.first, "first") if forwards else page_size(request.last, "last")
    return [_range(seat, request, size) for seat in seats]


async def _ranges_around(loaders: Loaders, seats: Sequence[Seat], around: str, size: int) -> list[SeqOfPage]:
    """Returns ranges with the message in their middle; empty ones where it is unknown or unreadable."""
    message_id = parse_id(Prefix.MESSAGE, around)
    if message_id is None:
        return [(1, 0)] * len(seats)
    rows = await loaders.messages.load_many((seat.agent.agent_id, message_id) for seat in seats)
    return [_range_around(seat, row, size) for seat, row in zip(seats, rows, strict=True)]


def _range_around(seat: Seat, row: MessageRow | None, size: int) -> SeqOfPage:
    if row is None or row.channel_id != seat.channel.channel_id:
        return 1, 0
    lowest = max(_first_seq(seat), row.seq - (size - 1) // 2)
    return lowest, lowest + size - 1


def _range(seat: Seat, request: HistoryPage, size: int) -> SeqOfPage | Denied:
    try:
        if request.first is not None or request.after is not None:
            after = _seq(seat, request.after) if request.after is not None else 0
            first = max(after + 1, _first_seq(seat))
            return first, first + size - 1
        before = _seq(seat, request.before) if request.before is not None else seat.channel.last_seq + 1
        return before - size, before - 1
    except Denied as denied:
        return denied


def _seq(seat: Seat, cursor: str) -> int:
    return int(decode_cursor(_list_name(seat), cursor, int)[0])


def _first_seq(seat: Seat) -> int:
    """Returns the `seq` of the oldest message that has not expired."""
    return seat.channel.expired_seq + 1


def _list_name(seat: Seat) -> str:
    """Returns the list name for the cursors of a channel's history. Each channel has its own, because a `seq` of one
    channel means nothing in another."""
    return f"history {seat.channel.channel_id.hex}"
