"""A channel whose last owner was deactivated passes on."""

import asyncio

from tests.support.api import House, Json

FOUND = "lastMessage { author { id } systemEvent { kind before after agents { id } } }"


async def _seat(house: House, channel: str, agents: list[str]) -> None:
    for agent in agents:
        await house.bruno.mutate("addChatMembers", "channel { id }", channelId=channel, agentIds=[agent])


async def _promote(house: House, channel: str, agent: str, role: str) -> None:
    input: Json = {"channelId": channel, "agentId": agent, "role": role}
    await house.bruno.mutate("changeChatMemberRole", "member { role }", **input)


async def _deactivate(house: House, *agents: str) -> None:
    await house.sync(agents=[{"id": agent, "name": agent.capitalize(), "active": False} for agent in agents])


async def _owners(house: House, channel: str) -> list[str]:
    nodes = (await house.ana.see(channel, "members(role: OWNER) { nodes { agent { id } } }"))["members"]["nodes"]
    return [node["agent"]["id"] for node in nodes]


async def test_the_oldest_admin_inherits_before_older_members(house: House) -> None:
    channel = await house.bruno.create_channel("Sala")
    await _seat(house, channel, ["carla", "davi", "ana"])
    for agent in ("ana", "davi"):
        await _promote(house, channel, agent, "ADMIN")
    await _deactivate(house, "bruno")
    assert await _owners(house, channel) == ["bruno", "davi"]
    assert (await house.davi.see(channel, FOUND))["lastMessage"] == {
        "author": {"id": "bruno"},
        "systemEvent": {"kind": "ROLE_CHANGED", "before": "ADMIN", "after": "OWNER", "agents": [{"id": "davi"}]},
    }


async def test_without_admins_the_oldest_active_member_inherits(house: House) -> None:
    channel = await house.bruno.create_channel("Sala")
    await _seat(house, channel, ["davi", "carla", "ana"])
    await _deactivate(house, "bruno", "davi")
    assert await _owners(house, channel) == ["bruno", "carla"]
    assert (await house.carla.see(channel, "unreadCount viewerMembership { role }")) == {
        "unreadCount": 0,
        "viewerMembership": {"role": "OWNER"},
    }


async def test_nothing_passes_on_while_an_active_owner_remains(house: House) -> None:
    channel = await house.bruno.create_channel("Sala")
    await _seat(house, channel, ["carla", "davi"])
    await _promote(house, channel, "davi", "OWNER")
    await _deactivate(house, "bruno")
    assert await _owners(house, channel) == ["bruno", "davi"]
    assert await house.davi.told(channel) == ["CREATED", "ADDED", "ADDED", "ROLE_CHANGED"]


async def test_every_channel_of_the_departed_passes_on_at_once(house: House) -> None:
    channels = [await house.bruno.create_channel(f"Sala {number}", memberIds=["carla"]) for number in range(5)]
    alone = await house.bruno.create_channel("Só dele")
    await _deactivate(house, "bruno")
    for channel in channels:
        assert await _owners(house, channel) == ["bruno", "carla"]
        messages = (await house.carla.see(channel, "messages { nodes { seq } }"))["messages"]["nodes"]
        assert [message["seq"] for message in messages] == [1, 2, 3]
    assert await _owners(house, alone) == ["bruno"]


async def test_an_owner_who_leaves_while_the_next_is_deactivated_leaves_no_channel_without_one(house: House) -> None:
    for _ in range(5):
        channel = await house.bruno.create_channel("Sala", memberIds=["carla", "davi"])
        await _promote(house, channel, "carla", "OWNER")
        await asyncio.gather(
            _deactivate(house, "carla"),
            house.bruno.payload("leaveChatChannel", "channel { id }", channelId=channel),
        )
        assert set(await _owners(house, channel)) & {"bruno", "davi"}
        await house.sync(agents=[{"id": "carla", "name": "Carla"}])


async def test_posting_while_the_owner_is_deactivated_keeps_the_order(house: House) -> None:
    channel = await house.bruno.create_channel("Sala", memberIds=["carla", "davi"])
    await asyncio.gather(
        _deactivate(house, "bruno"),
        *(house.carla.send(channel, str(number)) for number in range(10)),
        *(house.davi.send(channel, str(number)) for number in range(10)),
    )
    messages = (await house.carla.see(channel, "messages(first: 100) { nodes { seq } }"))["messages"]["nodes"]
    assert [message["seq"] for message in messages] == list(range(1, len(messages) + 1))
    assert len(messages) == 2 + 20 + 1
    assert (await house.carla.told(channel)).count("ROLE_CHANGED") == 1
