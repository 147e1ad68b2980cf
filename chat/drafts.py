"""What drafts of changes share."""

from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True)
class Given(Generic[Value]):
    """A value that the client sent, perhaps null; a field left out is None instead, and keeps what stands."""

    value: Value
