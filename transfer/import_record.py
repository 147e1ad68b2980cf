"""The row of `account_imports`: which archive is being imported into an account, and how far."""

from dataclasses import dataclass
from uuid import UUID

from asyncpg import Connection

from transfer.errors import TransferFailed
from transfer.manifest import Manifest

_LOCK = "SELECT pg_try_advisory_lock(hashtextextended('internal-chat import ' || $1, 0))"

_DIRECTORY_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
"""The lock that `chat.operations.sync_directory` takes before it looks for the record."""

_READ = "SELECT archive_id, next_part, held_back_parts, indexes FROM account_imports WHERE account_id = $1"
_ACCOUNT = "SELECT EXISTS (SELECT FROM accounts WHERE account_id = $1)"
_BEGIN = """
    INSERT INTO account_imports (account_id, archive_id, started_at, next_part, held_back_parts, indexes)
    VALUES ($1, $2, now(), 0, '{}', false)
"""
_ADVANCE = """
    UPDATE account_imports
       SET next_part = $2::int + 1,
           held_back_parts = CASE WHEN $3 THEN held_back_parts || $2::int ELSE held_back_parts END
     WHERE account_id = $1
"""
_INDEX = "UPDATE account_imports SET indexes = true WHERE account_id = $1"
_END = "DELETE FROM account_imports WHERE account_id = $1"


@dataclass(frozen=True)
class ImportRecord:
    """How far an import was when this was read. Without an open transaction, it is changed by this process only."""

    archive_id: UUID
    next_part: int
    held_back_parts: tuple[int, ...]
    indexes: bool


async def begin_import(connection: Connection, manifest: Manifest) -> None:
    """Writes the record of the archive's import, unless it was interrupted and there is one. No other process imports
    the account while the connection is open. Raises TransferFailed if one does, or if the account exists otherwise."""
    account_id = manifest.account_id
    if not await connection.fetchval(_LOCK, account_id):
        raise TransferFailed(f"Another process is importing the account {account_id}.")
    async with connection.transaction():
        await connection.execute(_DIRECTORY_LOCK, account_id)
        record = await find_record(connection, account_id)
        if record is None and await connection.fetchval(_ACCOUNT, account_id):
            raise TransferFailed(f"The database has an account {account_id} already.")
        if record is None:
            await connection.execute(_BEGIN, account_id, manifest.archive_id)
        elif record.archive_id != manifest.archive_id:
            raise TransferFailed(
                f"The import of another archive of the account {account_id}, {record.archive_id}, is not complete."
            )


async def find_record(connection: Connection, account_id: str) -> ImportRecord | None:
    row = await connection.fetchrow(_READ, account_id)
    if row is None:
        return None
    archive_id, next_part, held_back_parts, indexes = row
    return ImportRecord(UUID(str(archive_id)), next_part, tuple(held_back_parts), indexes)


async def record_part(connection: Connection, account_id: str, part: int, *, is_held_back: bool) -> None:
    """Must be called in the transaction that writes the part's rows."""
    await connection.execute(_ADVANCE, account_id, part, is_held_back)


async def record_indexing(connection: Connection, account_id: str) -> None:
    await connection.execute(_INDEX, account_id)


async def remove_record(connection: Connection, account_id: str) -> None:
    await connection.execute(_END, account_id)
