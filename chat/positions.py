"""Positions: places in an account's order of changes, as clients hold them. Opaque, and bound to the account."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from functools import lru_cache

import orjson

from chat.errors import DenialCode, Denied


@lru_cache(maxsize=10_000)
def encode_position(account_id: str, change: int) -> str:
    """Returns the position as clients see it. Cached, because an event has the same position in all streams."""
    return urlsafe_b64encode(orjson.dumps([account_id, change])).decode().rstrip("=")


def decode_position(position: str, account_id: str) -> int:
    """Returns the number of the change. Raises Denied BAD_USER_INPUT for anything that is not a position of this
    account."""
    try:
        padded = position.encode("ascii") + b"=" * (-len(position) % 4)
        owner, change = orjson.loads(urlsafe_b64decode(padded))
    except (ValueError, TypeError, Base64Error):
        raise _invalid() from None
    if owner != account_id or type(change) is not int or not 0 <= change < 2**63:
        raise _invalid()
    return change


def _invalid() -> Denied:
    return Denied(DenialCode.BAD_USER_INPUT, "The value is not a position of your account.")
