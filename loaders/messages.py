"""Messages that an agent can read, with their reactions and mentions."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Select, Text, and_, bindparam, func, select, true
from sqlmodel import col

from chat.access import READABLE_MESSAGES, Pair, pair_arrays, readable_by
from loaders.pages import PAGE_LIMIT, Page, PageRequest, to_page
from models import Agent, Mention, Message, Reaction
from models.columns import ACCOUNT_ID, IDENTIFIER
from models.database import Connection
from models.rows import AgentRow, MentionRow, MessageRow, columns, places, to_optional_row, to_row
from models.statements import Conditions, FilteredStatement, Statement, keys_table, one_row, rows_of_keys

SeqRange = tuple[str, UUID, int, int]
"""An agent, a channel, and a range: the messages with first <= seq <= last."""

PostKey = tuple[str, UUID, int]
"""An agent, a channel, and the number of a post in it."""

ReactorsKey = tuple[UUID, str, PageRequest]
"""A message, an emoji, and the page of agents who reacted with it."""


@dataclass(frozen=True)
class ReactionCount:
    """How many agents reacted to a message with an emoji, and whether the viewer is one of them."""

    emoji: str
    count: int
    viewer_reacted: bool


class MentionWithAgent(NamedTuple):
    """A mention and the mentioned agent; None for a team, the channel, or an unknown id."""

    mention: MentionRow
    agent: AgentRow | None


def _select_history() -> Select[*tuple[Any, ...]]:
    """Returns a SELECT of ranges and their messages. `seq` has no gaps, so a page is a range of the unique index.
    LATERAL and LIMIT make PostgreSQL read it that way; with a join, the planner may read the whole channel."""
    keys = keys_table(agent_id=Text, channel_id=IDENTIFIER, first=BigInteger, last=BigInteger)
    page = (
        select(*columns(MessageRow))
        .where(
            col(Message.account_id) == ACCOUNT_ID,
            col(Message.channel_id) == keys.c.channel_id,
            col(Message.seq).between(keys.c.first, keys.c.last),
        )
        .order_by(col(Message.seq))
        .limit(PAGE_LIMIT)
        .lateral("page")
    )
    return (
        select(keys.c.agent_id, keys.c.channel_id, keys.c.first, keys.c.last, *columns(MessageRow, page))
        .join(page, true())
        .where(readable_by(keys.c.agent_id, keys.c.channel_id))
        .order_by(page.c.seq)
    )


def _select_posts() -> Select[*tuple[Any, ...]]:
    keys = keys_table(agent_id=Text, channel_id=IDENTIFIER, number=BigInteger)
    has_key = and_(
        col(Message.account_id) == ACCOUNT_ID,
        col(Message.channel_id) == keys.c.channel_id,
        col(Message.post_number) == keys.c.number,
        col(Message.system_event).is_(None),
    )
    message = one_row(select(*columns(MessageRow)).where(has_key), "message")
    return (
        select(keys.c.agent_id, *message.c).join(message, true()).where(readable_by(keys.c.agent_id, keys.c.channel_id))
    )


def _select_reactions() -> Select[*tuple[Any, ...]]:
    """The emojis of each message are in the order of their first reactions."""
    keys = keys_table(agent_id=Text, id=IDENTIFIER)
    reactions = (
        select(
            keys.c.agent_id,
            keys.c.id,
            col(Reaction.emoji),
            func.count(),
            func.bool_or(col(Reaction.agent_id) == keys.c.agent_id),
        )
        .select_from(Reaction)
        .where(col(Reaction.account_id) == ACCOUNT_ID, col(Reaction.message_id) == keys.c.id)
        .group_by(col(Reaction.emoji))
        .order_by(func.min(col(Reaction.created_at)), col(Reaction.emoji))
        .correlate(keys)
    )
    return rows_of_keys(keys, reactions)


def _select_reactors(conditions: Conditions) -> Select[*tuple[Any, ...]]:
    keys = keys_table(message_id=IDENTIFIER, emoji=Text)
    page = (
        select(col(Reaction.agent_id))
        .where(
            col(Reaction.account_id) == ACCOUNT_ID,
            col(Reaction.message_id) == keys.c.message_id,
            col(Reaction.emoji) == keys.c.emoji,
            *conditions,
        )
        .order_by(col(Reaction.agent_id))
        .limit(bindparam("limit"))
        .lateral("page")
    )
    return select(keys.c.message_id, keys.c.emoji, page.c.agent_id).join(page, true()).order_by(page.c.agent_id)


def _select_mentions() -> Select[*tuple[Any, ...]]:
    """The mentions of each message are in the order of their places."""
    keys = keys_table(message_id=IDENTIFIER)
    is_mentioned = and_(col(Agent.account_id) == col(Mention.account_id), col(Agent.agent_id) == col(Mention.agent_id))
    mentions = (
        select(*columns(MentionRow), *columns(AgentRow))
        .outerjoin_from(Mention, Agent, is_mentioned)
        .where(col(Mention.account_id) == ACCOUNT_ID, col(Mention.message_id) == keys.c.message_id)
        .order_by(col(Mention.place))
    )
    return rows_of_keys(keys, mentions)


def _select_messages() -> Select[*tuple[Any, ...]]:
    keys = keys_table(message_id=IDENTIFIER)
    has_key = and_(col(Message.account_id) == ACCOUNT_ID, col(Message.message_id) == keys.c.message_id)
    return rows_of_keys(keys, select(*columns(MessageRow)).where(has_key))


MESSAGES = Statement(_select_messages())
_HISTORY = Statement(_select_history())
_POSTS = Statement(_select_posts())
_REACTIONS = Statement(_select_reactions())
_REACTORS = FilteredStatement(_select_reactors, col(Reaction.agent_id) > bindparam("after_id"))
_MENTIONS = Statement(_select_mentions())
_MENTION, _MENTIONED = places(MentionRow, AgentRow)


async def load_messages(connection: Connection, account_id: str, pairs: list[Pair]) -> dict[Pair, MessageRow]:
    records = await READABLE_MESSAGES.fetch(connection, account_id=account_id, **pair_arrays(pairs))
    messages = [(record[0], to_row(MessageRow, record[1:])) for record in records]
    return {(agent_id, message.message_id): message for agent_id, message in messages}


async def load_message_rows(connection: Connection, account_id: str, message_ids: list[UUID]) -> dict[UUID, MessageRow]:
    """Returns messages without an access check: the callers have checked each reader's access to the channel."""
    records = await MESSAGES.fetch(connection, account_id=account_id, message_ids=message_ids)
    messages = [to_row(MessageRow, record) for record in records]
    return {message.message_id: message for message in messages}


