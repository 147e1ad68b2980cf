"""`internal-chat import-slack`: the connections that it needs, and what it prints."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from asyncpg.exceptions import InterfaceError, OperatorInterventionError, PostgresConnectionError
from rich.console import Console
from sqlalchemy import text

from chat.ports import Chat, FilesUnavailable, Signal, UploadLimits
from models import Agent, Attachment, Channel, Member, Mention, MentionedAgent, Message, Reaction, SearchEntry
from schema.ids import Prefix, public_id
from server.clock import SystemClock
from server.file_store import open_files
from server.logs import disable_logging
from server.postgres.database import open_database, single_connection
from server.postgres.migrate import require_head
from server.postgres.pool import ConnectionPool
from server.settings import Settings
from sources.registry import build_sources
from transfer.errors import TransferFailed
from transfer.progress import Progress, shown_progress
from transfer.slack.importing import ImportRequest, import_slack
from transfer.slack.report import Report

DATABASE_CONNECTIONS = 2
"""The import uses one connection at a time. The pool gives transactions one half of its connections."""

WRITTEN_TABLES = (Agent, Attachment, Channel, Member, Mention, MentionedAgent, Message, Reaction, SearchEntry)
"""The tables whose statistics must know the new rows."""


def run_slack_import(settings: Settings, request: ImportRequest) -> None:
    """Raises TransferFailed, and the errors of the database."""
    disable_logging()
    with _failures(), open_database(settings) as database, shown_progress(Console(stderr=True)) as progress:
        require_head(database.url)
        report = asyncio.run(_import(settings, database.url, request, progress))
    console = Console(soft_wrap=True, highlight=False, markup=False)
    for line in report.lines():
        console.print(line)


async def _import(settings: Settings, database_url: str, request: ImportRequest, progress: Progress) -> Report:
    pool = ConnectionPool(database_url, DATABASE_CONNECTIONS)
    limits = UploadLimits(byte_size=settings.file_bytes)
    files = open_files(settings)
    async with pool.opened():
        chat = Chat(pool, SystemClock(), _NoWakeUps(), build_sources({}, {}), files, upload_limits=limits)
        report = await import_slack(chat, Permalinks(settings.url), request, progress)
    async with single_connection(database_url) as connection:
        for table in WRITTEN_TABLES:
            await connection.execute(text(f"ANALYZE {table.__tablename__}"))
    return report


class Permalinks:
    """The API's links to channels and messages. Implements transfer.slack.workspace_references.Links."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url

    def channel(self, channel_id: UUID) -> str:
        return f"{self._public_url}/channels/{public_id(Prefix.CHANNEL, channel_id)}"

    def message(self, channel_id: UUID, message_id: UUID) -> str:
        return f"{self.channel(channel_id)}/messages/{public_id(Prefix.MESSAGE, message_id)}"


class _NoWakeUps:
    """Nothing that a command writes is announced. Implements chat.ports.WakeUps."""

    def changed(self, account_id: str, change: int) -> None: ...

    def signal(self, signal: Signal) -> None: ...


@contextmanager
def _failures() -> Iterator[None]:
    """Raises TransferFailed for what can be repeated: an import can be continued after all of it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        raise TransferFailed("Interrupted. Repeat the command to continue.") from None
    except (InterfaceError, PostgresConnectionError, OperatorInterventionError, TimeoutError, ConnectionError):
        raise TransferFailed("The connection to the database was lost. Repeat the command to continue.") from None
    except FilesUnavailable:
        raise TransferFailed("The storage of files does not answer. Repeat the command to continue.") from None
