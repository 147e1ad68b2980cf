"""Adding and removing the authors of an announcement, who are the only ones that can post in it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Text

from chat.audit import AuditRecord
from chat.locking import lock_channel, not_found
from chat.membership import check_number_of_agents, require_active_agents
from chat.naming import is_storable
from chat.operation import Transaction, operation
from chat.policies import check_manage_authors
from models.columns import IDENTIFIER
from models.enums import AuditAction, ChangeKind
from models.statements import sql

_INSERT = sql(
    """
    INSERT INTO authors (account_id, channel_id, agent_id)
    SELECT :account_id, :channel_id, unnest(CAST(:agent_ids AS text[]))
    ON CONFLICT DO NOTHING
    RETURNING agent_id
    """,
    account_id=Text,
    channel_id=IDENTIFIER,
)

_DELETE = sql(
    """
    DELETE FROM authors
     WHERE account_id = :account_id AND channel_id = :channel_id AND agent_id = :agent_id
    RETURNING agent_id
    """
)


@operation
async def add_authors(tx: Transaction, channel_id: UUID, agent_ids: Sequence[str]) -> None:
    """Makes the agents authors of the announcement, unless they are already. Raises Refused."""
    check_number_of_agents(agent_ids, "agentIds")
    seat = await lock_channel(tx, channel_id)
    check_manage_authors(seat)
    known = await require_active_agents(tx, agent_ids, "agentIds")
    if not known:
        return
    for (agent_id,) in await tx.fetch(_INSERT, channel_id=channel_id, agent_ids=known):
        tx.announce(ChangeKind.AUTHORS_CHANGED, channel_id, [agent_id])
        tx.audit(AuditRecord(AuditAction.AUTHOR_ADDED, tx.actor_id, channel_id, agent_id))


@operation
async def remove_author(tx: Transaction, channel_id: UUID, agent_id: str) -> None:
    """Makes the agent an ordinary member of the announcement again. Raises Refused."""
    seat = await lock_channel(tx, channel_id)
    check_manage_authors(seat)
    if not is_storable(agent_id) or not await tx.fetch(_DELETE, channel_id=channel_id, agent_id=agent_id):
        raise not_found("author", "agentId")
    tx.announce(ChangeKind.AUTHORS_CHANGED, channel_id, [agent_id])
    tx.audit(AuditRecord(AuditAction.AUTHOR_REMOVED, tx.actor_id, channel_id, agent_id))
