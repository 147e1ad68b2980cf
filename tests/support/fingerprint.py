"""A digest of everything that the database holds about one account."""

from sqlalchemy import text

from models import metadata
from tests.support.api import Account

# Every table has an account, so one statement sees whatever a request could have written.
_FINGERPRINT = text(
    " UNION ALL ".join(
        f"SELECT '{table.name}', count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) "
        f"FROM {table.name} AS t WHERE account_id = :account_id"
        for table in metadata.sorted_tables
    )
)

Fingerprint = frozenset[tuple[str, int, str | None]]


async def fingerprint(account: Account, without: str | None = None) -> Fingerprint:
    """What stands in the account's rows, its clock among them: equal before and after means nothing was written.

    `without`: a table that something else writes meanwhile.
    """
    async with account.api.engine.connect() as connection:
        rows = await connection.execute(_FINGERPRINT, {"account_id": account.account_id})
        return frozenset((table, count, digest) for table, count, digest in rows if table != without)
