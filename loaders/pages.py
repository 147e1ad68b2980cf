"""Keyset pages. A page starts after the sort key of the previous page's last row, so its cost does not grow with its
distance from the start of the list."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar
from uuid import UUID

import orjson

from chat.errors import DenialCode, Denied
from chat.naming import is_storable

PAGE_DEFAULT = 50
PAGE_LIMIT = 100

Row = TypeVar("Row")
Sortable = str | int | datetime | UUID
CursorValue = str | int
Cursor = tuple[CursorValue, ...]


@dataclass(frozen=True)
class PageRequest:
    """Which rows of a list to read: `size` rows after the sort key `after`, or from the start. A cursor holds the name
    of its list, so that other lists reject it."""

    list_name: str
    size: int
    after: Cursor | None


@dataclass(frozen=True)
class Page(Generic[Row]):
    """The rows of a page. `key_at` returns the sort key of the row with this index: most cursors are never selected.
    `end` is given if the next page begins elsewhere than after the last row."""

    list_name: str
    rows: Sequence[Row]
    key_at: Callable[[int], Cursor]
    has_previous: bool
    has_next: bool
    end: Cursor | None = None

    def cursor(self, index: int) -> str:
        """Returns the cursor of the row with this index."""
        return encode_cursor(self.list_name, *self.key_at(index))

    def end_cursor(self) -> str | None:
        """Returns the cursor after which the next page begins. None for an empty page of a list that has ended."""
        if self.end is not None:
            return encode_cursor(self.list_name, *self.end)
        return self.cursor(len(self.rows) - 1) if self.rows else None


def page_request(list_name: str, first: int | None, after: str | None, *types: type[Sortable]) -> PageRequest:
    """Returns the request for a page of the list, whose sort key has these types. Raises Denied BAD_USER_INPUT for an
    invalid size or cursor."""
    key = decode_cursor(list_name, after, *types) if after is not None else None
    return PageRequest(list_name, page_size(first, "first"), key)


def page_size(size: int | None, argument: str) -> int:
    """Returns the number of rows, by default 50. Raises Denied BAD_USER_INPUT unless it is between 1 and 100."""
    size = PAGE_DEFAULT if size is None else size
    if not 1 <= size <= PAGE_LIMIT:
        raise Denied(DenialCode.BAD_USER_INPUT, f"`{argument}` must be between 1 and {PAGE_LIMIT}.")
    return size


def to_page(rows: Sequence[Row], key_at: Callable[[int], Cursor], request: PageRequest) -> Page[Row]:
    """Returns the page. There is one row more than its size if there is a next page."""
    return Page(
        list_name=request.list_name,
        rows=rows[: request.size],
        key_at=key_at,
        has_previous=request.after is not None,
        has_next=len(rows) > request.size,
    )


def empty_page() -> Page[Row]:
    return Page("", rows=(), key_at=lambda _: (), has_previous=False, has_next=False)


def encode_cursor(list_name: str, *key: CursorValue) -> str:
    """Returns the cursor of the row with this sort key."""
    return urlsafe_b64encode(orjson.dumps([list_name, *key])).decode().rstrip("=")


def decode_cursor(list_name: str, cursor: str, *types: type[Sortable]) -> Cursor:
    """Returns the sort key, with times and ids as text. Raises Denied BAD_USER_INPUT for a cursor of another list, and
    for anything that is not a cursor."""
    try:
        values = orjson.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except (ValueError, Base64Error):
        raise invalid_cursor() from None
    match values:
        case [name, *key] if name == list_name and len(key) == len(types) and all(map(_fits, key, types)):
            return tuple(key)
        case _:
            raise invalid_cursor()


def _fits(value: object, wanted: type[Sortable]) -> bool:
    if wanted is int:
        return type(value) is int and abs(value) < 2**63
    if not isinstance(value, str) or not is_storable(value):
        return False
    if wanted is datetime:
        return _is_time(value)
    return wanted is str or is_id(value)


def is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _is_time(text: str) -> bool:
    try:
        time = datetime.fromisoformat(text)
        return time.tzinfo is not None and bool(time.astimezone(UTC))
    except (ValueError, OverflowError):
        return False


def invalid_cursor() -> Denied:
    return Denied(DenialCode.BAD_USER_INPUT, "The value is not a cursor of this list.")
