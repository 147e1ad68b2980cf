"""Rules that exist both in Python and in SQL give the same answer for every combination of the facts they depend on."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID, uuid4

from sqlalchemy import Text, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from chat.access import READABLE_CHANNELS, READABLE_MESSAGES, SEAT_COLUMNS, Seat, pair_arrays, postable, readable, seats
from chat.identity import AgentToken
from chat.mentions import resolve_mentions
from chat.operation import Transaction
from chat.policies import allowed, check_post
from chat.viewer import CHANNEL_MANAGERS, Viewer
from live.presence import PresenceTracker
from models import Account as AccountTable
from models import Agent, Author, Channel, Member, Message, Presence
from models.enums import AgentRole, ChannelKind, MemberRole
from models.rows import AccountRow, AgentRow, ChannelRow, MemberRow
from models.statements import sql
from tests.chat.seats import row_of
from tests.support.api import Account, Api
from tests.support.waiting import until_true

NOW = datetime.now(UTC)
MEMBERSHIPS = (None, *MemberRole)
VIEWERS = ("administrator", "viewer")
"""In this order, no id of a peer comes before them, so a pair is (viewer, peer)."""


# ------------------------------------------------------------------ readable(), visible() and postable()
async def test_access_in_sql_equals_seats_in_python(account: Account) -> None:
    seats_in_python = await _all_seats(account)
    for viewer_id in VIEWERS:
        expected = [seat for seat in seats_in_python if seat.agent.agent_id == viewer_id]
        statement = seats().where(
            col(Agent.agent_id) == viewer_id,
            col(Channel.channel_id).in_([seat.channel.channel_id for seat in expected]),
        )
        async with AsyncSession(account.api.engine) as session:
            statement = statement.add_columns(readable(), postable())
            rows = (await session.execute(statement, {"account_id": account.account_id})).all()
        found = {Seat.of(row).channel.channel_id: row for row in rows}
        for seat in expected:
            manages = seat.is_administrator and seat.channel.kind != ChannelKind.DIRECT
            row = found.get(seat.channel.channel_id)
            assert (row is not None) == (seat.readable or manages), f"visible: {seat}"
            if row is None:
                assert not allowed(check_post, seat), f"postable, but not visible: {seat}"
                continue
            assert Seat.of(row).readable == row[SEAT_COLUMNS] == seat.readable, f"readable: {seat}"
            assert row[SEAT_COLUMNS + 1] == allowed(check_post, seat), f"postable: {seat}"


async def test_messages_are_readable_where_the_seat_is(account: Account) -> None:
    seats_in_python = await _all_seats(account)
    messages = {
        seat.channel.channel_id: _message(account.account_id, seat.channel.channel_id) for seat in seats_in_python
    }
    await _insert(account, list(messages.values()))
    pairs = [(seat.agent.agent_id, messages[seat.channel.channel_id].message_id) for seat in seats_in_python]
    async with account.api.pool.connection(None) as connection:
        records = await READABLE_MESSAGES.fetch(connection, account_id=account.account_id, **pair_arrays(pairs))
    found = {(agent_id, message_id) for agent_id, message_id, *_ in records}
    assert found == {pair for pair, seat in zip(pairs, seats_in_python, strict=True) if seat.readable}


async def test_the_readable_channels_are_those_of_readable_seats(account: Account) -> None:
    seats_in_python = await _all_seats(account)
    statement = sql(READABLE_CHANNELS, account_id=Text, agent_id=Text)
    for viewer_id in VIEWERS:
        async with account.api.pool.connection(None) as connection:
            records = await statement.fetch(connection, account_id=account.account_id, agent_id=viewer_id)
        made = {seat.channel.channel_id for seat in seats_in_python if seat.agent.agent_id == viewer_id}
        readable_ids = {
            seat.channel.channel_id for seat in seats_in_python if seat.agent.agent_id == viewer_id and seat.readable
        }
        assert {channel_id for (channel_id,) in records} & made == readable_ids


async def test_an_item_can_be_shared_where_the_agent_can_post(account: Account) -> None:
    seats_in_python = await _all_seats(account)
    for viewer_id in VIEWERS:
        postable_names = {
            seat.channel.name
            for seat in seats_in_python
            if seat.agent.agent_id == viewer_id and seat.channel.name and allowed(check_post, seat)
        }
        assert await _share_destinations(account, viewer_id) == postable_names


async def _all_seats(account: Account) -> list[Seat]:
    """Writes a channel for every combination of facts, and returns the seats of both viewers in Python."""
    agents = [
        {"id": "administrator", "name": "Administrator", "role": "ADMINISTRATOR"},
        {"id": "viewer", "name": "Viewer"},
        *({"id": f"z-{number:03}", "name": f"Z {number:03}"} for number in range(2 * 2 * 4 * 2 * 2)),
    ]
    await account.sync(agents=agents)
    made = list(_relations(account.account_id))
    await account.sync(
        agents=[
            {"id": each.peer.agent_id, "name": each.peer.name, "active": False}
            for each in made
            if each.peer is not None and not each.peer.active
        ]
    )
    await _insert(account, [each.channel for each in made])
    await _insert(account, [each.member for each in made if each.member is not None])
    await _insert(
        account,
        [
            Author(account_id=account.account_id, channel_id=each.channel.channel_id, agent_id=each.agent.agent_id)
            for each in made
            if each.author
        ],
    )
    return [_seat(each.agent, each.channel, each.member, author=each.author, peer=each.peer) for each in made]


@dataclass(frozen=True)
class _Relation:
    """An agent, a channel, and the rows that connect them."""

    agent: Agent
    channel: Channel
    member: Member | None
    author: bool
    peer: Agent | None


def _relations(account_id: str) -> Iterator[_Relation]:
    peers = iter(range(1_000))
    facts = product(VIEWERS, ChannelKind, MEMBERSHIPS, (False, True), (False, True), (False, True))
    for viewer_id, kind, membership, archived, author, peer_active in facts:
        direct = kind == ChannelKind.DIRECT
        if not direct and not peer_active:
            continue
        role = AgentRole.ADMINISTRATOR if viewer_id == "administrator" else AgentRole.AGENT
        peer = _agent(account_id, f"z-{next(peers):03}", active=peer_active) if direct else None
        channel = _channel(account_id, kind, archived=archived, pair=(viewer_id, peer.agent_id) if peer else None)
        member = _member(channel, viewer_id, membership) if membership is not None else None
        yield _Relation(_agent(account_id, viewer_id, role=role), channel, member, author, peer)


async def _share_destinations(account: Account, viewer_id: str) -> set[str]:
    query = """query ($after: String) { shareDestinations(first: 100, after: $after) {
      nodes { __typename ... on ChatChannel { name } } pageInfo { hasNextPage endCursor }
    } }"""
    names: set[str] = set()
    after: str | None = None
    while True:
        page = (await account.agent(viewer_id).query(query, after=after))["shareDestinations"]
        names |= {node["name"] for node in page["nodes"] if node["__typename"] == "ChatChannel"}
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return names


# ------------------------------------------------------------------ Viewer.chat_enabled and live/presence.py
async def test_presence_is_recorded_for_agents_whose_chat_is_enabled(api: Api) -> None:
    viewers = [
        viewer for settings in product((False, True), (False, True)) for viewer in await _viewers(api, *settings)
    ]
    tracker, marker = PresenceTracker(api.hub), await api.create_account()
    expected = {
        (viewer.account_id, viewer.agent_id) for viewer in viewers if viewer.agent.active and viewer.chat_enabled
    }
    connected = [tracker.connected(viewer.account_id, viewer.agent_id) for viewer in viewers]
    for each in connected:
        each.__enter__()
    running = asyncio.create_task(tracker.run())
    try:
        await _until_present(api, expected)
        # The tracker works through its agents in rounds: when this one is recorded, the round of the others has ended.
        with tracker.connected(marker.account_id, "ana"):
            await _until_present(api, {(marker.account_id, "ana")})
        accounts = {viewer.account_id for viewer in viewers}
        assert {key for key in await _present(api) if key[0] in accounts} == expected
    finally:
        running.cancel()
        for each in connected:
            each.__exit__(None, None, None)


async def _viewers(api: Api, enabled: bool, administrators_only: bool) -> list[Viewer]:
    """Returns the viewers of a new account: each role, active and not."""
    account = await api.create_account(enabled=enabled)
    await account.sync(agents=[{"id": "otto", "name": "Otto", "role": "ADMINISTRATOR", "active": False}])
    if administrators_only:
        await account.ana.mutate(
            "updateChatAccountSettings", "settings { chatEnabled }", enabledRoles=["ADMINISTRATOR"]
        )
    async with AsyncSession(api.engine) as session:
        statement = select(AccountTable).where(col(AccountTable.account_id) == account.account_id)
        row = row_of(AccountRow, (await session.scalars(statement)).one())
        agents = await session.scalars(select(Agent).where(col(Agent.account_id) == account.account_id))
        viewers = [Viewer(row_of(AgentRow, agent), row) for agent in agents]
    combinations = {(viewer.agent.role, viewer.agent.active) for viewer in viewers}
    assert combinations == set(product(AgentRole, (False, True)))
    return viewers


async def _present(api: Api) -> set[tuple[str, str]]:
    async with AsyncSession(api.engine) as session:
        rows = await session.execute(select(col(Presence.account_id), col(Presence.agent_id)))
        return {(account_id, agent_id) for account_id, agent_id in rows}


async def _until_present(api: Api, agents: set[tuple[str, str]]) -> None:
    async def present() -> bool:
        return agents <= await _present(api)

    await until_true(present, "the presence of the agents")


# ------------------------------------------------------------------ chat/mentions.py and Seat.readable
async def test_mentions_reach_the_active_agents_who_can_read_the_channel(account: Account) -> None:
    facts = list(product(MEMBERSHIPS, (False, True)))
    agents = {f"agent-{number}": fact for number, fact in enumerate(facts)}
    await account.sync(
        agents=[{"id": id, "name": id, "active": active} for id, (_, active) in agents.items()],
        teams=[{"id": f"team-{id}", "name": id, "agentIds": [id]} for id in agents],
    )
    for kind, archived in product(ChannelKind, (False, True)):
        pair = ("ana", "bruno") if kind == ChannelKind.DIRECT and not archived else ("ana", "carla")
        channel = _channel(
            account.account_id, kind, archived=archived, pair=pair if kind == ChannelKind.DIRECT else None
        )
        await _insert(account, [channel])
        expected: dict[str, bool] = {}
        members: list[Member] = []
        for id, (membership, active) in agents.items():
            member = _member(channel, id, membership) if membership is not None else None
            agent = _agent(account.account_id, id, active=active)
            expected[id] = active and _seat(agent, channel, member).readable
            members += [member] if member is not None else []
        await _insert(account, members)
        assert await _reached(account, channel, [f"user/{id}" for id in agents]) == list(expected.values())
        assert await _reached(account, channel, [f"team/team-{id}" for id in agents]) == list(expected.values())


async def _reached(account: Account, channel: Channel, targets: Sequence[str]) -> list[bool]:
    """Returns which of these mentions of a message in the channel reach someone."""
    seat = _seat(_agent(account.account_id, "ana"), channel, None)
    body = " ".join(f"[@x](mention://{target}/x)" for target in targets)
    async with account.api.pool.connection(None) as connection:
        tx = Transaction(connection, AgentToken(account.account_id, "ana", NOW), NOW, timedelta(minutes=2))
        return [mention.reachable for mention in (await resolve_mentions(tx, seat, body)).mentions]


# ------------------------------------------------------------------ select_channel_managers and roles
async def test_managers_of_channels_are_the_agents_with_a_seat_that_manages(account: Account) -> None:
    subsets = product((False, True), repeat=len(MemberRole))
    roles = [[role for role, held in zip(MemberRole, subset, strict=True) if held] for subset in subsets]
    facts = {f"agent-{number}": fact for number, fact in enumerate(product(roles, (False, True)))}
    await account.sync(agents=[{"id": id, "name": id} for id in facts])
    made: dict[str, list[tuple[Channel, Member]]] = {}
    for id, (held, archived) in facts.items():
        channels = [(_channel(account.account_id, ChannelKind.PRIVATE, archived=archived), role) for role in held]
        made[id] = [(channel, _member(channel, id, role)) for channel, role in channels]
    await _insert(account, [channel for memberships in made.values() for channel, _ in memberships])
    await _insert(account, [member for memberships in made.values() for _, member in memberships])
    async with account.api.pool.connection(None) as connection:
        records = await CHANNEL_MANAGERS.fetch(connection, account_id=account.account_id, agent_ids=list(facts))
    managers = {
        id
        for id, memberships in made.items()
        if any(_seat(_agent(account.account_id, id), *membership).is_manager for membership in memberships)
    }
    assert {agent_id for (agent_id,) in records} == managers


# ------------------------------------------------------------------ rows
def _agent(account_id: str, agent_id: str, *, role: AgentRole = AgentRole.AGENT, active: bool = True) -> Agent:
    name = agent_id.replace("z-", "Z ")
    return Agent(account_id=account_id, agent_id=agent_id, name=name, sort_name=name, role=role, active=active)


def _channel(account_id: str, kind: ChannelKind, *, archived: bool, pair: tuple[str, str] | None = None) -> Channel:
    id = uuid4()
    return Channel(
        account_id=account_id,
        channel_id=id,
        kind=kind,
        name=None if pair else str(id),
        sort_name=str(id),
        direct_low=pair[0] if pair else None,
        direct_high=pair[1] if pair else None,
        created_by="ana",
        created_at=NOW,
        archived_at=NOW if archived else None,
        last_activity_at=NOW,
    )


def _member(channel: Channel, agent_id: str, role: MemberRole) -> Member:
    return Member(
        account_id=channel.account_id, channel_id=channel.channel_id, agent_id=agent_id, role=role, joined_at=NOW
    )


def _seat(
    agent: Agent, channel: Channel, member: Member | None, *, author: bool = False, peer: Agent | None = None
) -> Seat:
    return Seat(
        row_of(AgentRow, agent),
        row_of(ChannelRow, channel),
        row_of(MemberRow, member) if member is not None else None,
        author,
        row_of(AgentRow, peer) if peer is not None else None,
    )


def _message(account_id: str, channel_id: UUID) -> Message:
    return Message(
        account_id=account_id,
        message_id=uuid4(),
        channel_id=channel_id,
        seq=1,
        post_number=1,
        author_id="ana",
        body="Hello",
        created_at=NOW,
    )


async def _insert(account: Account, rows: Sequence[SQLModel]) -> None:
    if rows:
        async with account.api.engine.begin() as connection:
            await connection.execute(insert(type(rows[0])), [row.model_dump() for row in rows])
