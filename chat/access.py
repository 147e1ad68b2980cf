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
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, case, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from models import Agent, Author, Channel, Member, Message
from models.columns import ACCOUNT_ID, IDENTIFIER
from models.database import Record
from models.enums import AgentRole, ChannelKind, MemberRole
from models.rows import AgentRow, ChannelRow, MemberRow, MessageRow, columns, places, to_optional_row, to_row
from models.statements import Statement, keys_table

Peer = aliased(Agent, name="peer")

Pair = tuple[str, UUID]
"""An agent's id, and the id of a channel or message that is read for that agent."""

_AGENT, _CHANNEL, _MEMBER, _PEER = places(AgentRow, ChannelRow, MemberRow, AgentRow)
_AUTHOR = _PEER.stop
SEAT_COLUMNS = _AUTHOR + 1
"""How many columns of a record belong to the seat."""


@dataclass(frozen=True)
class Seat:
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
        return cls(
            to_row(AgentRow, record[_AGENT]),
            to_row(ChannelRow, record[_CHANNEL]),
            to_optional_row(MemberRow, record[_MEMBER]),
            record[_AUTHOR] is not None,
            to_optional_row(AgentRow, record[_PEER]),
        )

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


def seats() -> Select[*tuple[Any, ...]]:
    """Returns a SELECT of agents and the channels visible to them, one seat per row. The caller restricts it to some
    agents and channels of the account."""
    return (
        select(
            *columns(AgentRow),
            *columns(ChannelRow),
            *columns(MemberRow),
            *columns(AgentRow, Peer),
            col(Author.agent_id),
        )
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
        .where(col(Agent.account_id) == ACCOUNT_ID, visible())
    )


def seats_of_pairs() -> Select[*tuple[Any, ...]]:
    """Returns a SELECT of the seats of the pairs (`agent_ids`, `ids`), without channels that the agent cannot see."""
    asked = keys_table(agent_id=Text, id=IDENTIFIER)
    return seats().join(asked, and_(asked.c.agent_id == col(Agent.agent_id), asked.c.id == col(Channel.channel_id)))


def readable_messages() -> Select[*tuple[Any, ...]]:
    """Returns a SELECT of the agent's id and the message for the pairs (`agent_ids`, `ids`), without messages that the
    agent cannot read."""
    asked = keys_table(agent_id=Text, id=IDENTIFIER)
    return (
        select(asked.c.agent_id, *columns(MessageRow))
        .join(Message, and_(col(Message.account_id) == ACCOUNT_ID, asked.c.id == col(Message.message_id)))
        .join(Channel, channel_of_message())
        .outerjoin(Member, and_(member_of_channel(), asked.c.agent_id == col(Member.agent_id)))
        .where(readable())
    )


def pair_arrays(pairs: Sequence[Pair]) -> dict[str, list[str] | list[UUID]]:
    """Returns the parameters of the statements that are executed for pairs."""
    return {"agent_ids": [agent_id for agent_id, _ in pairs], "ids": [id for _, id in pairs]}


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


READABLE_MESSAGES = Statement(readable_messages())
