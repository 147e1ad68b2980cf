"""Statements that are compiled once, when their module is imported, and executed by asyncpg as prepared statements.

They are module constants. Where the text depends on optional filters, a cached function returns the statement of each
combination: one text with `:query IS NULL OR …` would have one plan for all of them, which fits none.
"""

from collections.abc import Sequence

from asyncpg.exceptions import DataError, PostgresError
from sqlalchemy import ARRAY, Executable, TableValuedAlias, bindparam, func
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from models.database import Connection, Record

_DIALECT = dialect()
_built: "list[Statement]" = []


class Statement:
    """A statement with named parameters. Enum members are passed as they are: they are strings."""

    def __init__(self, clause: Executable) -> None:
        assert isinstance(clause, ClauseElement)
        compiled = clause.compile(dialect=_DIALECT)
        assert isinstance(compiled, SQLCompiler)
        self.clause = clause
        self.text = str(compiled)
        self._names: Sequence[str] = compiled.positiontup or ()
        binds = {name: compiled.binds[name] for name in self._names}
        self._parameters = {name for name, bind in binds.items() if bind.required}
        self._constants = {name: bind.value for name, bind in binds.items() if not bind.required}
        _built.append(self)

    async def fetch(self, connection: Connection, **parameters: object) -> Sequence[Record]:
        """Executes the statement and returns its rows. The errors that it raises are logged, so they contain no values
        of parameters or rows."""
        assert parameters.keys() == self._parameters, sorted(parameters.keys() ^ self._parameters)
        values = self._constants | parameters
        try:
            return await connection.fetch(self.text, *[values[name] for name in self._names])
        except PostgresError as error:
            raise _without_values(error) from None


def statements() -> Sequence[Statement]:
    """Returns all statements of the modules that are imported. A test checks their plans."""
    return tuple(_built)


def keys_table(**columns: type[TypeEngine[object]] | TypeEngine[object]) -> TableValuedAlias:
    """Returns the keys of a batch as a table `asked` to join with. Each column is an array parameter, whose name is the
    column's with an "s": a batch of any size is one statement, and the driver's limit of 32,767 arguments is never
    reached."""
    arrays = [bindparam(f"{name}s", type_=ARRAY(sql_type)) for name, sql_type in columns.items()]
    return func.unnest(*arrays).table_valued(*columns, joins_implicitly=True).render_derived("asked")


def _without_values(error: PostgresError) -> PostgresError:
    error.detail = error.hint = None  # type: ignore[attr-defined]
    if isinstance(error, DataError):
        error.args = (f"A value is invalid ({type(error).__name__}).",)
    return error
