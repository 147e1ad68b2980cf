"""The failures that an operator can resolve, and how commands end with one."""

import sys
from typing import NoReturn

import typer

from server.http.listener import AddressUnavailable
from server.postgres.errors import DatabaseUnreachable, EmbeddedPostgresError
from transfer.errors import TransferFailed


class BrokerUnreachable(Exception):
    """The broker does not answer."""


class StorageUnreachable(Exception):
    """Files cannot be written, read and deleted."""


OPERATIONAL_ERRORS = (
    AddressUnavailable,
    DatabaseUnreachable,
    EmbeddedPostgresError,
    BrokerUnreachable,
    StorageUnreachable,
    TransferFailed,
)


def fail(error: Exception, code: int) -> NoReturn:
    """Prints the sentence, and exits with the code."""
    typer.echo(str(error), err=True)
    sys.exit(code)
