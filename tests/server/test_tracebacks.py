"""Tracebacks in the log have calls and types, and no texts that can quote a value."""

import asyncpg
import pytest

from server.tracebacks import CHAIN, describe, format_exception

VALUE = "a-secret-value"


@pytest.mark.parametrize(
    ("error", "described"),
    [
        (ValueError(f"invalid literal for int(): '{VALUE}'"), "ValueError"),
        (KeyError(VALUE), "KeyError"),
        (asyncpg.DataError(f"invalid input syntax: {VALUE}"), "DataError: SQLSTATE 22000"),
        (asyncpg.RaiseError(VALUE), "RaiseError: SQLSTATE P0001"),
        (FileNotFoundError(2, "No such file", VALUE), "FileNotFoundError: No such file or directory"),
        (OSError(VALUE), "OSError"),
        (TimeoutError(), "TimeoutError"),
        (
            AttributeError("'int' object has no attribute 'name'"),
            "AttributeError: 'int' object has no attribute 'name'",
        ),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Exception) else "",
)
def test_an_exception_is_described_without_values(error: Exception, described: str) -> None:
    assert describe(error) == described


def test_the_constraint_of_a_violation_is_described() -> None:
    error = asyncpg.UniqueViolationError(f"Key (body)=({VALUE}) already exists.")
    error.constraint_name = "pk_messages"  # type: ignore[attr-defined]
    assert describe(error) == "UniqueViolationError: SQLSTATE 23505, constraint pk_messages"


def test_a_traceback_has_the_calls_of_the_exception_and_of_its_cause() -> None:
    with pytest.raises(RuntimeError) as raised:
        _fail_outside()
    text = format_exception(raised.value)
    assert text.index("in _fail_inside") < text.index("ValueError") < text.index("This led to")
    assert text.index("This led to") < text.rindex("in _fail_outside")
    assert text.endswith("\nRuntimeError")
    assert VALUE not in text


def test_a_group_is_shown_with_its_first_exception() -> None:
    text = format_exception(ExceptionGroup(VALUE, [KeyError(VALUE), ValueError(VALUE)]))
    assert "KeyError" in text
    assert text.endswith("ExceptionGroup")
    assert VALUE not in text


def test_a_chain_of_exceptions_is_limited() -> None:
    error = ValueError()
    for _ in range(50):
        following = ValueError()
        following.__cause__ = error
        error = following
    assert format_exception(error).count("Traceback") == CHAIN


def _fail_inside() -> None:
    raise ValueError(str([VALUE]))


def _fail_outside() -> None:
    try:
        _fail_inside()
    except ValueError as error:
        raise RuntimeError(f"{VALUE}!") from error
