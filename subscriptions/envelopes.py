"""What the processes tell each other: that an account moved on, or an ephemeral event."""

from dataclasses import asdict, dataclass
from typing import Literal
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from chat.ports import Signal


@dataclass(frozen=True)
class WakeUp:
    """The account's changes up to this one can be read."""

    account_id: str
    change: int
    type: Literal["wake-up"] = "wake-up"


@dataclass(frozen=True)
class Ephemeral:
    """Passed on to whoever listens now, and stored nowhere."""

    signal: Signal
    process: str
    """Who said it, and has told its own streams already."""

    type: Literal["ephemeral"] = "ephemeral"


Envelope = WakeUp | Ephemeral
_ENVELOPES: TypeAdapter[Envelope] = TypeAdapter(Envelope)


def encode(envelope: Envelope) -> str:
    return orjson.dumps(asdict(envelope), default=_plain).decode()


def decode(message: str) -> Envelope | None:
    """Returns None for what another version of the chat may have said."""
    try:
        return _ENVELOPES.validate_json(message)
    except ValueError:
        return None


def _plain(value: object) -> str:
    assert isinstance(value, UUID)
    return str(value)
