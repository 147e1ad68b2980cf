"""Which channels and messages an agent can access. Every read of a channel or a message uses these statements.

- Readable: a public channel, or one that the agent is a member of.
- Visible: readable, or, for an administrator of the account, any channel except a direct message. Administrators
  manage a visible channel's name and members, but do not read its messages.
- Postable: where the agent can send a message now.

`readable()` and `postable()` are the SQL equivalents of `Seat.readable` and `chat.policies.check_post`; a property
test (tests/chat/test_rules_in_sql.py) checks that they agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, TableValuedAlias, Text, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from models import Agent, Author, Channel, Member, Message
from models.columns import IDENTIFIER
from models.enums import AgentRole, ChannelKind, MemberRole

Peer = aliased(Agent, name="peer")

Pair = tuple[str, UUID]
"""An agent's id, and the id of a channel or message that is read for that agent."""


@dataclass(frozen=True)
class Seat:
    """One agent's relation to one channel: their membership, if any, and whether they are an author of the
    announcement. `peer` is the other agent of a direct message."""

    agent: Agent
    channel: Channel
    member: Member | None
    author: bool
    peer: Agent | None

    @classmethod
    def from_row(cls, row: Sequence[object]) -> "Seat":
        agent, channel, member, author, peer = row
        assert isinstance(agent, Agent)
        assert isinstance(channel, Channel)
        assert member is None or isinstance(member, Member)
        assert peer is None or isinstance(peer, Agent)
        return cls(agent, channel, member, author is not None, peer)

    @property
    def readable(self) -> bool:
        return self.member is not None or self.channel.kind == ChannelKind.PUBLIC

    @property
    def unread_posts(self) -> int:
        """The number of messages that people sent after the read marker: a difference of two stored counts."""
        return self.channel.post_count - self.member.read_posts if self.member is not None else 0

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


def seats() -> Select[Agent, Channel, Member, str, Agent]:
    """Returns a SELECT of agents and the channels visible to them, one seat per row. The caller restricts it to some
    agents and channels."""
    return (
        select(Agent, Channel, Member, col(Author.agent_id), Peer)
        .join(Channel, col(Channel.account_id) == col(Agent.account_id))
        .outerjoin(Member, _in_channel(Member))
        .outerjoin(Author, _in_channel(Author))
        .outerjoin(
            Peer,
            and_(
                col(Channel.kind) == ChannelKind.DIRECT,
                col(Peer.account_id) == col(Channel.account_id),
                col(Peer.agent_id)
                == case(
                    (col(Channel.direct_low) == col(Agent.agent_id), col(Channel.direct_high)),
                    else_=col(Channel.direct_low),
                ),
            ),
        )
        .where(visible())
    )


def seats_of(account_id: str, pairs: Sequence[Pair]) -> Select[Agent, Channel, Member, str, Agent]:
    """Returns a SELECT of the seats of these (agent, channel) pairs, without channels that the agent cannot see."""
    asked = pairs_table(pairs)
    return (
        seats()
        .join(asked, and_(asked.c.agent_id == col(Agent.agent_id), asked.c.id == col(Channel.channel_id)))
        .where(col(Agent.account_id) == account_id)
    )


def readable_messages(account_id: str, pairs: Sequence[Pair]) -> Select[str, Message]:
    """Returns a SELECT of the messages of these (agent, message) pairs, without those that the agent cannot read."""
    asked = pairs_table(pairs)
    return (
        select(asked.c.agent_id, Message)
        .join(Message, and_(col(Message.account_id) == account_id, asked.c.id == Message.message_id))
        .join(Channel, channel_of_message())
        .outerjoin(Member, and_(member_of_channel(), asked.c.agent_id == Member.agent_id))
        .where(readable())
    )


def pairs_table(pairs: Sequence[Pair]) -> TableValuedAlias:
    """Returns the pairs as a table (agent_id, id) to join with. They are passed as two arrays, so a batch of any size
    is one statement with two arguments."""
    return (
        func.unnest(
            bindparam(None, [agent_id for agent_id, _ in pairs], type_=ARRAY(Text)),
            bindparam(None, [id for _, id in pairs], type_=ARRAY(IDENTIFIER)),
        )
        .table_valued("agent_id", "id", joins_implicitly=True)
        .render_derived("asked")
    )


def ids_table(ids: Sequence[UUID]) -> TableValuedAlias:
    """Returns the ids as a table (id) to join with."""
    return (
        func.unnest(bindparam(None, list(ids), type_=ARRAY(IDENTIFIER)))
        .table_valued("id", joins_implicitly=True)
        .render_derived("asked")
    )


def readable() -> ColumnElement[bool]:
    """Returns the condition that the agent can read the channel. The statement must outer join `channels` with the
    agent's row of `members`."""
    return or_(col(Channel.kind) == ChannelKind.PUBLIC, col(Member.agent_id).is_not(None))


def visible() -> ColumnElement[bool]:
    """Returns the condition that the agent can see the channel. The statement must join the agent, `channels` and the
    agent's row of `members`, as `seats` does."""
    managed = and_(col(Agent.role) == AgentRole.ADMINISTRATOR, col(Channel.kind) != ChannelKind.DIRECT)
    return or_(readable(), managed)


def postable() -> ColumnElement[bool]:
    """Returns the condition that the agent can send a message to the channel. The statement must join as `seats`
    does. `chat.policies.check_post` is the same rule in Python; a property test
    checks that they agree."""
    return and_(
        col(Member.agent_id).is_not(None),
        col(Channel.archived_at).is_(None),
        or_(col(Channel.kind) != ChannelKind.ANNOUNCEMENT, col(Author.agent_id).is_not(None)),
        or_(col(Peer.agent_id).is_(None), col(Peer.active)),
    )


def channel_of_message() -> ColumnElement[bool]:
    return and_(col(Channel.account_id) == col(Message.account_id), col(Channel.channel_id) == col(Message.channel_id))


def member_of_channel() -> ColumnElement[bool]:
    return and_(col(Member.account_id) == col(Channel.account_id), col(Member.channel_id) == col(Channel.channel_id))


def _in_channel(row: type[Member] | type[Author]) -> ColumnElement[bool]:
    return and_(
        col(row.account_id) == col(Channel.account_id),
        col(row.channel_id) == col(Channel.channel_id),
        col(row.agent_id) == col(Agent.agent_id),
    )
