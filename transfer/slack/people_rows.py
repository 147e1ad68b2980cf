"""The rows of people who are not in the directory."""

from collections.abc import Sequence

from sqlalchemy import Text

from chat.naming import fold
from chat.operation import Transaction
from models.columns import TEXT_ARRAY
from models.enums import SendKey
from models.statements import sql
from transfer.slack.people import Person

_INSERT_PEOPLE = sql(
    """
    INSERT INTO agents (account_id, agent_id, name, sort_name, role, active, send_key)
    SELECT :account_id, agent_id, name, sort_name, 'AGENT', false, :send_key
      FROM unnest(:agent_ids, :names, :sort_names) AS outside (agent_id, name, sort_name)
    ON CONFLICT DO NOTHING
    """,
    account_id=Text,
    send_key=Text,
    agent_ids=TEXT_ARRAY,
    names=TEXT_ARRAY,
    sort_names=TEXT_ARRAY,
)


async def write_people(tx: Transaction, people: Sequence[Person]) -> None:
    """Writes those who are not in the directory, unless they were written before."""
    outside = sorted({person for person in people if not person.in_directory})
    if outside:
        await tx.fetch(
            _INSERT_PEOPLE,
            send_key=SendKey.ENTER,
            agent_ids=[person.agent_id for person in outside],
            names=[person.name for person in outside],
            sort_names=[fold(person.name) for person in outside],
        )
