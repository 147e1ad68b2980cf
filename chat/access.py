"""Which channels and messages an agent can access. Every read of a channel or a message uses these statements.

- Readable: a public channel, or one that the agent is a member of.
- Visible: readable, or, for an administrator of the account, any channel except a direct message. Administrators
  manage a visible channel's name and members, but do not read its messages.
- Postable: where the agent can send a message now.

`readable()`, `readable_by()`, `READABLE_CHANNELS` and `postable()` are the SQL equivalents of `Seat.readable` and
`chat.policies.check_post`; a property test (tests/chat/test_rules_in_sql.py) checks that they agree.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, case, or_, select, true
from sqlalchemy.orm import Mapped, aliased
from sqlmodel import col

from models import Agent, Author, Channel, Member, Message
from models.columns import ACCOUNT_ID, IDENTIFIER
from models.database import Record
from models.enums import AgentRole, ChannelKind, MemberRole
from models.rows import AgentRow, ChannelRow, MemberRow, MessageRow, columns, places, to_optional_row, to_row
from models.statements import Statement, keys_table, one_row

Pair = tuple[str, UUID]
"""An agent's id, and the id of a channel or message that is read for that agent."""

_AGENT, _CHANNEL, _MEMBER, _PEER = places(AgentRow, ChannelRow, MemberRow, AgentRow)
_AUTHOR = _PEER.stop
SEAT_COLUMNS = _AUTHOR + 1
"""How many columns of a record belong to the seat."""


class Seat(NamedTuple):
    """One agent's relation to one channel: their membership, if any, and whether they are an author of the
    announcement. `peer` is the other agent of a direct message."""

    agent: AgentRow
    channel: ChannelRow
    member: MemberRow | None
    author: bool
    peer: AgentRow | None

    @classmethod
    def of(cls, record: Record) -> "Seat":
        """Returns the seat of a record that begins with the columns of `seats`."""
        (seat,) = cls.of_all([record])
        return seat

    @classmethod
    def of_all(cls, records: Sequence[Record]) -> list["Seat"]:
        """Returns the seats of records that begin with the columns of `seats`. Most of them have the same agent or the
        same channel, whose row is made once."""
        agents: dict[str | None, AgentRow | None] = {None: None}
        channels: dict[UUID, ChannelRow] = {}
        seats = []
        for record in records:
            for place in (_AGENT, _PEER):
                if record[place.start] not in agents:
                    agents[record[place.start]] = to_row(AgentRow, record[place])
            channel_id = record[_CHANNEL.start]
            if channel_id not in channels:
                channels[channel_id] = to_row(ChannelRow, record[_CHANNEL])
            agent, peer = agents[record[_AGENT.start]], agents[record[_PEER.start]]
            assert agent is not None
            member = to_optional_row(MemberRow, record[_MEMBER])
            seats.append(cls(agent, channels[channel_id], member, record[_AUTHOR] is not None, peer))
        return seats

    @property
    def readable(self) -> bool:
        return self.member is not None or self.channel.kind == ChannelKind.PUBLIC

    @property
    def unread_posts(self) -> int:
        """The number of messages that people sent after the read marker and that have not expired: a difference of
        stored counts."""
        return self.channel.post_count - self.posts_before_unread if self.member is not None else 0

    @property
    def posts_before_unread(self) -> int:
        """The number of messages that people sent up to the read marker, or that have expired."""
        read_posts = self.member.read_posts if self.member is not None else 0
        return max(read_posts, self.channel.expired_posts)

    @property
    def is_administrator(self) -> bool:
        """Whether the agent is an administrator of the account."""
        return self.agent.role == AgentRole.ADMINISTRATOR

    @property
    def is_owner(self) -> bool:
        return self.member is not None and self.member.role == MemberRole.OWNER

    @property
    def is_manager(self) -> bool:
        """Whether the agent is an owner or admin of the channel, or an administrator of the account."""
        return self.is_administrator or (self.member is not None and self.member.role != MemberRole.MEMBER)


def seats() -> Select[*tuple[Any, ...]]:
    """Returns a SELECT of agents and the channels visible to them, one seat per row. The caller restricts it to some
    agents and channels of the account."""
    return (
        select(
            *columns(AgentRow), *columns(ChannelRow), *columns(MemberRow), *columns(AgentRow, PEER), AUTHOR.c.agent_id
        )
        .select_from(Agent)
        .join(Channel, col(Channel.account_id) == col(Agent.account_id))
        .outerjoin(Member, _in_channel(Member))
        .outerjoin(AUTHOR, true())
        .outerjoin(PEER, true())
        .where(col(Agent.account_id) == ACCOUNT_ID, visible())
    )


