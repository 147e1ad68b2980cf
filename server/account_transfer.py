"""`internal-chat export` and `internal-chat import`: the connections that they need, and what they print."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from asyncpg import Connection
from asyncpg.exceptions import InterfaceError, OperatorInterventionError, PostgresConnectionError
from obstore.exceptions import BaseError
from rich.console import Console

from chat.ports import Chat, Signal
from server.clock import SystemClock
from server.file_store import open_files
from server.logs import disable_logging
from server.postgres.database import driver_connection, open_database
from server.postgres.migrate import require_head
from server.postgres.pool import ConnectionPool
from server.settings import Settings
from sources.registry import build_sources
from transfer.errors import TransferFailed
from transfer.exporting import export_account
from transfer.importing import import_account
from transfer.manifest import Manifest
from transfer.pages import SETTINGS as EXPORT_SETTINGS
from transfer.progress import Progress, shown_progress

IMPORT_SETTINGS = {"lock_timeout": "0"}

DATABASE_CONNECTIONS = 2
"""The size of the pool that indexes the messages: its transactions get half of it."""

Transfer = Callable[[Connection, str, Progress], Awaitable[Manifest]]
"""Takes the connection, the revision of the database, and the progress to show."""


def run_export(settings: Settings, account_id: str, folder: Path) -> None:
    """Raises TransferFailed, and the errors of the database."""
    store = open_files(settings).store

    async def export(connection: Connection, revision: str, progress: Progress) -> Manifest:
        return await export_account(connection, store, folder, account_id, revision, progress)

    _print("Exported", _run(settings, EXPORT_SETTINGS, lambda _: export))


def run_import(settings: Settings, folder: Path) -> None:
    """Raises TransferFailed, and the errors of the database."""
    files = open_files(settings)

    def transfer(database_url: str) -> Transfer:
        async def import_(connection: Connection, revision: str, progress: Progress) -> Manifest:
            pool = ConnectionPool(database_url, DATABASE_CONNECTIONS)
            async with pool.opened():
                chat = Chat(pool, SystemClock(), NoWakeUps(), build_sources({}, {}), files)
                return await import_account(connection, chat, files.store, folder, revision, progress)

        return import_

    _print("Imported", _run(settings, IMPORT_SETTINGS, transfer))


class NoWakeUps:
    """Nothing that a command writes is announced. Implements chat.ports.WakeUps."""

    def changed(self, account_id: str, change: int) -> None: ...

    def signal(self, signal: Signal) -> None: ...


def _run(settings: Settings, connection_settings: Mapping[str, str], transfer: Callable[[str], Transfer]) -> Manifest:
    """Runs the transfer that belongs to the URL of the database."""
    disable_logging()
    with _failures(), open_database(settings) as database, shown_progress(Console(stderr=True)) as progress:
        revision = require_head(database.url)

        async def run() -> Manifest:
            async with driver_connection(database.url, connection_settings) as connection:
                return await transfer(database.url)(connection, revision, progress)

        return asyncio.run(run())


@contextmanager
def _failures() -> Iterator[None]:
    """Raises TransferFailed for what can be repeated: all of it leaves an export or import that can be continued."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        raise TransferFailed("Interrupted. Repeat the command to continue.") from None
    except (InterfaceError, PostgresConnectionError, OperatorInterventionError, ConnectionError):
        raise TransferFailed("The connection to the database was lost. Repeat the command to continue.") from None
    except BaseError as error:
        reason = str(error).splitlines()[0]
        raise TransferFailed(f"The storage of files failed: {reason}. Repeat the command to continue.") from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise TransferFailed(f"{where}{error.strerror}. Repeat the command to continue.") from None


def _print(done: str, manifest: Manifest) -> None:
    rows = sum(table.rows for table in manifest.tables)
    files = manifest.files
    console = Console(soft_wrap=True, highlight=False, markup=False)
    console.print(
        f"{done} the account {manifest.account_id} as it was at {manifest.snapshot.taken_at:%Y-%m-%d %H:%M:%S} UTC:"
        f" {rows:,} rows and {files.count:,} files of {files.byte_size:,} bytes."
    )
    for problem in files.problems:
        console.print(f"The file {problem.key} is not in the archive: {problem.reason}.")
