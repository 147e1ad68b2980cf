"""Rows have the columns of their tables, with the same names and types."""

from typing import Any, get_type_hints

import pytest
from sqlalchemy import Enum, inspect

from models.enums import AgentRole, SendKey
from models.rows import TABLES, AgentRow, ChannelRow, columns, places, to_optional_row, to_row

ROWS = pytest.mark.parametrize("row", TABLES, ids=lambda row: str(row.__name__))


@ROWS
def test_a_row_has_columns_of_its_table(row: type[tuple[Any, ...]]) -> None:
    fields = TABLES[row].model_fields
    assert get_type_hints(row) == {name: fields[name].annotation for name in get_type_hints(row)}


@ROWS
def test_the_types_are_those_of_the_columns(row: type[tuple[Any, ...]]) -> None:
    hints, stored = get_type_hints(row), inspect(TABLES[row]).columns
    assert {name: stored[name].nullable for name in hints} == {name: _is_optional(hint) for name, hint in hints.items()}
    for name, hint in hints.items():
        sql_type = stored[name].type
        assert isinstance(sql_type, Enum) == (_member_type(hint) is not None), name
        if isinstance(sql_type, Enum):
            assert sql_type.enum_class is _member_type(hint)


@ROWS
def test_the_first_column_is_never_null(row: type[tuple[Any, ...]]) -> None:
    assert not inspect(TABLES[row]).columns[columns(row)[0].key].nullable


def test_enum_texts_become_members() -> None:
    values = ["ana", "Ana", "ana", None, "ADMINISTRATOR", True, "ENTER"]
    row = to_row(AgentRow, values)
    assert (row.agent_id, row.role, row.send_key) == ("ana", AgentRole.ADMINISTRATOR, SendKey.ENTER)
    assert type(row.role) is AgentRole
    assert to_row(AgentRow, row) == row


def test_an_outer_join_without_a_match_is_no_row() -> None:
    assert to_optional_row(AgentRow, [None] * len(AgentRow._fields)) is None


def test_places_follow_one_another() -> None:
    agent, channel = len(AgentRow._fields), len(ChannelRow._fields)
    assert places(AgentRow, ChannelRow) == [slice(0, agent), slice(agent, agent + channel)]


def _is_optional(hint: Any) -> bool:
    return type(None) in getattr(hint, "__args__", ())


def _member_type(hint: Any) -> type | None:
    """Returns the enum of the annotation, if it has one."""
    members = (each for each in (hint, *getattr(hint, "__args__", ())) if hasattr(each, "__members__"))
    return next(members, None)
