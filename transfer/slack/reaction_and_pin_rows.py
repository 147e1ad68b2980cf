"""The reactions and pins of imported messages."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Text

from chat.operation import Transaction
from chat.operations.pins import PINS_LIMIT
from models.columns import IDENTIFIER, TEXT_ARRAY, TIMESTAMPTZ
from models.statements import sql
from transfer.slack.drafts import MessageDraft

_REACT = sql(
    """
    INSERT INTO reactions (account_id, message_id, emoji, agent_id, created_at)
    SELECT :account_id, given.* FROM unnest(:message_ids, :emojis, :agent_ids, :times) AS given
    ON CONFLICT DO NOTHING
    """,
    account_id=Text,
    message_ids=ARRAY(IDENTIFIER),
    emojis=TEXT_ARRAY,
    agent_ids=TEXT_ARRAY,
    times=ARRAY(TIMESTAMPTZ),
)

_COUNT_PINS = sql("SELECT count(*) FROM pins WHERE account_id = :account_id AND channel_id = :channel_id")

_PIN = sql(
    """
    INSERT INTO pins (account_id, message_id, channel_id, pinned_at)
    SELECT :account_id, id, :channel_id, pinned_at FROM unnest(:message_ids, :times) AS given (id, pinned_at)
    """,
    account_id=Text,
    channel_id=IDENTIFIER,
    message_ids=ARRAY(IDENTIFIER),
    times=ARRAY(TIMESTAMPTZ),
)


async def write_reactions(tx: Transaction, drafts: Sequence[MessageDraft]) -> None:
    reactions = [(draft, reaction) for draft in drafts for reaction in draft.reactions]
    if reactions:
        await tx.fetch(
            _REACT,
            message_ids=[draft.message_id for draft, _ in reactions],
            emojis=[reaction.emoji for _, reaction in reactions],
            agent_ids=[reaction.person.agent_id for _, reaction in reactions],
            times=[draft.sent_at for draft, _ in reactions],
        )


async def write_pins(tx: Transaction, channel_id: UUID, drafts: Sequence[MessageDraft]) -> list[MessageDraft]:
    """Returns the messages whose pins are more than a channel can have."""
    pinned = [draft for draft in drafts if draft.pinned_at is not None]
    if not pinned:
        return []
    room = max(0, PINS_LIMIT - await tx.fetch_value(_COUNT_PINS, channel_id=channel_id))
    await tx.fetch(
        _PIN,
        channel_id=channel_id,
        message_ids=[draft.message_id for draft in pinned[:room]],
        times=[draft.pinned_at for draft in pinned[:room]],
    )
    return pinned[room:]
