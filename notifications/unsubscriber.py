"""Switching e-mail off without signing in, by the link in an e-mail."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Text

from models.columns import TEXT_ARRAY
from models.database import Database
from models.enums import NotificationType
from models.statements import sql

# Without the agent, there is nothing to switch off.
_SWITCH_OFF = sql(
    """
    INSERT INTO notification_preferences (account_id, agent_id, type, bell, email)
    SELECT :account_id, :agent_id, type, true, false
      FROM unnest(:types) AS type
     WHERE EXISTS (SELECT FROM agents WHERE account_id = :account_id AND agent_id = :agent_id)
    ON CONFLICT (account_id, agent_id, type) DO UPDATE SET email = false
    """,
    account_id=Text,
    agent_id=Text,
    types=TEXT_ARRAY,
)


@dataclass(frozen=True)
class EmailUnsubscriber:
    """The agents' preferences, as the links in e-mails change them."""

    database: Database

    async def switch_off(self, account_id: str, agent_id: str, types: Collection[NotificationType]) -> None:
        """Switches off the agent's e-mail for these types of notifications. The bell stays as it is."""
        async with self.database.connection(account_id) as connection:
            await _SWITCH_OFF.fetch(connection, account_id=account_id, agent_id=agent_id, types=list(types))
