"""Accounts for the live benchmark: channels whose members each hold one socket."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from uuid_utils.compat import uuid7

from benchmarks.environment import Environment
from chat.naming import fold
from models import Account, AccountClock, Agent, Channel, Member
from models.enums import ChannelKind, MemberRole
from server.addresses import async_url


@dataclass(frozen=True)
class Layout:
    """An account whose channels all have the same number of members. The first member of each channel writes."""

    account_id: str
    channel_ids: list[UUID]
    members: int
    """Per channel. No agent is a member of two channels."""

    def public_channel_id(self, channel: int) -> str:
        return f"chn_{self.channel_ids[channel].hex}"

    def agent_id(self, channel: int, member: int) -> str:
        return f"agent-{channel * self.members + member:05}"

    def channel_of_message(self, number: int) -> int:
        """Returns the index of the channel that message `number` is sent to."""
        return number % len(self.channel_ids)


async def create_layout(environment: Environment, account_id: str, channels: int, members: int) -> Layout:
    """Returns the layout after writing its account, agents, channels and members."""
    layout = Layout(account_id, [uuid7() for _ in range(channels)], members)
    engine = create_async_engine(async_url(environment.database_url))
    async with AsyncSession(engine) as session, session.begin():
        now = datetime.now(UTC)
        session.add(Account(account_id=account_id, name=account_id, chat_enabled=True, created_at=now))
        session.add(AccountClock(account_id=account_id))
        await session.flush()
        session.add_all(_agents(layout))
        await session.flush()
        session.add_all(_channels(layout, now))
        await session.flush()
        session.add_all(_members(layout, now))
    await engine.dispose()
    return layout


def _agents(layout: Layout) -> Iterator[Agent]:
    for channel in range(len(layout.channel_ids)):
        for member in range(layout.members):
            name = f"Agent {channel:03}-{member:04}"
            agent_id = layout.agent_id(channel, member)
            yield Agent(account_id=layout.account_id, agent_id=agent_id, name=name, sort_name=fold(name))


def _channels(layout: Layout, now: datetime) -> Iterator[Channel]:
    for channel, channel_id in enumerate(layout.channel_ids):
        name = f"Channel {channel:04}"
        yield Channel(
            account_id=layout.account_id,
            channel_id=channel_id,
            kind=ChannelKind.PRIVATE,
            name=name,
            sort_name=fold(name),
            created_by=layout.agent_id(channel, 0),
            created_at=now,
            last_activity_at=now,
            member_count=layout.members,
        )


def _members(layout: Layout, now: datetime) -> Iterator[Member]:
    for channel, channel_id in enumerate(layout.channel_ids):
        for member in range(layout.members):
            yield Member(
                account_id=layout.account_id,
                channel_id=channel_id,
                agent_id=layout.agent_id(channel, member),
                role=MemberRole.MEMBER if member else MemberRole.OWNER,
                joined_at=now,
            )
