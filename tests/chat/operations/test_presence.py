"""The viewer's presence and status, and the cost of typing."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from asyncpg.connection import LoggedQuery

from tests.support.api import Account, AgentClient, Api, Json
from tests.support.fingerprint import fingerprint
from tests.support.sockets import open_socket

STATUS = "viewer { agent { status { emoji text until } } }"
WRITES = ("INSERT", "UPDATE", "DELETE", "FOR NO KEY UPDATE", "FOR UPDATE", "NOTIFY")


def later(**delta: float) -> str:
    return (datetime.now(UTC) + timedelta(**delta)).isoformat()


async def status_of(viewer: AgentClient, agent_id: str) -> Json | None:
    query = "{ chatAgents(first: 100) { nodes { id status { emoji text until } } } }"
    nodes = (await viewer.query(query))["chatAgents"]["nodes"]
    (found,) = [node["status"] for node in nodes if node["id"] == agent_id]
    status: Json | None = found
    return status


async def test_everybody_sees_a_status_also_while_the_agent_is_offline(account: Account) -> None:
    until = later(hours=1)
    status = {"emoji": "🌴", "text": "  De férias\n", "until": until}
    changed = (await account.carla.mutate("setChatPresence", STATUS, status=status))["viewer"]["agent"]["status"]
    assert (changed["emoji"], changed["text"]) == ("🌴", "De férias")
    assert datetime.fromisoformat(changed["until"]) == datetime.fromisoformat(until)
    assert await status_of(account.bruno, "carla") == changed
    assert await status_of(account.bruno, "davi") is None


async def test_only_the_given_fields_change(account: Account, socket_url: str) -> None:
    presence = "viewer { agent { presence status { text } } }"
    async with open_socket(socket_url, account.bruno.token) as watching:
        stream = await watching.subscribe(
            'subscription { chatPresenceChanged(agentIds: ["carla"]) { presence status { text } } }'
        )
        await account.until_subscribed()
        async with open_socket(socket_url, account.carla.token):
            assert await stream.data() == {"presence": "ONLINE", "status": None}
            for given, seen in (
                ({"presence": "BUSY"}, {"presence": "BUSY", "status": None}),
                ({"status": {"text": "Almoço"}}, {"presence": "BUSY", "status": {"text": "Almoço"}}),
                ({"presence": "ONLINE"}, {"presence": "ONLINE", "status": {"text": "Almoço"}}),
                ({"status": {"emoji": "🍕"}}, {"presence": "ONLINE", "status": {"text": None}}),
                ({"status": None}, {"presence": "ONLINE", "status": None}),
            ):
                changed = await account.carla.mutate("setChatPresence", presence, **given)
                assert changed["viewer"]["agent"] == seen
                assert await stream.data() == seen
            before = await fingerprint(account, "presences")
            await account.carla.mutate("setChatPresence", presence)
            assert await fingerprint(account, "presences") == before
            assert not stream.has_result


async def test_a_status_ends_by_itself_and_streams_report_it(account: Account, socket_url: str) -> None:
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await socket.subscribe('subscription { chatPresenceChanged(agentIds: ["carla"]) { status { text } } }')
        await account.until_subscribed()
        await account.carla.mutate("setChatPresence", STATUS, status={"text": "Já volto", "until": later(seconds=2)})
        assert await stream.data() == {"status": {"text": "Já volto"}}
        assert await stream.data() == {"status": None}
    assert await status_of(account.bruno, "carla") is None


@pytest.mark.parametrize(
    ("status", "path"),
    [
        ({}, ["status"]),
        ({"text": " \u200b "}, ["status"]),
        ({"text": "x" * 101}, ["status", "text"]),
        ({"text": "\x00"}, ["status", "text"]),
        ({"emoji": "x"}, ["status", "emoji"]),
        ({"emoji": "👍👍"}, ["status", "emoji"]),
        ({"text": "x", "until": "2020-01-01T00:00:00Z"}, ["status", "until"]),
        ({"text": "x", "until": "2099-01-01T00:00:00"}, ["status", "until"]),
    ],
)
async def test_an_invalid_status_is_refused(account: Account, status: Json, path: list[str]) -> None:
    await account.carla.mutate("setChatPresence", STATUS, status={"text": "x" * 100, "emoji": "👍"})
    before = await fingerprint(account)
    payload = await account.carla.payload("setChatPresence", STATUS, presence="BUSY", status=status)
    assert payload["viewer"] is None
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [("INVALID", path)]
    assert await account.carla.refusal("setChatPresence", STATUS, presence=None) == "INVALID"
    assert await fingerprint(account) == before


async def test_a_thousand_people_typing_write_nothing(api: Api) -> None:
    account = await api.create_account(extra_agents=1_000)
    agents = [account.agent(f"extra-{number:04}") for number in range(1_000)]
    channel = await account.bruno.create_channel(memberIds=[agent.id for agent in agents[:990]])
    executed: list[str] = []

    def log(logged: LoggedQuery) -> None:
        # Background parts read clocks, extend presences and prune changes at the same time.
        if not any(text in logged.query for text in ("account_clocks WHERE", "presences", "FROM changes")):
            executed.append(logged.query)

    before = await fingerprint(account)
    turns = asyncio.Semaphore(20)

    async def types(agent: AgentClient) -> str | None:
        async with turns:
            payload = await agent.payload("setChatTyping", "channel { id }", channelId=channel, typing=True)
        return None if payload["channel"] else payload["userErrors"][0]["code"]

    with api.logging(log):
        answers = await asyncio.gather(*(types(agent) for agent in agents))
    assert [answers.count(code) for code in (None, "NOT_A_MEMBER")] == [990, 10]
    assert await fingerprint(account) == before
    statements = [query for query in executed if query.split()[0] not in ("BEGIN", "BEGIN;", "COMMIT;", "ROLLBACK;")]
    assert [query for query in statements if any(word in query for word in WRITES)] == []
    # The viewer and the seat, and the channel of the payload.
    assert 2 * 1_000 <= len(statements) <= 3 * 1_000
