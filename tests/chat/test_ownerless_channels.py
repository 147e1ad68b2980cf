"""In a channel without an active owner, the first agent who joins, is added or is reactivated becomes the owner."""

import pytest

from tests.support.api import Account, Api, Json

CHANNEL = "channel { id memberCount }"
ROLE = "viewerMembership { role } members { nodes { agent { id } role } }"
LAST = "lastMessage { author { id } systemEvent { kind before after agents { id } } }"


async def _set_active(account: Account, *agents: str, active: bool) -> None:
    await account.sync(agents=[{"id": agent, "name": agent.capitalize(), "active": active} for agent in agents])


async def _roles(account: Account, channel: str) -> dict[str, str]:
    nodes = (await account.ana.read(channel, "members { nodes { agent { id } role } }"))["members"]["nodes"]
    return {node["agent"]["id"]: node["role"] for node in nodes}


def _became_owner(author: str, new_owner: str) -> Json:
    event = {"kind": "ROLE_CHANGED", "before": "MEMBER", "after": "OWNER", "agents": [{"id": new_owner}]}
    return {"author": {"id": author}, "systemEvent": event}


async def test_the_first_agent_to_join_an_empty_channel_becomes_owner(account: Account) -> None:
    channel = await account.bruno.create_channel("Sala")
    await account.bruno.mutate("leaveChatChannel", "channel { memberCount }", channelId=channel)
    await account.carla.mutate("joinChatChannel", "channel { id }", channelId=channel)
    await account.davi.mutate("joinChatChannel", "channel { id }", channelId=channel)
    assert (await account.carla.read(channel, ROLE))["viewerMembership"] == {"role": "OWNER"}
    assert (await account.davi.read(channel, ROLE))["viewerMembership"] == {"role": "MEMBER"}


async def test_the_first_agent_added_to_an_empty_private_channel_becomes_owner(account: Account) -> None:
    await account.ana.mutate("updateChatAccountSettings", "settings { chatEnabled }", whoCreatesPrivate="EVERYONE")
    channel = await account.bruno.create_channel("Sala", "PRIVATE")
    await account.bruno.mutate("leaveChatChannel", "channel { id }", channelId=channel)
    await account.ana.mutate("addChatMembers", "channel { id }", channelId=channel, agentIds=["carla", "davi"])
    assert (await account.carla.read(channel, ROLE))["viewerMembership"] == {"role": "OWNER"}
    assert (await account.davi.read(channel, ROLE))["viewerMembership"] == {"role": "MEMBER"}


async def test_an_agent_joining_a_channel_of_a_deactivated_owner_becomes_owner(account: Account) -> None:
    channel = await account.bruno.create_channel("Sala")
    await _set_active(account, "bruno", active=False)
    joined = await account.carla.mutate("joinChatChannel", f"channel {{ {LAST} }}", channelId=channel)
    assert joined["channel"]["lastMessage"] == _became_owner("bruno", "carla")
    await account.davi.mutate("joinChatChannel", CHANNEL, channelId=channel)
    assert await _roles(account, channel) == {"bruno": "OWNER", "carla": "OWNER", "davi": "MEMBER"}
    assert await account.carla.system_events(channel) == ["CREATED", "JOINED", "ROLE_CHANGED", "JOINED"]


async def test_the_first_agent_added_to_a_channel_of_a_deactivated_owner_becomes_owner(account: Account) -> None:
    channel = await account.bruno.create_channel("Sala")
    await _set_active(account, "bruno", active=False)
    await account.ana.mutate("addChatMembers", CHANNEL, channelId=channel, agentIds=["carla", "davi"])
    assert await _roles(account, channel) == {"bruno": "OWNER", "carla": "OWNER", "davi": "MEMBER"}
    assert (await account.carla.read(channel, LAST))["lastMessage"] == _became_owner("bruno", "carla")


