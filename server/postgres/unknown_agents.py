"""Finding out whether the agent of a token exists."""

import asyncpg
from asyncpg.exceptions import PostgresError, UndefinedTableError

from server.postgres.database import driver_arguments

CONNECT_SECONDS = 3.0


async def agent_is_unknown(database_url: str, account_id: str, agent_id: str) -> bool:
    """Returns whether the database has no such active agent; False if it cannot be reached."""
    try:
        connection = await asyncpg.connect(**driver_arguments(database_url), timeout=CONNECT_SECONDS)
    except (OSError, TimeoutError, PostgresError):
        return False
    try:
        found = await connection.fetch(
            "SELECT FROM agents WHERE account_id = $1 AND agent_id = $2 AND active", account_id, agent_id
        )
    except UndefinedTableError:
        return True
    finally:
        await connection.close()
    return not found
