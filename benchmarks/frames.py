"""The structure of frames, for comparing servers whose ids, times and positions differ."""

import json
from collections.abc import Sequence
from itertools import zip_longest

from benchmarks.environment import Json


def check_same_structure(expected: Sequence[str], actual: Sequence[str]) -> None:
    """Raises AssertionError if the frames do not have the same fields with values of the same types."""
    for left, right in zip_longest(expected, actual, fillvalue="null"):
        if _structure(json.loads(left)) != _structure(json.loads(right)):
            raise AssertionError(f"The frames have different structures.\n{left}\n{right}")


def _structure(value: object) -> Json | list[object] | str:
    if isinstance(value, dict):
        return {name: _structure(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_structure(each) for each in value]
    return type(value).__name__