def seats_of_pairs() -> Select[*tuple[Any, ...]]:
    """Returns a SELECT of the seats of the pairs (`agent_ids`, `ids`), without channels that the agent cannot see."""
    keys = keys_table(agent_id=Text, id=IDENTIFIER)
    is_pair = and_(col(Agent.agent_id) == keys.c.agent_id, col(Channel.channel_id) == keys.c.id)
    seat = one_row(seats().where(is_pair).correlate(keys), "seat")
    return select(*seat.c).select_from(keys).join(seat, true())


def readable_messages() -> Select[*tuple[Any, ...]]:
    """Returns a SELECT of the agent's id and the message for the pairs (`agent_ids`, `ids`), without messages that the
    agent cannot read."""
    keys = keys_table(agent_id=Text, id=IDENTIFIER)
    has_key = and_(col(Message.account_id) == ACCOUNT_ID, col(Message.message_id) == keys.c.id)
    message = one_row(select(*columns(MessageRow)).where(has_key), "message")
    return (
        select(keys.c.agent_id, *message.c)
        .join(message, true())
        .where(readable_by(keys.c.agent_id, message.c.channel_id))
    )


def pair_arrays(pairs: Sequence[Pair]) -> dict[str, list[str] | list[UUID]]:
    """Returns the parameters of the statements that are executed for pairs."""
    return {"agent_ids": [agent_id for agent_id, _ in pairs], "ids": [id for _, id in pairs]}


def readable_by(
    agent_id: Mapped[str] | ColumnElement[str], channel_id: Mapped[UUID] | ColumnElement[UUID]
) -> ColumnElement[bool]:
    """Returns the condition that the agent can read the channel."""
    channel, member = aliased(Channel, name="channel"), aliased(Member, name="member")
    membership = (
        select(col(member.agent_id))
        .where(
            col(member.account_id) == ACCOUNT_ID,
            col(member.channel_id) == col(channel.channel_id),
            col(member.agent_id) == agent_id,
        )
        .correlate_except(member)
        .scalar_subquery()
    )
    is_readable = or_(col(channel.kind) == ChannelKind.PUBLIC, membership.is_not(None))
    return (
        select(is_readable)
        .where(col(channel.account_id) == ACCOUNT_ID, col(channel.channel_id) == channel_id)
        .correlate_except(channel)
        .scalar_subquery()
    )


def readable() -> ColumnElement[bool]:
    """Returns the condition that the agent can read the channel. The statement must join as `seats` does."""
    return or_(col(Channel.kind) == ChannelKind.PUBLIC, col(Member.agent_id).is_not(None))


def visible() -> ColumnElement[bool]:
    """Returns the condition that the agent can see the channel. The statement must join as `seats` does."""
    managed = and_(col(Agent.role) == AgentRole.ADMINISTRATOR, col(Channel.kind) != ChannelKind.DIRECT)
    return or_(readable(), managed)


def postable() -> ColumnElement[bool]:
    """Returns the condition that the agent can send a message to the channel. The statement must join as `seats`
    does. `chat.policies.check_post` is the same rule in Python, and a property test checks that they agree."""
    return and_(
        col(Member.agent_id).is_not(None),
        col(Channel.archived_at).is_(None),
        or_(col(Channel.kind) != ChannelKind.ANNOUNCEMENT, AUTHOR.c.agent_id.is_not(None)),
        or_(PEER.c.agent_id.is_(None), PEER.c.active),
    )


def _in_channel(row: type[Member] | type[Author]) -> ColumnElement[bool]:
    return and_(
        col(row.account_id) == col(Channel.account_id),
        col(row.channel_id) == col(Channel.channel_id),
        col(row.agent_id) == col(Agent.agent_id),
    )


def _peer() -> Select[*tuple[Any, ...]]:
    peer = aliased(Agent, name="agent")
    pair = case(
        (col(Channel.direct_low) == col(Agent.agent_id), col(Channel.direct_high)), else_=col(Channel.direct_low)
    )
    return select(*columns(AgentRow, peer)).where(
        col(Channel.kind) == ChannelKind.DIRECT,
        col(peer.account_id) == col(Channel.account_id),
        col(peer.agent_id) == pair,
    )


PEER = one_row(_peer().correlate(Agent, Channel), "peer")
"""The other agent of a direct message."""

AUTHOR = one_row(select(col(Author.agent_id)).where(_in_channel(Author)).correlate(Agent, Channel), "author")

READABLE_CHANNELS = """
    SELECT channel_id FROM members WHERE account_id = :account_id AND agent_id = :agent_id
     UNION
    SELECT channel_id FROM channels WHERE account_id = :account_id AND kind = 'PUBLIC'
"""
"""All channels that the agent can read, for statements that check many messages."""

READABLE_MESSAGES = Statement(readable_messages())