async def load_history(
    connection: Connection, account_id: str, ranges: list[SeqRange]
) -> dict[SeqRange, list[MessageRow]]:
    """Returns the messages of each range, oldest first."""
    records = await _HISTORY.fetch(
        connection,
        account_id=account_id,
        agent_ids=[agent_id for agent_id, _, _, _ in ranges],
        channel_ids=[channel_id for _, channel_id, _, _ in ranges],
        firsts=[first for _, _, first, _ in ranges],
        lasts=[last for _, _, _, last in ranges],
    )
    found: dict[SeqRange, list[MessageRow]] = defaultdict(list)
    for record in records:
        agent_id, channel_id, first, last = record[:4]
        found[agent_id, channel_id, first, last].append(to_row(MessageRow, record[4:]))
    return found


async def load_posts(connection: Connection, account_id: str, keys: list[PostKey]) -> dict[PostKey, MessageRow]:
    """Returns posts by their number in the channel. The first unread post has the number after the read marker's."""
    records = await _POSTS.fetch(
        connection,
        account_id=account_id,
        agent_ids=[agent_id for agent_id, _, _ in keys],
        channel_ids=[channel_id for _, channel_id, _ in keys],
        numbers=[number for _, _, number in keys],
    )
    messages = [(record[0], to_row(MessageRow, record[1:])) for record in records]
    return {(agent_id, message.channel_id, message.post_number): message for agent_id, message in messages}


async def load_reactions(connection: Connection, account_id: str, pairs: list[Pair]) -> dict[Pair, list[ReactionCount]]:
    """Returns the reactions to messages that the agents can read, in the order in which each emoji was first used."""
    found: dict[Pair, list[ReactionCount]] = defaultdict(list)
    records = await _REACTIONS.fetch(connection, account_id=account_id, **pair_arrays(pairs))
    for agent_id, message_id, emoji, count, viewer_reacted in records:
        found[agent_id, message_id].append(ReactionCount(emoji, count, viewer_reacted))
    return found


async def load_reactors(
    connection: Connection, account_id: str, keys: list[ReactorsKey]
) -> dict[ReactorsKey, Page[str]]:
    """Returns pages of the agents who reacted with an emoji, ordered by id, the last column of the primary key."""
    found: dict[ReactorsKey, Page[str]] = {}
    for request in {request for _, _, request in keys}:
        records = await _REACTORS.fetch(
            connection,
            account_id=account_id,
            message_ids=[message_id for message_id, _, of in keys if of == request],
            emojis=[emoji for _, emoji, of in keys if of == request],
            after_id=request.after[0] if request.after else None,
            limit=request.size + 1,
        )
        agents: dict[tuple[UUID, str], list[str]] = defaultdict(list)
        for message_id, emoji, agent_id in records:
            agents[message_id, emoji].append(agent_id)
        for (message_id, emoji), agent_ids in agents.items():
            keys_found = [(agent_id,) for agent_id in agent_ids]
            found[message_id, emoji, request] = to_page(agent_ids, keys_found.__getitem__, request)
    return found


async def load_mentions(
    connection: Connection, account_id: str, message_ids: list[UUID]
) -> dict[UUID, list[MentionWithAgent]]:
    """Returns the mentions with their agents, so that no second statement is needed."""
    found: dict[UUID, list[MentionWithAgent]] = defaultdict(list)
    for record in await _MENTIONS.fetch(connection, account_id=account_id, message_ids=message_ids):
        mention = to_row(MentionRow, record[_MENTION])
        found[mention.message_id].append(MentionWithAgent(mention, to_optional_row(AgentRow, record[_MENTIONED])))
    return found
