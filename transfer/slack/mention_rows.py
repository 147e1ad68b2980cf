"""The mentions of imported messages. They count as read, because everybody has read everything."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Boolean, Integer, Text

from chat.mention_scanner import parse_mentions
from chat.operation import Transaction
from models.columns import IDENTIFIER, TEXT_ARRAY
from models.enums import MentionTarget
from models.statements import sql
from transfer.slack.drafts import MessageDraft

_MENTION = sql(
    """
    INSERT INTO mentions (account_id, message_id, place, target, agent_id, reachable)
    SELECT :account_id, given.*
      FROM unnest(:message_ids, :places, :targets, :agent_ids, :reachables) AS given
    """,
    account_id=Text,
    message_ids=ARRAY(IDENTIFIER),
    places=ARRAY(Integer),
    targets=TEXT_ARRAY,
    agent_ids=TEXT_ARRAY,
    reachables=ARRAY(Boolean),
)

_REACH = sql(
    """
    INSERT INTO mentioned_agents (account_id, agent_id, channel_id, seq, message_id, revision)
    SELECT :account_id, agent_id, :channel_id, seq, message_id, 1
      FROM unnest(:agent_ids, :seqs, :message_ids) AS given (agent_id, seq, message_id)
    """,
    account_id=Text,
    channel_id=IDENTIFIER,
    agent_ids=TEXT_ARRAY,
    seqs=ARRAY(BigInteger),
    message_ids=ARRAY(IDENTIFIER),
)

_REACH_EVERYBODY = sql(
    """
    INSERT INTO mentioned_agents (account_id, agent_id, channel_id, seq, message_id, revision)
    SELECT :account_id, member_id, :channel_id, seq, message_id, 1
      FROM unnest(:author_ids, :seqs, :message_ids) AS given (author_id, seq, message_id)
           CROSS JOIN unnest(:member_ids) AS member_id
     WHERE member_id <> author_id
    ON CONFLICT DO NOTHING
    """,
    account_id=Text,
    channel_id=IDENTIFIER,
    author_ids=TEXT_ARRAY,
    member_ids=TEXT_ARRAY,
    seqs=ARRAY(BigInteger),
    message_ids=ARRAY(IDENTIFIER),
)


@dataclass(frozen=True)
class Audience:
    """Who can read a channel: its active members or, in a public channel, all active agents."""

    active_members: frozenset[str]
    readers: frozenset[str]


class _Mention(NamedTuple):
    draft: MessageDraft
    seq: int
    place: int
    target: MentionTarget
    agent_id: str | None
    reachable: bool


async def write_mentions(
    tx: Transaction, channel_id: UUID, audience: Audience, messages: Sequence[tuple[MessageDraft, int]]
) -> None:
    """Stores the mentions of the messages, which are given with their `seq`."""
    found = [mention for draft, seq in messages for mention in _mentions(draft, seq, audience)]
    if not found:
        return
    await tx.fetch(
        _MENTION,
        message_ids=[mention.draft.message_id for mention in found],
        places=[mention.place for mention in found],
        targets=[mention.target for mention in found],
        agent_ids=[mention.agent_id for mention in found],
        reachables=[mention.reachable for mention in found],
    )
    reached = [each for each in found if each.reachable and each.agent_id not in (None, each.draft.author.agent_id)]
    await tx.fetch(
        _REACH,
        channel_id=channel_id,
        agent_ids=[mention.agent_id for mention in reached],
        seqs=[mention.seq for mention in reached],
        message_ids=[mention.draft.message_id for mention in reached],
    )
    await _reach_everybody(tx, channel_id, audience, [each for each in found if each.target == MentionTarget.CHANNEL])


async def _reach_everybody(tx: Transaction, channel_id: UUID, audience: Audience, mentions: Sequence[_Mention]) -> None:
    if mentions:
        await tx.fetch(
            _REACH_EVERYBODY,
            channel_id=channel_id,
            author_ids=[mention.draft.author.agent_id for mention in mentions],
            seqs=[mention.seq for mention in mentions],
            message_ids=[mention.draft.message_id for mention in mentions],
            member_ids=sorted(audience.active_members),
        )


def mentions_everybody(draft: MessageDraft) -> bool:
    return "mention://channel/all" in draft.body


def _mentions(draft: MessageDraft, seq: int, audience: Audience) -> list[_Mention]:
    found = []
    for place, mention in enumerate(parse_mentions(draft.body)):
        agent_id = mention.id if mention.target == MentionTarget.AGENT else None
        reachable = agent_id is None or agent_id in audience.readers
        found.append(_Mention(draft, seq, place, mention.target, agent_id, reachable))
    return found
