"""What an agent can reach: every read of a channel or a message finds its rows through these statements.

Readable: a public channel, or one the agent is a member of. Visible: readable, or any but a direct message for an
administrator of the account, who manages its name and members without reading what is said.
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
"""An agent, and the id of what they ask for."""


@dataclass(frozen=True)
class Seat:
    """A channel as one agent stands to it: `peer` is the other agent of a direct message."""

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
        """What people said since the marker: a subtraction, with nothing to count."""
        return self.channel.post_count - self.member.read_posts if self.member is not None else 0

    @property
    def administers(self) -> bool:
        return self.agent.role == AgentRole.ADMINISTRATOR

    @property
    def owns(self) -> bool:
        return self.member is not None and self.member.role == MemberRole.OWNER

    @property
    def manages(self) -> bool:
        """An owner or admin of the channel, or an administrator of the account."""
        return self.administers or (self.member is not None and self.member.role != MemberRole.MEMBER)


def seats() -> Select[Agent, Channel, Member, str, Agent]:
    """Agents beside the channels visible to them; the caller says which agents and which channels."""
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
    """The seats of these (agent, channel) pairs, as far as each agent can see the channel."""
    asked = asked_pairs(pairs)
    return (
        seats()
        .join(asked, and_(asked.c.agent_id == col(Agent.agent_id), asked.c.id == col(Channel.channel_id)))
        .where(col(Agent.account_id) == account_id)
    )


def readable_messages(account_id: str, pairs: Sequence[Pair]) -> Select[str, Message]:
    """The messages of these (agent, message) pairs whose channel the agent can read."""
    asked = asked_pairs(pairs)
    return (
        select(asked.c.agent_id, Message)
        .join(Message, and_(col(Message.account_id) == account_id, asked.c.id == Message.message_id))
        .join(Channel, channel_of_message())
        .outerjoin(Member, and_(member_of_channel(), asked.c.agent_id == Member.agent_id))
        .where(readable())
    )


def asked_pairs(pairs: Sequence[Pair]) -> TableValuedAlias:
    """The pairs as a table (agent_id, id) to join with, so that a batch is one statement whatever its size."""
    return (
        func.unnest(
            bindparam(None, [agent_id for agent_id, _ in pairs], type_=ARRAY(Text)),
            bindparam(None, [asked_id for _, asked_id in pairs], type_=ARRAY(IDENTIFIER)),
        )
        .table_valued("agent_id", "id", joins_implicitly=True)
        .render_derived("asked")
    )


def asked_ids(ids: Sequence[UUID]) -> TableValuedAlias:
    """The ids as a table (id) to join with."""
    return (
        func.unnest(bindparam(None, list(ids), type_=ARRAY(IDENTIFIER)))
        .table_valued("id", joins_implicitly=True)
        .render_derived("asked")
    )


def readable() -> ColumnElement[bool]:
    """Holds where `channels` is outer joined with the asking agent's row of `members`."""
    return or_(col(Channel.kind) == ChannelKind.PUBLIC, col(Member.agent_id).is_not(None))


def visible() -> ColumnElement[bool]:
    """Holds where `agents`, the asking agent, stands beside `channels` and their own row of `members`."""
    administered = and_(col(Agent.role) == AgentRole.ADMINISTRATOR, col(Channel.kind) != ChannelKind.DIRECT)
    return or_(readable(), administered)


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
