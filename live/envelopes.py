"""The messages that the processes exchange through the broadcast."""

from dataclasses import asdict, dataclass
from typing import Literal
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from chat.ports import Signal


@dataclass(frozen=True)
class WakeUp:
    """Reports that the account's changes up to this one can be read."""

    account_id: str
    change: int
    type: Literal["wake-up"] = "wake-up"


@dataclass(frozen=True)
class Ephemeral:
    """Carries an ephemeral event."""

    signal: Signal
    process: str
    """The id of the process that sent it, which has already delivered it to its own streams."""

    type: Literal["ephemeral"] = "ephemeral"


Envelope = WakeUp | Ephemeral
_ENVELOPES: TypeAdapter[Envelope] = TypeAdapter(Envelope)


def encode(envelope: Envelope) -> str:
    return orjson.dumps(asdict(envelope), default=_text_of_id).decode()


def decode(message: str) -> Envelope | None:
    """Returns None for an unknown message, which another version of the chat may have sent."""
    try:
        return _ENVELOPES.validate_json(message)
    except ValueError:
        return None


def _text_of_id(value: object) -> str:
    assert isinstance(value, UUID)
    return str(value)
