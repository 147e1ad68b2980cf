"""Direct messages: one channel per pair even under concurrent requests, and a deactivated peer."""

import asyncio

import pytest

from tests.support.api import Account, AgentClient

OPENED = (
    "channel { id kind name directPeer { id active } memberCount viewerMembership { role } viewerCan { post leave } }"
)


async def _open(agent: AgentClient, peer: str) -> str:
    payload = await agent.mutate("openDirectMessage", "channel { id }", agentId=peer)
    id: str = payload["channel"]["id"]
    return id


async def test_both_agents_get_the_same_channel_with_the_other_as_peer(account: Account) -> None:
    opened = await account.bruno.mutate("openDirectMessage", OPENED, agentId="carla")
    id = opened["channel"].pop("id")
    assert opened["channel"] == {
        "kind": "DIRECT",
        "name": None,
        "directPeer": {"id": "carla", "active": True},
        "memberCount": 2,
        "viewerMembership": {"role": "MEMBER"},
        "viewerCan": {"post": True, "leave": False},
    }
    assert await _open(account.carla, "bruno") == id
    assert (await account.carla.read(id, "directPeer { id }"))["directPeer"] == {"id": "bruno"}
    assert await account.bruno.system_events(id) == []


async def test_concurrent_requests_create_one_channel(account: Account) -> None:
    opens = [_open(account.bruno, "carla") for _ in range(10)] + [_open(account.carla, "bruno") for _ in range(10)]
    assert len(set(await asyncio.gather(*opens))) == 1
    listed = await account.bruno.query("{ chatChannels { nodes { memberCount directPeer { id } } } }")
    assert listed["chatChannels"]["nodes"] == [{"memberCount": 2, "directPeer": {"id": "carla"}}]


@pytest.mark.parametrize(
    ("peer", "code"), [("bruno", "INVALID"), ("elisa", "NOT_FOUND"), ("x", "NOT_FOUND"), ("x\x00", "NOT_FOUND")]
)
async def test_unknown_inactive_and_own_ids_are_refused_as_peer(account: Account, peer: str, code: str) -> None:
    assert await account.bruno.refusal("openDirectMessage", OPENED, agentId=peer) == code


async def test_a_direct_message_has_no_settings_and_cannot_be_left(account: Account) -> None:
    channel = await _open(account.bruno, "carla")
    for name, input in (
        ("updateChatChannel", {"name": "Nós"}),
        ("archiveChatChannel", {}),
        ("leaveChatChannel", {}),
        ("addChatMembers", {"agentIds": ["davi"]}),
        ("removeChatMember", {"agentId": "carla"}),
        ("addChatAuthors", {"agentIds": ["carla"]}),
    ):
        assert await account.bruno.refusal(name, "channel { id }", channelId=channel, **input) == "FORBIDDEN", name


async def test_a_direct_message_with_a_deactivated_peer_is_read_only(account: Account) -> None:
    channel = await _open(account.bruno, "carla")
    await account.carla.send(channel, "Até mais")
    await account.bruno.send(channel, "Até")
    await account.sync(agents=[{"id": "carla", "name": "Carla", "active": False}])
    assert await account.bruno.bodies(channel) == ["Até mais", "Até"]
    seen = await account.bruno.read(channel, "directPeer { active } viewerCan { read post }")
    assert seen == {"directPeer": {"active": False}, "viewerCan": {"read": True, "post": False}}
    refused = await account.bruno.refusal("sendChatMessage", "message { id }", channelId=channel, body="?")
    assert refused == "READ_ONLY"
    assert await _open(account.bruno, "carla") == channel
    assert (await account.carla.execute("{ chatViewer { sendKey } }")).code == "AGENT_INACTIVE"
    await account.sync(agents=[{"id": "carla", "name": "Carla"}])
    await account.bruno.send(channel, "Que bom que voltou")
    assert (await account.carla.read(channel, "unreadCount"))["unreadCount"] == 2
