"""Statements that are compiled once and executed by asyncpg as prepared statements. They are module constants."""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import combinations
from typing import Any

from asyncpg.exceptions import DataError, PostgresError
from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Executable,
    Select,
    TableValuedAlias,
    bindparam,
    func,
    literal_column,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.sql import ClauseElement, visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import LateralFromClause
from sqlalchemy.types import TypeEngine

from models.database import Connection, Record

SqlType = type[TypeEngine[Any]] | TypeEngine[Any]
Conditions = Sequence[ColumnElement[bool]]

_DIALECT = dialect()
_statements: "list[Statement | FilteredStatement]" = []


class Statement:
    """A statement with named parameters. Enum members are passed as they are: they are strings."""

    def __init__(self, clause: Executable) -> None:
        assert isinstance(clause, ClauseElement)
        compiled = clause.compile(dialect=_DIALECT)
        assert isinstance(compiled, SQLCompiler)
        self.text = str(compiled)
        self._names: Sequence[str] = compiled.positiontup or ()
        binds = {name: compiled.binds[name] for name in self._names}
        self._parameters = {name for name, bind in binds.items() if bind.required}
        self._constants = {name: bind.value for name, bind in binds.items() if not bind.required}
        _statements.append(self)

    async def fetch(self, connection: Connection, **parameters: object) -> Sequence[Record]:
        """Executes the statement and returns its rows. The errors that it raises are logged, so they contain no values
        of parameters or rows."""
        assert parameters.keys() == self._parameters, sorted(parameters.keys() ^ self._parameters)
        values = self._constants | parameters
        try:
            return await connection.fetch(self.text, *[values[name] for name in self._names])
        except PostgresError as error:
            raise _without_values(error) from None


class FilteredStatement:
    """A statement with optional conditions. Each combination of them that is used is compiled once and has its own
    plan: one text with `:query IS NULL OR …` would have one plan for all of them."""

    def __init__(self, build: Callable[[Conditions], Executable], *conditions: ColumnElement[bool]) -> None:
        self._conditions = [(condition, _parameters_of(condition)) for condition in conditions]
        self._with = cache(lambda chosen: Statement(build([self._conditions[place][0] for place in chosen])))
        _statements.append(self)

    async def fetch(self, connection: Connection, **parameters: object) -> Sequence[Record]:
        """Executes the statement and returns its rows. A condition whose parameters are None is omitted."""
        chosen = tuple(
            place
            for place, (_, names) in enumerate(self._conditions)
            if any(parameters[name] is not None for name in names)
        )
        omitted = {name for place, (_, names) in enumerate(self._conditions) if place not in chosen for name in names}
        given = {name: value for name, value in parameters.items() if name not in omitted}
        return await self._with(chosen).fetch(connection, **given)

    def build_all(self) -> None:
        """Compiles every combination."""
        places = range(len(self._conditions))
        for size in range(len(self._conditions) + 1):
            for chosen in combinations(places, size):
                self._with(chosen)


def sql(statement: str, **types: SqlType) -> Statement:
    """Returns the statement with this text, in which `:name` is a parameter. `types` are those of the parameters whose
    types PostgreSQL cannot infer."""
    return Statement(text(statement).bindparams(*(bindparam(name, type_=types[name]) for name in types)))


def one_row(row: Select[*tuple[Any, ...]], name: str) -> LateralFromClause:
    """Returns the one row that the SELECT finds for each row that it is joined with, usually for a key of a batch.

    The planner may expect a single row of an account that its statistics do not know, or that is far larger than most.
    With a plain join it may then read all rows of the account instead of those of the keys, or join all of its agents
    with all of its channels. LATERAL and LIMIT make it look up each key."""
    return row.limit(literal_column("1")).lateral(name)


def rows_of_keys(keys: TableValuedAlias, rows: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Returns a SELECT of the rows that the SELECT, which refers to the keys, finds for each of them. LATERAL and
    OFFSET make the planner look up each key, as in `one_row`."""
    found = rows.offset(literal_column("0")).lateral("found")
    return select(*found.c).select_from(keys).join(found, true())


def keys_table(table: str = "keys", /, **columns: SqlType) -> TableValuedAlias:
    """Returns the keys of a batch as a table to join with. Each column is an array parameter, whose name is the
    column's with an "s": a batch of any size is one statement, and the driver's limit of 32,767 arguments is never
    reached."""
    arrays = [bindparam(f"{name}s", type_=ARRAY(sql_type)) for name, sql_type in columns.items()]
    return func.unnest(*arrays).table_valued(*columns, joins_implicitly=True).render_derived(table)


def all_texts() -> set[str]:
    """Returns the texts of all statements of the modules that are imported. A test checks their plans."""
    for statement in list(_statements):
        if isinstance(statement, FilteredStatement):
            statement.build_all()
    return {statement.text for statement in _statements if isinstance(statement, Statement)}


def _parameters_of(condition: ColumnElement[bool]) -> frozenset[str]:
    binds = (part for part in visitors.iterate(condition) if isinstance(part, BindParameter))
    return frozenset(bind.key for bind in binds if bind.required)


def _without_values(error: PostgresError) -> PostgresError:
    """Returns the error without its details, which quote rows, and without a message that quotes invalid parameters."""
    error.detail = error.hint = None  # type: ignore[attr-defined]
    if isinstance(error, DataError):
        error.args = (f"A value is invalid ({type(error).__name__}).",)
    return error
