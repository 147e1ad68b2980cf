"""Mentions as the platform writes them in the text, and whom they reach."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ARRAY, Boolean, Text, and_, bindparam, delete, insert, literal, null, or_, select, text
from sqlmodel import col

from chat.access import Seat
from chat.errors import RefusalCode, Refused
from chat.operation import Transaction
from chat.policies import check_mention_everybody
from models import Agent, Member, Mention, Message, Team, TeamAgent
from models.columns import IDENTIFIER
from models.enums import ChannelKind, MentionTarget

MENTIONS_LIMIT = 100

# What a line's links are made of: an escaped character, the line's end, an opening bracket, and a closing one with the
# mention's address where there is one. The name in an address stops before the next "](", so that an address that never
# ends is not read to the end of the text for each that begins.
_BRACKETS = re.compile(
    r"\\.|\n|\[@?|\](?:\(mention://(user|team|channel)/([^/)\s]+)(?:/(?:[^)\n\]]|\](?!\())*)?\))?",
)
_TARGETS = {"user": MentionTarget.AGENT, "team": MentionTarget.TEAM, "channel": MentionTarget.CHANNEL}


@dataclass(frozen=True)
class Written:
    """A mention as it stands in the text; it may name nobody."""

    target: MentionTarget
    id: str


_EVERYBODY = Written(MentionTarget.CHANNEL, "all")


@dataclass(frozen=True)
class Resolved:
    """The mentions of a text against the directory: what to show, and which agents are meant."""

    mentions: tuple[Mention, ...]
    agent_ids: tuple[str, ...]
    everybody: bool


def parse_mentions(body: str) -> list[Written]:
    """Returns what the text names, each once, in its order; raises Refused INVALID past 100."""
    found = list(dict.fromkeys(_written(body)))
    if len(found) > MENTIONS_LIMIT:
        raise Refused(RefusalCode.INVALID, f"A message names at most {MENTIONS_LIMIT}.", "body")
    return found


def _written(body: str) -> Iterator[Written]:
    """Yields the mentions of the text, in one pass over it: a mention's address, behind a bracket opened with "[@" in
    the same line. The label is a name, so it may have brackets of its own, escaped or not."""
    opened: list[str] = []
    for token in _BRACKETS.finditer(body) if "](mention://" in body else ():
        kind, name = token.groups()
        if kind is not None:
            if "[@" in opened and (kind != "channel" or name == "all"):
                yield Written(_TARGETS[kind], name)
            opened.clear()
        elif token[0] == "\n":
            opened.clear()
        elif token[0] == "]":
            del opened[-1:]
        elif token[0][0] == "[":
            opened.append(token[0])


async def resolve_mentions(tx: Transaction, seat: Seat, body: str, before: str = "") -> Resolved:
    """Returns whom the text reaches; raises Refused when it names everybody, the text before it did not, and the
    author may not: who named everybody when they might can still correct the rest of the message."""
    written = parse_mentions(body)
    everybody = _EVERYBODY in written
    if everybody and _EVERYBODY not in _written(before):
        check_mention_everybody(seat)
    known = await _known(tx, seat, written)
    mentions = tuple(_mention(tx, known, place, mention) for place, mention in enumerate(written))
    reached = {row.agent_id for mention in written for row in known.get(mention, []) if row.agent_id and row.reads}
    return Resolved(mentions, tuple(sorted(reached - {seat.agent.agent_id})), everybody)


@dataclass(frozen=True)
class _Named:
    """An agent that a mention stands for (None: a team without agents), and whether they read the channel."""

    agent_id: str | None
    team_name: str | None
    reads: bool


async def _known(tx: Transaction, seat: Seat, written: list[Written]) -> dict[Written, list[_Named]]:
    agent_ids = [mention.id for mention in written if mention.target == MentionTarget.AGENT]
    team_ids = [mention.id for mention in written if mention.target == MentionTarget.TEAM]
    if not agent_ids and not team_ids:
        return {}
    seated = and_(
        col(Member.account_id) == col(Agent.account_id),
        col(Member.agent_id) == col(Agent.agent_id),
        col(Member.channel_id) == seat.channel.channel_id,
    )
    reads = and_(
        col(Agent.active),
        or_(literal(seat.channel.kind == ChannelKind.PUBLIC), col(Member.agent_id).is_not(None)),
    )
    agents = (
        select(null().cast(Text), null().cast(Text), col(Agent.agent_id), reads.cast(Boolean))
        .outerjoin(Member, seated)
        .where(col(Agent.account_id) == tx.account_id, col(Agent.agent_id).in_(agent_ids))
    )
    teams = (
        select(col(Team.team_id), col(Team.name), col(Agent.agent_id), reads.cast(Boolean))
        .select_from(Team)
        .outerjoin(
            TeamAgent,
            and_(col(TeamAgent.account_id) == col(Team.account_id), col(TeamAgent.team_id) == col(Team.team_id)),
        )
        .outerjoin(
            Agent,
            and_(
                col(Agent.account_id) == col(TeamAgent.account_id),
                col(Agent.agent_id) == col(TeamAgent.agent_id),
            ),
        )
        .outerjoin(Member, seated)
        .where(col(Team.account_id) == tx.account_id, col(Team.team_id).in_(team_ids))
    )
    known: dict[Written, list[_Named]] = {}
    for team_id, team_name, agent_id, agent_reads in await tx.session.execute(agents.union_all(teams)):
        key = Written(MentionTarget.TEAM, team_id) if team_id else Written(MentionTarget.AGENT, agent_id)
        known.setdefault(key, []).append(_Named(agent_id, team_name, bool(agent_reads)))
    return known


def _mention(tx: Transaction, known: dict[Written, list[_Named]], place: int, written: Written) -> Mention:
    named = known.get(written, [])
    return Mention(
        account_id=tx.account_id,
        place=place,
        target=written.target,
        agent_id=written.id if named and written.target == MentionTarget.AGENT else None,
        team_id=written.id if named and written.target == MentionTarget.TEAM else None,
        team_name=named[0].team_name if named else None,
        reachable=written.target == MentionTarget.CHANNEL or any(row.reads for row in named),
    )


# Everybody: the channel's members in the same statement, so that 5,000 of them never pass through Python. Who was
# mentioned before keeps the revision that first did.
_REACH = text(
    """
    WITH reached AS (
        SELECT agent_id
          FROM (
                SELECT unnest(:agent_ids) AS agent_id
                 UNION
                SELECT members.agent_id
                  FROM members JOIN agents USING (account_id, agent_id)
                 WHERE :everybody AND members.account_id = :account_id AND members.channel_id = :channel_id
                   AND agents.active
               ) AS named
         WHERE agent_id <> :author_id
    ), gone AS (
        DELETE FROM mentioned_agents
         WHERE account_id = :account_id AND message_id = :message_id
           AND agent_id NOT IN (SELECT agent_id FROM reached)
    )
    INSERT INTO mentioned_agents (account_id, agent_id, channel_id, seq, message_id, revision)
    SELECT :account_id, agent_id, :channel_id, :seq, :message_id, :revision FROM reached
    ON CONFLICT DO NOTHING
    """
).bindparams(
    bindparam("account_id", type_=Text),
    bindparam("author_id", type_=Text),
    bindparam("agent_ids", type_=ARRAY(Text)),
    bindparam("everybody", type_=Boolean),
    bindparam("channel_id", type_=IDENTIFIER),
    bindparam("message_id", type_=IDENTIFIER),
)

NOBODY = Resolved((), (), everybody=False)


async def write_mentions(tx: Transaction, message: Message, resolved: Resolved) -> None:
    """Stores whom a new message names."""
    if resolved == NOBODY:
        return
    await _show(tx, message, resolved)
    await _reach(tx, message, resolved)


async def rewrite_mentions(tx: Transaction, message: Message, resolved: Resolved) -> None:
    """Stores whom a changed message names at its present revision, and takes back whom it no longer does."""
    await tx.session.execute(
        delete(Mention).where(col(Mention.account_id) == tx.account_id, col(Mention.message_id) == message.message_id)
    )
    await _show(tx, message, resolved)
    await _reach(tx, message, resolved)


async def _show(tx: Transaction, message: Message, resolved: Resolved) -> None:
    if resolved.mentions:
        shown = [{**mention.model_dump(), "message_id": message.message_id} for mention in resolved.mentions]
        await tx.session.execute(insert(Mention), shown)


async def _reach(tx: Transaction, message: Message, resolved: Resolved) -> None:
    await tx.session.execute(
        _REACH,
        {
            "account_id": tx.account_id,
            "agent_ids": list(resolved.agent_ids),
            "everybody": resolved.everybody,
            "channel_id": message.channel_id,
            "seq": message.seq,
            "message_id": message.message_id,
            "revision": message.revision,
            "author_id": message.author_id,
        },
    )
