"""Messages that an agent can read, with their reactions and mentions."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import BigInteger, Text, and_, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from chat.access import Pair, channel_of_message, member_of_channel, pairs_table, readable, readable_messages
from loaders.pages import PAGE_LIMIT, Page, PageRequest, to_page
from models import Agent, Channel, Member, Mention, Message, Reaction
from models.columns import IDENTIFIER, is_one_of

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


@dataclass(frozen=True)
class MentionWithAgent:
    """A mention and the mentioned agent; None for a team, the channel, or an unknown id."""

    mention: Mention
    agent: Agent | None


async def load_messages(session: AsyncSession, account_id: str, pairs: list[Pair]) -> dict[Pair, Message]:
    rows = await session.execute(readable_messages(account_id, pairs))
    return {(agent_id, message.message_id): message for agent_id, message in rows}


async def load_history(session: AsyncSession, account_id: str, ranges: list[SeqRange]) -> dict[SeqRange, list[Message]]:
    """Returns the messages of each range, oldest first. `seq` has no gaps, so a page is a range of the unique index.
    LATERAL and LIMIT make PostgreSQL read it that way; with a join, the planner may read the whole channel."""
    asked = (
        func.unnest(
            bindparam(None, [agent_id for agent_id, _, _, _ in ranges], type_=ARRAY(Text)),
            bindparam(None, [channel_id for _, channel_id, _, _ in ranges], type_=ARRAY(IDENTIFIER)),
            bindparam(None, [first for _, _, first, _ in ranges], type_=ARRAY(BigInteger)),
            bindparam(None, [last for _, _, _, last in ranges], type_=ARRAY(BigInteger)),
        )
        .table_valued("agent_id", "channel_id", "first", "last", joins_implicitly=True)
        .render_derived("asked")
    )
    page = (
        select(Message)
        .where(
            col(Message.account_id) == account_id,
            col(Message.channel_id) == asked.c.channel_id,
            col(Message.seq).between(asked.c.first, asked.c.last),
        )
        .order_by(col(Message.seq))
        .limit(PAGE_LIMIT)
        .lateral("page")
    )
    rows = await session.execute(
        select(asked.c.agent_id, asked.c.channel_id, asked.c.first, asked.c.last, aliased(Message, page))
        .join(Channel, and_(col(Channel.account_id) == account_id, col(Channel.channel_id) == asked.c.channel_id))
        .outerjoin(Member, and_(member_of_channel(), col(Member.agent_id) == asked.c.agent_id))
        .join(page, true())
        .where(readable())
        .order_by(page.c.seq)
    )
    found: dict[SeqRange, list[Message]] = defaultdict(list)
    for agent_id, channel_id, first, last, message in rows:
        found[agent_id, channel_id, first, last].append(message)
    return found


async def load_posts(session: AsyncSession, account_id: str, keys: list[PostKey]) -> dict[PostKey, Message]:
    """Returns posts by their number in the channel. The first unread post has the number after the read marker's."""
    asked = (
        func.unnest(
            bindparam(None, [agent_id for agent_id, _, _ in keys], type_=ARRAY(Text)),
            bindparam(None, [channel_id for _, channel_id, _ in keys], type_=ARRAY(IDENTIFIER)),
            bindparam(None, [number for _, _, number in keys], type_=ARRAY(BigInteger)),
        )
        .table_valued("agent_id", "channel_id", "number", joins_implicitly=True)
        .render_derived("asked")
    )
    rows = await session.execute(
        select(asked.c.agent_id, Message)
        .join(
            Message,
            and_(
                col(Message.account_id) == account_id,
                col(Message.channel_id) == asked.c.channel_id,
                col(Message.post_number) == asked.c.number,
                col(Message.system_event).is_(None),
            ),
        )
        .join(Channel, channel_of_message())
        .outerjoin(Member, and_(member_of_channel(), col(Member.agent_id) == asked.c.agent_id))
        .where(readable())
    )
    return {(agent_id, message.channel_id, message.post_number): message for agent_id, message in rows}


async def load_reactions(session: AsyncSession, account_id: str, pairs: list[Pair]) -> dict[Pair, list[ReactionCount]]:
    """Returns the reactions to messages that the agents can read, in the order in which each emoji was first used."""
    asked = pairs_table(pairs)
    rows = await session.execute(
        select(
            asked.c.agent_id,
            asked.c.id,
            col(Reaction.emoji),
            func.count(),
            func.bool_or(col(Reaction.agent_id) == asked.c.agent_id),
        )
        .join(Reaction, and_(col(Reaction.account_id) == account_id, col(Reaction.message_id) == asked.c.id))
        .group_by(asked.c.agent_id, asked.c.id, col(Reaction.emoji))
        .order_by(func.min(col(Reaction.created_at)), col(Reaction.emoji))
    )
    found: dict[Pair, list[ReactionCount]] = defaultdict(list)
    for agent_id, message_id, emoji, count, viewer_reacted in rows:
        found[agent_id, message_id].append(ReactionCount(emoji, count, viewer_reacted))
    return found


async def load_reactors(
    session: AsyncSession, account_id: str, keys: list[ReactorsKey]
) -> dict[ReactorsKey, Page[str]]:
    """Returns pages of the agents who reacted with an emoji, ordered by id, the last column of the primary key."""
    found: dict[ReactorsKey, Page[str]] = {}
    for page in {page for _, _, page in keys}:
        asked = (
            func.unnest(
                bindparam(
                    None,
                    [message_id for message_id, _, of in keys if of == page],
                    type_=ARRAY(IDENTIFIER),
                ),
                bindparam(None, [emoji for _, emoji, of in keys if of == page], type_=ARRAY(Text)),
            )
            .table_valued("message_id", "emoji", joins_implicitly=True)
            .render_derived("asked")
        )
        reactors = select(col(Reaction.agent_id)).where(
            col(Reaction.account_id) == account_id,
            col(Reaction.message_id) == asked.c.message_id,
            col(Reaction.emoji) == asked.c.emoji,
        )
        if page.after:
            reactors = reactors.where(col(Reaction.agent_id) > page.after[0])
        lateral = reactors.order_by(col(Reaction.agent_id)).limit(page.size + 1).lateral("page")
        rows = await session.execute(
            select(asked.c.message_id, asked.c.emoji, lateral.c.agent_id)
            .join(lateral, onclause=lateral.c.agent_id.is_not(None))
            .order_by(lateral.c.agent_id)
        )
        agents: dict[tuple[UUID, str], list[str]] = defaultdict(list)
        for message_id, emoji, agent_id in rows:
            agents[message_id, emoji].append(agent_id)
        for (message_id, emoji), agent_ids in agents.items():
            cursors = [(agent_id,) for agent_id in agent_ids]
            found[message_id, emoji, page] = to_page(agent_ids, cursors, page)
    return found


async def load_mentions(
    session: AsyncSession, account_id: str, message_ids: list[UUID]
) -> dict[UUID, list[MentionWithAgent]]:
    """Returns the mentions with their agents, so that no second statement is needed."""
    is_mentioned = and_(col(Agent.account_id) == col(Mention.account_id), col(Agent.agent_id) == col(Mention.agent_id))
    rows = await session.execute(
        select(Mention, Agent)
        .outerjoin(Agent, is_mentioned)
        .where(col(Mention.account_id) == account_id, is_one_of(col(Mention.message_id), message_ids))
        .order_by(col(Mention.place))
    )
    found: dict[UUID, list[MentionWithAgent]] = defaultdict(list)
    for mention, agent in rows:
        found[mention.message_id].append(MentionWithAgent(mention, agent))
    return found
