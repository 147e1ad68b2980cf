"""The list of stored files that must be deleted. `chat.operations.sweep_files` deletes them.

A new file is listed before it is written, to be deleted after a while, and removed from the list by the transaction
that stores its key. A file that is replaced, or whose message is deleted, is listed by the same transaction.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Text

from chat.operation import Transaction
from models.columns import TEXT_ARRAY, TIMESTAMPTZ
from models.statements import sql

WRITE_LEASE = timedelta(hours=2)
"""How long a new file can be written before it is deleted. Longer than a request may take."""

_LIST = sql(
    """
    INSERT INTO unused_files (account_id, storage_key, delete_at)
    SELECT :account_id, storage_key, :delete_at FROM unnest(:storage_keys) AS storage_key
    """,
    account_id=Text,
    storage_keys=TEXT_ARRAY,
    delete_at=TIMESTAMPTZ,
)

# A file whose time was changed is being deleted.
_KEEP = sql(
    """
    DELETE FROM unused_files
     WHERE account_id = :account_id AND storage_key = ANY (:storage_keys) AND delete_at = :delete_at
    RETURNING storage_key
    """,
    storage_keys=TEXT_ARRAY,
    delete_at=TIMESTAMPTZ,
)


@dataclass(frozen=True)
class NewFiles:
    """The keys of files that are about to be written, and when they are deleted unless they are kept."""

    storage_keys: Sequence[str]
    delete_at: datetime


async def list_new_files(tx: Transaction, count: int) -> NewFiles:
    """Returns random keys for new files, after listing them as unused."""
    files = NewFiles([secrets.token_hex(16) for _ in range(count)], tx.now + WRITE_LEASE)
    await tx.fetch(_LIST, storage_keys=files.storage_keys, delete_at=files.delete_at)
    return files


async def keep_new_files(tx: Transaction, files: NewFiles) -> bool:
    """Removes the files from the list. Returns False if the sweep has claimed one of them."""
    kept = await tx.fetch(_KEEP, storage_keys=files.storage_keys, delete_at=files.delete_at)
    return len(kept) == len(files.storage_keys)


async def list_unused_files(tx: Transaction, storage_keys: Sequence[str]) -> None:
    """Lists the files as unused. The caller's transaction removes the last reference to them."""
    await tx.fetch(_LIST, storage_keys=storage_keys, delete_at=tx.now)
