"""Seats and what belongs to them, made from rows that are in no database."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlmodel import SQLModel

from chat.access import Seat
from chat.viewer import Viewer
from models import Account, Agent, Channel, Member, Message
from models.enums import AgentRole, ChannelKind, Creators, MemberRole, SystemEvent
from models.rows import AccountRow, AgentRow, ChannelRow, MemberRow, MessageRow, Row

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
ACCOUNT_ID = "1"
CHANNEL_ID = UUID(int=1)


def row_of(row: type[Row], entity: SQLModel) -> Row:
    """Returns what a read of this entity would return."""
    names: tuple[str, ...] = row._fields  # type: ignore[attr-defined]
    made: Row = row(*(getattr(entity, name) for name in names))
    return made


def make_agent(agent_id: str = "viewer", *, administrator: bool = False, active: bool = True) -> AgentRow:
    role = AgentRole.ADMINISTRATOR if administrator else AgentRole.AGENT
    agent = Agent(account_id=ACCOUNT_ID, agent_id=agent_id, name=agent_id, sort_name=agent_id, role=role, active=active)
    return row_of(AgentRow, agent)


def make_viewer(
    *,
    administrator: bool = False,
    private: Creators = Creators.CHANNEL_MANAGERS,
    announcement: Creators = Creators.CHANNEL_MANAGERS,
    members_pin: bool = True,
) -> Viewer:
    account = Account(
        account_id=ACCOUNT_ID,
        name="Account",
        chat_enabled=True,
        who_creates_private=private,
        who_creates_announcement=announcement,
        members_pin=members_pin,
        created_at=NOW,
    )
    return Viewer(make_agent(administrator=administrator), row_of(AccountRow, account))


def make_member(role: MemberRole, agent_id: str = "viewer") -> MemberRow:
    member = Member(account_id=ACCOUNT_ID, channel_id=CHANNEL_ID, agent_id=agent_id, role=role, joined_at=NOW)
    return row_of(MemberRow, member)


def make_seat(
    kind: ChannelKind = ChannelKind.PUBLIC,
    role: MemberRole | None = MemberRole.MEMBER,
    *,
    administrator: bool = False,
    archived: bool = False,
    author: bool = False,
    member_count: int = 2,
    peer_active: bool = True,
) -> Seat:
    """Returns the viewer's seat in a channel of this kind. Without a role, the viewer is not a member."""
    direct = kind == ChannelKind.DIRECT
    channel = Channel(
        account_id=ACCOUNT_ID,
        channel_id=CHANNEL_ID,
        kind=kind,
        name=None if direct else "Channel",
        created_by="creator",
        created_at=NOW,
        archived_at=NOW if archived else None,
        member_count=member_count,
        last_activity_at=NOW,
    )
    return Seat(
        agent=make_agent(administrator=administrator),
        channel=row_of(ChannelRow, channel),
        member=make_member(role) if role is not None else None,
        author=author,
        peer=make_agent("peer", active=peer_active) if direct else None,
    )


def make_message(author_id: str = "viewer", *, system: bool = False, deleted: bool = False) -> MessageRow:
    message = Message(
        account_id=ACCOUNT_ID,
        message_id=uuid4(),
        channel_id=CHANNEL_ID,
        seq=1,
        post_number=1,
        author_id=author_id,
        system_event=SystemEvent.JOINED if system else None,
        created_at=NOW,
        deleted_at=NOW if deleted else None,
    )
    return row_of(MessageRow, message)