async def test_the_first_reactivated_member_becomes_owner(account: Account) -> None:
    channel = await account.bruno.create_channel("Sala", memberIds=["carla", "davi"])
    await _set_active(account, "bruno", "carla", "davi", active=False)
    assert await _roles(account, channel) == {"bruno": "OWNER", "carla": "MEMBER", "davi": "MEMBER"}
    await _set_active(account, "carla", active=True)
    await _set_active(account, "davi", active=True)
    assert await _roles(account, channel) == {"bruno": "OWNER", "carla": "OWNER", "davi": "MEMBER"}
    assert (await account.carla.read(channel, LAST))["lastMessage"] == _became_owner("bruno", "carla")


async def test_an_owner_reactivated_with_others_stays_the_only_owner(account: Account) -> None:
    channel = await account.bruno.create_channel("Sala", memberIds=["carla"])
    await _set_active(account, "bruno", "carla", active=False)
    await _set_active(account, "bruno", "carla", active=True)
    assert await _roles(account, channel) == {"bruno": "OWNER", "carla": "MEMBER"}
    assert await account.carla.system_events(channel) == ["CREATED", "ADDED"]


async def test_a_member_reactivated_after_the_owner_left_becomes_owner(account: Account) -> None:
    channel = await account.bruno.create_channel("Sala", memberIds=["carla"])
    await _set_active(account, "carla", active=False)
    await account.bruno.mutate("leaveChatChannel", CHANNEL, channelId=channel)
    assert await _roles(account, channel) == {"carla": "MEMBER"}
    await _set_active(account, "carla", active=True)
    assert await _roles(account, channel) == {"carla": "OWNER"}
    assert (await account.carla.read(channel, LAST))["lastMessage"] == _became_owner("carla", "carla")


async def test_a_new_agent_becomes_owner_of_an_announcement_without_active_members(account: Account) -> None:
    channel = await account.ana.create_channel("Avisos", "ANNOUNCEMENT")
    await _set_active(account, "ana", "bruno", "carla", "davi", active=False)
    await _set_active(account, "flora", active=True)
    flora = account.agent("flora")
    assert (await flora.read(channel, ROLE))["viewerMembership"] == {"role": "OWNER"}
    assert (await flora.read(channel, LAST))["lastMessage"] == _became_owner("ana", "flora")


async def test_a_direct_message_never_has_an_owner(account: Account) -> None:
    opened = await account.bruno.mutate("openDirectMessage", "channel { id }", agentId="carla")
    channel = opened["channel"]["id"]
    await _set_active(account, "bruno", "carla", active=False)
    await _set_active(account, "bruno", "carla", active=True)
    assert (await account.bruno.read(channel, ROLE))["viewerMembership"] == {"role": "MEMBER"}
    assert await account.bruno.system_events(channel) == []


@pytest.mark.parametrize("returning", ["join", "be reactivated"])
async def test_statements_for_a_new_owner_do_not_grow_with_the_size(api: Api, returning: str) -> None:
    counts = []
    for size in (2, 40):
        account = await api.create_account(extra_agents=size)
        extras = [f"extra-{number:04}" for number in range(size)]
        if returning == "join":
            channel = await account.bruno.create_channel("Sala", memberIds=extras)
            await _set_active(account, "bruno", *extras, active=False)
            with api.statements() as sent:
                await account.carla.mutate("joinChatChannel", CHANNEL, channelId=channel)
            assert (await _roles(account, channel))["carla"] == "OWNER"
        else:
            channels = [
                await account.bruno.create_channel(f"Sala {number}", memberIds=["carla"]) for number in range(size)
            ]
            await _set_active(account, "bruno", "carla", active=False)
            with api.statements() as sent:
                await _set_active(account, "carla", active=True)
            assert [(await _roles(account, channel))["carla"] for channel in channels] == ["OWNER"] * size
        counts.append(len(sent))
    assert counts[0] == counts[1]
