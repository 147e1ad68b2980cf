"""Keyset pages: a page continues after the last row's own sort key, so its cost does not grow with how far it is."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
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
class Page:
    """The rows to read: so many, after this sort key (None: from the start)."""

    size: int
    after: Cursor | None


@dataclass(frozen=True)
class Slice(Generic[Row]):
    """The rows of a page, each with its cursor."""

    rows: Sequence[Row]
    cursors: Sequence[str]
    has_previous: bool
    has_next: bool


def page(first: int | None, after: str | None, *types: type[Sortable]) -> Page:
    """Returns the page asked for, its cursor a sort key of these types; raises Denied BAD_USER_INPUT."""
    return Page(page_size(first, "first"), decode_cursor(after, *types) if after is not None else None)


def page_size(asked: int | None, name: str) -> int:
    """Returns the number of rows, 50 by default; raises Denied BAD_USER_INPUT unless 1 to 100."""
    size = PAGE_DEFAULT if asked is None else asked
    if not 1 <= size <= PAGE_LIMIT:
        raise Denied(DenialCode.BAD_USER_INPUT, f"`{name}` is a number from 1 to {PAGE_LIMIT}.")
    return size


def sliced(rows: Sequence[Row], cursors: Sequence[Cursor], asked: Page) -> Slice[Row]:
    """Returns the page from one row more than its size, which tells whether there is a next page."""
    return Slice(
        rows=rows[: asked.size],
        cursors=[encode_cursor(*cursor) for cursor in cursors[: asked.size]],
        has_previous=asked.after is not None,
        has_next=len(rows) > asked.size,
    )


def empty_slice() -> Slice[Row]:
    return Slice(rows=(), cursors=(), has_previous=False, has_next=False)


def encode_cursor(*values: CursorValue) -> str:
    return urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def decode_cursor(cursor: str, *types: type[Sortable]) -> Cursor:
    """Returns the sort key, moments and ids as text; raises Denied BAD_USER_INPUT for a cursor that a list of these
    types never gave."""
    try:
        values = orjson.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except (ValueError, Base64Error):
        raise _unusable() from None
    if not isinstance(values, list) or len(values) != len(types) or not all(map(_fits, values, types)):
        raise _unusable()
    return tuple(values)


def _fits(value: object, wanted: type[Sortable]) -> bool:
    if wanted is int:
        return type(value) is int and abs(value) < 2**63
    if not isinstance(value, str) or not is_storable(value):
        return False
    try:
        if wanted is datetime:
            moment = datetime.fromisoformat(value)
            return moment.tzinfo is not None and bool(moment.astimezone(UTC))
        return wanted is str or bool(UUID(value))
    except (ValueError, OverflowError):
        return False


def _unusable() -> Denied:
    return Denied(DenialCode.BAD_USER_INPUT, "This cursor is not one of this list's.")
