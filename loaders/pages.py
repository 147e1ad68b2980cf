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
    """The rows of a list to read: so many, after this sort key (None: from the start)."""

    of: str
    size: int
    after: Cursor | None


@dataclass(frozen=True)
class Slice(Generic[Row]):
    """The rows of a page, each with its cursor."""

    rows: Sequence[Row]
    cursors: Sequence[str]
    has_previous: bool
    has_next: bool


def page(of: str, first: int | None, after: str | None, *types: type[Sortable]) -> Page:
    """Returns the page asked for of the list so named, its cursor a sort key of these types; raises Denied
    BAD_USER_INPUT."""
    return Page(of, page_size(first, "first"), decode_cursor(of, after, *types) if after is not None else None)


def page_size(asked: int | None, name: str) -> int:
    """Returns the number of rows, 50 by default; raises Denied BAD_USER_INPUT unless 1 to 100."""
    size = PAGE_DEFAULT if asked is None else asked
    if not 1 <= size <= PAGE_LIMIT:
        raise Denied(DenialCode.BAD_USER_INPUT, f"`{name}` is a number from 1 to {PAGE_LIMIT}.")
    return size


def to_page(rows: Sequence[Row], cursors: Sequence[Cursor], asked: Page) -> Slice[Row]:
    """Returns the page from one row more than its size, which tells whether there is a next page."""
    return Slice(
        rows=rows[: asked.size],
        cursors=[encode_cursor(asked.of, *cursor) for cursor in cursors[: asked.size]],
        has_previous=asked.after is not None,
        has_next=len(rows) > asked.size,
    )


def empty_page() -> Slice[Row]:
    return Slice(rows=(), cursors=(), has_previous=False, has_next=False)


def encode_cursor(of: str, *values: CursorValue) -> str:
    """Returns a place in the list so named."""
    return urlsafe_b64encode(orjson.dumps([of, *values])).decode().rstrip("=")


def decode_cursor(of: str, cursor: str, *types: type[Sortable]) -> Cursor:
    """Returns the sort key, moments and ids as text; raises Denied BAD_USER_INPUT for a cursor that the list so named
    never gave."""
    try:
        values = orjson.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except (ValueError, Base64Error):
        raise unusable_cursor() from None
    match values:
        case [named, *key] if named == of and len(key) == len(types) and all(map(_fits, key, types)):
            return tuple(key)
        case _:
            raise unusable_cursor()


def _fits(value: object, wanted: type[Sortable]) -> bool:
    if wanted is int:
        return type(value) is int and abs(value) < 2**63
    if not isinstance(value, str) or not is_storable(value):
        return False
    if wanted is datetime:
        return _is_moment(value)
    return wanted is str or is_id(value)


def is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _is_moment(text: str) -> bool:
    try:
        moment = datetime.fromisoformat(text)
        return moment.tzinfo is not None and bool(moment.astimezone(UTC))
    except (ValueError, OverflowError):
        return False


def unusable_cursor() -> Denied:
    return Denied(DenialCode.BAD_USER_INPUT, "This cursor is not one of this list's.")
