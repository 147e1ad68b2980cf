"""Mentions: finding the agents whom a message's text mentions, and storing both."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, Boolean, CompoundSelect, Text, and_, bindparam, null, or_, select
from sqlmodel import col

from chat.access import Seat
from chat.mention_scanner import EVERYBODY, ParsedMention, parse_mentions, scan_mentions
from chat.operation import Transaction
from chat.policies import check_mention_everybody
from models import Agent, Member, Team, TeamAgent
from models.columns import ACCOUNT_ID, IDENTIFIER, TEXT_ARRAY, is_one_of
from models.enums import ChannelKind, MentionTarget
from models.rows import MessageRow
from models.statements import Statement, sql


class ResolvedMention(NamedTuple):
    """A mention as it is stored. `agent_id` and `team_id` are None for an unknown agent or team."""

    target: MentionTarget
    agent_id: str | None
    team_id: str | None
    team_name: str | None
    reachable: bool


@dataclass(frozen=True)
class ResolvedMentions:
    """A text's mentions, looked up in the directory, the agents whom they reach, and those who cannot read the
    message."""

    mentions: tuple[ResolvedMention, ...]
    agent_ids: tuple[str, ...]
    unreachable_ids: tuple[str, ...]
    everybody: bool

    @property
    def reaches_agents(self) -> bool:
        return self.everybody or bool(self.agent_ids)

    @property
    def named_ids(self) -> frozenset[str]:
        """The agents who are mentioned themselves, not as part of a group."""
        return frozenset(mention.agent_id for mention in self.mentions if mention.agent_id is not None)

    @property
    def names_group(self) -> bool:
        """Whether a team or everybody is mentioned."""
        return any(mention.target != MentionTarget.AGENT for mention in self.mentions)


def check_mentions(seat: Seat, body: str) -> None:
    """Raises Refused FORBIDDEN, as `resolve_mentions` does, without looking anything up."""
    if EVERYBODY in scan_mentions(body):
        check_mention_everybody(seat)


async def resolve_mentions(tx: Transaction, seat: Seat, body: str, before: str = "") -> ResolvedMentions:
    """Returns the mentions of the text. Raises Refused FORBIDDEN if it mentions everybody and
    the author may not do that. When editing, `before` is the previous text: if that mentioned everybody, the new text
    may too, so that the author can still edit the message after the channel has grown."""
    parsed = parse_mentions(body)
    everybody = EVERYBODY in parsed
    if everybody and EVERYBODY not in scan_mentions(before):
        check_mention_everybody(seat)
    targets = await _targets(tx, seat, parsed)
    mentions = tuple(_resolved(mention, targets.get(mention, [])) for mention in parsed)
    rows = [row for mention in parsed for row in targets.get(mention, [])]
    reached = {row.agent_id for row in rows if row.agent_id and row.reads} - {seat.agent.agent_id}
    unreachable = {row.agent_id for row in rows if row.agent_id and not row.reads}
    return ResolvedMentions(mentions, tuple(sorted(reached)), tuple(sorted(unreachable)), everybody)


@dataclass(frozen=True)
class _Target:
    """An agent whom a mention refers to (None: a team without agents), and whether they can read the channel. The
    condition is that of `Seat.readable`; a property test checks that they agree."""

    agent_id: str | None
    team_name: str | None
    reads: bool


async def _targets(tx: Transaction, seat: Seat, parsed: list[ParsedMention]) -> dict[ParsedMention, list[_Target]]:
    agent_ids = [mention.id for mention in parsed if mention.target == MentionTarget.AGENT]
    team_ids = [mention.id for mention in parsed if mention.target == MentionTarget.TEAM]
    if not agent_ids and not team_ids:
        return {}
    rows = await tx.fetch(
        _FIND_TARGETS,
        agent_ids=agent_ids,
        team_ids=team_ids,
        channel_id=seat.channel.channel_id,
        is_public=seat.channel.kind == ChannelKind.PUBLIC,
    )
    found: dict[ParsedMention, list[_Target]] = {}
    for team_id, team_name, agent_id, agent_reads in rows:
        key = ParsedMention(MentionTarget.TEAM, team_id) if team_id else ParsedMention(MentionTarget.AGENT, agent_id)
        found.setdefault(key, []).append(_Target(agent_id, team_name, bool(agent_reads)))
    return found


def _resolved(mention: ParsedMention, found: list[_Target]) -> ResolvedMention:
    return ResolvedMention(
        target=mention.target,
        agent_id=mention.id if found and mention.target == MentionTarget.AGENT else None,
        team_id=mention.id if found and mention.target == MentionTarget.TEAM else None,
        team_name=found[0].team_name if found else None,
        reachable=mention.target == MentionTarget.CHANNEL or any(target.reads for target in found),
    )


def _select_targets() -> CompoundSelect[*tuple[Any, ...]]:
    """Returns a SELECT of the agents `agent_ids`, and of the teams `team_ids` with their agents."""
    membership = and_(
        col(Member.account_id) == col(Agent.account_id),
        col(Member.agent_id) == col(Agent.agent_id),
        col(Member.channel_id) == bindparam("channel_id"),
    )
    reads = and_(col(Agent.active), or_(bindparam("is_public", type_=Boolean), col(Member.agent_id).is_not(None)))
    agents = (
        select(null().cast(Text), null().cast(Text), col(Agent.agent_id), reads.cast(Boolean))
        .outerjoin(Member, membership)
        .where(col(Agent.account_id) == ACCOUNT_ID, is_one_of(col(Agent.agent_id), "agent_ids"))
    )
    in_team = and_(col(TeamAgent.account_id) == col(Team.account_id), col(TeamAgent.team_id) == col(Team.team_id))
    teams = (
        select(col(Team.team_id), col(Team.name), col(Agent.agent_id), reads.cast(Boolean))
        .select_from(Team)
        .outerjoin(TeamAgent, in_team)
        .outerjoin(
            Agent,
            and_(
                col(Agent.account_id) == col(TeamAgent.account_id),
                col(Agent.agent_id) == col(TeamAgent.agent_id),
            ),
        )
        .outerjoin(Member, membership)
        .where(col(Team.account_id) == ACCOUNT_ID, is_one_of(col(Team.team_id), "team_ids"))
    )
    return agents.union_all(teams)


_FIND_TARGETS = Statement(_select_targets())

_DELETE_MENTIONS = sql("DELETE FROM mentions WHERE account_id = :account_id AND message_id = :message_id")

# The members for a mention of everybody are read in the same statement, so that 5,000 ids never pass through Python.
# Agents whom an earlier revision already mentioned keep that revision, so an edit notifies only new ones.
_WRITE_MENTIONS = sql(
    """
    WITH written AS (
        INSERT INTO mentions (account_id, message_id, place, target, agent_id, team_id, team_name, reachable)
        SELECT :account_id, :message_id, place - 1, target, agent_id, team_id, team_name, reachable
          FROM unnest(:targets, :agent_ids, :team_ids, :team_names, :reachables)
               WITH ORDINALITY AS given (target, agent_id, team_id, team_name, reachable, place)
    ), reached AS (
        SELECT agent_id
          FROM (
                SELECT unnest(:reached_ids) AS agent_id
                 UNION
                SELECT members.agent_id
                  FROM members JOIN agents USING (account_id, agent_id)
                 WHERE :everybody AND members.account_id = :account_id AND members.channel_id = :channel_id
                   AND agents.active
               ) AS meant
         WHERE agent_id <> :author_id
    ), removed AS (
        DELETE FROM mentioned_agents
         WHERE account_id = :account_id AND message_id = :message_id
           AND agent_id NOT IN (SELECT agent_id FROM reached)
    )
    INSERT INTO mentioned_agents (account_id, agent_id, channel_id, seq, message_id, revision)
    SELECT :account_id, agent_id, :channel_id, :seq, :message_id, :revision FROM reached
    ON CONFLICT DO NOTHING
    """,
    account_id=Text,
    author_id=Text,
    channel_id=IDENTIFIER,
    message_id=IDENTIFIER,
    targets=TEXT_ARRAY,
    agent_ids=TEXT_ARRAY,
    team_ids=TEXT_ARRAY,
    team_names=TEXT_ARRAY,
    reachables=ARRAY(Boolean),
    reached_ids=TEXT_ARRAY,
    everybody=Boolean,
)

NO_MENTIONS = ResolvedMentions((), (), (), everybody=False)


async def write_mentions(tx: Transaction, message: MessageRow, resolved: ResolvedMentions) -> None:
    """Stores the mentions of a new message."""
    if resolved != NO_MENTIONS:
        await _write(tx, message, resolved)


async def rewrite_mentions(tx: Transaction, message: MessageRow, resolved: ResolvedMentions) -> None:
    """Replaces the mentions of a message that was edited or deleted, at its current revision."""
    await tx.fetch(_DELETE_MENTIONS, message_id=message.message_id)
    await _write(tx, message, resolved)


async def _write(tx: Transaction, message: MessageRow, resolved: ResolvedMentions) -> None:
    await tx.fetch(
        _WRITE_MENTIONS,
        message_id=message.message_id,
        channel_id=message.channel_id,
        seq=message.seq,
        revision=message.revision,
        author_id=message.author_id,
        targets=[mention.target for mention in resolved.mentions],
        agent_ids=[mention.agent_id for mention in resolved.mentions],
        team_ids=[mention.team_id for mention in resolved.mentions],
        team_names=[mention.team_name for mention in resolved.mentions],
        reachables=[mention.reachable for mention in resolved.mentions],
        reached_ids=resolved.agent_ids,
        everybody=resolved.everybody,
    )
