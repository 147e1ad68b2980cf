"""The values of each column type in JSON: times as in ISO 8601, identifiers as text, and bytes in base64."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, JSON, Boolean, Date, DateTime, Enum, Integer, LargeBinary, String, Time, Uuid
from sqlalchemy.types import TypeEngine

JsonValue = str | int | bool | list[Any] | None


@dataclass(frozen=True)
class Form:
    """The JSON type of a column's values, and what turns one into the value that the driver takes. It raises ValueError
    for an invalid one."""

    json_type: type
    decode: Callable[[Any], object]


def _unchanged(value: Any) -> object:
    return value


def decode_bytes(value: str) -> bytes:
    return b64decode(value, validate=True)


# A subclass comes before its superclass.
_FORMS: Sequence[tuple[type[TypeEngine[Any]], Form]] = (
    (Uuid, Form(str, UUID)),
    (DateTime, Form(str, datetime.fromisoformat)),
    (Date, Form(str, date.fromisoformat)),
    (Time, Form(str, time.fromisoformat)),
    (LargeBinary, Form(str, decode_bytes)),
    (Boolean, Form(bool, _unchanged)),
    (Integer, Form(int, _unchanged)),
    (ARRAY, Form(list, _unchanged)),
    (Enum, Form(str, _unchanged)),
    (String, Form(str, _unchanged)),
    (JSON, Form(str, _unchanged)),
)


def form_of(sql_type: TypeEngine[Any]) -> Form:
    """Raises TypeError for a type that no exported column has yet."""
    for class_, form in _FORMS:
        if isinstance(sql_type, class_):
            return form
    raise TypeError(f"transfer.values has no form for the column type {sql_type!r}")


def encode(value: object) -> bytes:
    """Returns one line."""
    return orjson.dumps(value, default=_encoded, option=orjson.OPT_APPEND_NEWLINE)


def json_value(value: object) -> JsonValue:
    """Returns the value as it is in a line."""
    decoded: JsonValue = orjson.loads(encode(value))
    return decoded


def _encoded(value: object) -> str:
    """Called for the values that JSON has no type for. The driver's identifiers are of a subclass of UUID."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes):
        return b64encode(value).decode()
    raise TypeError(f"transfer.values has no form for {type(value).__name__}")
