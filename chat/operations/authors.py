"""Adding and removing the authors of an announcement, who are the only ones that can post in it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from chat.locking import lock_channel, not_found
from chat.membership import check_number_of_agents, require_active_agents
from chat.naming import is_storable
from chat.operation import Transaction, operation
from chat.policies import check_manage_authors
from models import Author
from models.enums import ChangeKind


@operation
async def add_authors(tx: Transaction, channel_id: UUID, agent_ids: Sequence[str]) -> None:
    """Makes the agents authors of the announcement, unless they are already. Raises Refused."""
    check_number_of_agents(agent_ids, "agentIds")
    seat = await lock_channel(tx, channel_id)
    check_manage_authors(seat)
    known = await require_active_agents(tx, agent_ids, "agentIds")
    if not known:
        return
    added = await tx.session.scalars(
        insert(Author)
        .values([{"account_id": tx.account_id, "channel_id": channel_id, "agent_id": agent_id} for agent_id in known])
        .on_conflict_do_nothing()
        .returning(col(Author.agent_id))
    )
    for agent_id in added:
        tx.announce(ChangeKind.AUTHORS_CHANGED, channel_id, agent_id)


@operation
async def remove_author(tx: Transaction, channel_id: UUID, agent_id: str) -> None:
    """Makes the agent an ordinary member of the announcement again. Raises Refused."""
    seat = await lock_channel(tx, channel_id)
    check_manage_authors(seat)
    if not is_storable(agent_id):
        raise not_found("author", "agentId")
    removed = await tx.session.scalar(
        delete(Author)
        .where(
            col(Author.account_id) == tx.account_id,
            col(Author.channel_id) == channel_id,
            col(Author.agent_id) == agent_id,
        )
        .returning(col(Author.agent_id))
    )
    if removed is None:
        raise not_found("author", "agentId")
    tx.announce(ChangeKind.AUTHORS_CHANGED, channel_id, agent_id)
