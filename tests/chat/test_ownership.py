"""A channel whose last owner is deactivated passes to another member."""

import asyncio

from tests.support.api import Account, Json

FOUND = "lastMessage { author { id } systemEvent { kind before after agents { id } } }"


async def _add_members(account: Account, channel: str, agents: list[str]) -> None:
    for agent in agents:
        await account.bruno.mutate("addChatMembers", "channel { id }", channelId=channel, agentIds=[agent])


async def _promote(account: Account, channel: str, agent: str, role: str) -> None:
    input: Json = {"channelId": channel, "agentId": agent, "role": role}
    await account.bruno.mutate("changeChatMemberRole", "member { role }", **input)


async def _deactivate(account: Account, *agents: str) -> None:
    await account.sync(agents=[{"id": agent, "name": agent.capitalize(), "active": False} for agent in agents])


async def _owners(account: Account, channel: str) -> list[str]:
    nodes = (await account.ana.read(channel, "members(role: OWNER) { nodes { agent { id } } }"))["members"]["nodes"]
    return [node["agent"]["id"] for node in nodes]


async def test_the_longest_standing_admin_becomes_owner_before_older_members(account: Account) -> None:
    channel = await account.bruno.create_channel("Sala")
    await _add_members(account, channel, ["carla", "davi", "ana"])
    for agent in ("ana", "davi"):
        await _promote(account, channel, agent, "ADMIN")
    await _deactivate(account, "bruno")
    assert await _owners(account, channel) == ["bruno", "davi"]
    assert (await account.davi.read(channel, FOUND))["lastMessage"] == {
        "author": {"id": "bruno"},
        "systemEvent": {"kind": "ROLE_CHANGED", "before": "ADMIN", "after": "OWNER", "agents": [{"id": "davi"}]},
    }


async def test_without_admins_the_longest_standing_active_member_becomes_owner(account: Account) -> None:
    channel = await account.bruno.create_channel("Sala")
    await _add_members(account, channel, ["davi", "carla", "ana"])
    await _deactivate(account, "bruno", "davi")
    assert await _owners(account, channel) == ["bruno", "carla"]
    assert (await account.carla.read(channel, "unreadCount viewerMembership { role }")) == {
        "unreadCount": 0,
        "viewerMembership": {"role": "OWNER"},
    }


async def test_ownership_does_not_change_while_an_active_owner_remains(account: Account) -> None:
    channel = await account.bruno.create_channel("Sala")
    await _add_members(account, channel, ["carla", "davi"])
    await _promote(account, channel, "davi", "OWNER")
    await _deactivate(account, "bruno")
    assert await _owners(account, channel) == ["bruno", "davi"]
    assert await account.davi.system_events(channel) == ["CREATED", "ADDED", "ADDED", "ROLE_CHANGED"]


async def test_every_channel_of_a_deactivated_owner_gets_a_new_owner(account: Account) -> None:
    channels = [await account.bruno.create_channel(f"Sala {number}", memberIds=["carla"]) for number in range(5)]
    alone = await account.bruno.create_channel("Só dele")
    await _deactivate(account, "bruno")
    for channel in channels:
        assert await _owners(account, channel) == ["bruno", "carla"]
        messages = (await account.carla.read(channel, "messages { nodes { seq } }"))["messages"]["nodes"]
        assert [message["seq"] for message in messages] == [1, 2, 3]
    assert await _owners(account, alone) == ["bruno"]


async def test_an_owner_leaving_while_the_other_is_deactivated_leaves_an_owner(
    account: Account,
) -> None:
    for _ in range(5):
        channel = await account.bruno.create_channel("Sala", memberIds=["carla", "davi"])
        await _promote(account, channel, "carla", "OWNER")
        await asyncio.gather(
            _deactivate(account, "carla"),
            account.bruno.payload("leaveChatChannel", "channel { id }", channelId=channel),
        )
        assert set(await _owners(account, channel)) & {"bruno", "davi"}
        await account.sync(agents=[{"id": "carla", "name": "Carla"}])


async def test_messages_sent_while_the_owner_is_deactivated_have_no_gaps(account: Account) -> None:
    channel = await account.bruno.create_channel("Sala", memberIds=["carla", "davi"])
    await asyncio.gather(
        _deactivate(account, "bruno"),
        *(account.carla.send(channel, str(number)) for number in range(10)),
        *(account.davi.send(channel, str(number)) for number in range(10)),
    )
    messages = (await account.carla.read(channel, "messages(first: 100) { nodes { seq } }"))["messages"]["nodes"]
    assert [message["seq"] for message in messages] == list(range(1, len(messages) + 1))
    assert len(messages) == 2 + 20 + 1
    assert (await account.carla.system_events(channel)).count("ROLE_CHANGED") == 1
