"""A digest of everything that the database holds about one account."""

from sqlalchemy import text

from models import metadata
from tests.support.api import Account

# Every table has an account_id, so one statement covers everything that a request can write.
_FINGERPRINT = text(
    " UNION ALL ".join(
        f"SELECT '{table.name}', count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) "
        f"FROM {table.name} AS t WHERE account_id = :account_id"
        for table in metadata.sorted_tables
    )
)

Fingerprint = frozenset[tuple[str, int, str | None]]


async def fingerprint(account: Account, without: str | None = None) -> Fingerprint:
    """Returns a digest of all rows of the account. It is equal before and after a request that writes nothing.
    `without` is a table that other tasks write to."""
    async with account.api.engine.connect() as connection:
        rows = await connection.execute(_FINGERPRINT, {"account_id": account.account_id})
        return frozenset((table, count, digest) for table, count, digest in rows if table != without)
