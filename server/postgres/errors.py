"""Failures of the database that the operator can resolve. The command line prints their texts without a traceback."""


class DatabaseUnreachable(Exception):
    """The database does not answer, refuses the connection, or is too old."""


class EmbeddedPostgresError(Exception):
    """A PostgreSQL program failed. The text has the end of its output."""
