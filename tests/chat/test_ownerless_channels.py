"""A channel without an active owner passes to the first who is active in it: who joins, is added, or is back."""

import pytest

from tests.support.api import Account, Api, Json

CHANNEL = "channel { id memberCount }"
ROLE = "viewerMembership { role } members { nodes { agent { id } role } }"
LAST = "lastMessage { author { id } systemEvent { kind before after agents { id } } }"


async def _sync(account: Account, *agents: str, active: bool) -> None:
    await account.sync(agents=[{"id": agent, "name": agent.capitalize(), "active": active} for agent in agents])


async def _roles(account: Account, channel: str) -> dict[str, str]:
    nodes = (await account.ana.read(channel, "members { nodes { agent { id } role } }"))["members"]["nodes"]
    return {node["agent"]["id"]: node["role"] for node in nodes}


def _inherited(former: str, heir: str) -> Json:
    event = {"kind": "ROLE_CHANGED", "before": "MEMBER", "after": "OWNER", "agents": [{"id": heir}]}
    return {"author": {"id": former}, "systemEvent": event}


async def test_the_first_to_join_an_empty_channel_owns_it(account: Account) -> None:
    channel = await account.bruno.create_channel("Sala")
    await account.bruno.mutate("leaveChatChannel", "channel { memberCount }", channelId=channel)
    await account.carla.mutate("joinChatChannel", "channel { id }", channelId=channel)
    await account.davi.mutate("joinChatChannel", "channel { id }", channelId=channel)
    assert (await account.carla.read(channel, ROLE))["viewerMembership"] == {"role": "OWNER"}
    assert (await account.davi.read(channel, ROLE))["viewerMembership"] == {"role": "MEMBER"}


async def test_an_administrator_refills_an_empty_private_channel_with_an_owner(account: Account) -> None:
    await account.ana.mutate("updateChatAccountSettings", "settings { chatEnabled }", whoCreatesPrivate="EVERYONE")
    channel = await account.bruno.create_channel("Sala", "PRIVATE")
    await account.bruno.mutate("leaveChatChannel", "channel { id }", channelId=channel)
    await account.ana.mutate("addChatMembers", "channel { id }", channelId=channel, agentIds=["carla", "davi"])
    assert (await account.carla.read(channel, ROLE))["viewerMembership"] == {"role": "OWNER"}
    assert (await account.davi.read(channel, ROLE))["viewerMembership"] == {"role": "MEMBER"}


async def test_who_joins_a_channel_of_a_deactivated_owner_owns_it(account: Account) -> None:
    channel = await account.bruno.create_channel("Sala")
    await _sync(account, "bruno", active=False)
    joined = await account.carla.mutate("joinChatChannel", f"channel {{ {LAST} }}", channelId=channel)
    assert joined["channel"]["lastMessage"] == _inherited("bruno", "carla")
    await account.davi.mutate("joinChatChannel", CHANNEL, channelId=channel)
    assert await _roles(account, channel) == {"bruno": "OWNER", "carla": "OWNER", "davi": "MEMBER"}
    assert await account.carla.system_events(channel) == ["CREATED", "JOINED", "ROLE_CHANGED", "JOINED"]


async def test_who_is_added_to_a_channel_of_a_deactivated_owner_owns_it(account: Account) -> None:
    channel = await account.bruno.create_channel("Sala")
    await _sync(account, "bruno", active=False)
    await account.ana.mutate("addChatMembers", CHANNEL, channelId=channel, agentIds=["carla", "davi"])
    assert await _roles(account, channel) == {"bruno": "OWNER", "carla": "OWNER", "davi": "MEMBER"}
    assert (await account.carla.read(channel, LAST))["lastMessage"] == _inherited("bruno", "carla")


async def test_the_first_member_to_be_active_again_owns_the_channel(account: Account) -> None:
    channel = await account.bruno.create_channel("Sala", memberIds=["carla", "davi"])
    await _sync(account, "bruno", "carla", "davi", active=False)
    assert await _roles(account, channel) == {"bruno": "OWNER", "carla": "MEMBER", "davi": "MEMBER"}
    await _sync(account, "carla", active=True)
    await _sync(account, "davi", active=True)
    assert await _roles(account, channel) == {"bruno": "OWNER", "carla": "OWNER", "davi": "MEMBER"}
    assert (await account.carla.read(channel, LAST))["lastMessage"] == _inherited("bruno", "carla")


async def test_an_owner_who_is_back_with_others_stays_the_only_one(account: Account) -> None:
    channel = await account.bruno.create_channel("Sala", memberIds=["carla"])
    await _sync(account, "bruno", "carla", active=False)
    await _sync(account, "bruno", "carla", active=True)
    assert await _roles(account, channel) == {"bruno": "OWNER", "carla": "MEMBER"}
    assert await account.carla.system_events(channel) == ["CREATED", "ADDED"]


async def test_who_is_back_in_a_channel_that_its_owner_left_owns_it(account: Account) -> None:
    channel = await account.bruno.create_channel("Sala", memberIds=["carla"])
    await _sync(account, "carla", active=False)
    await account.bruno.mutate("leaveChatChannel", CHANNEL, channelId=channel)
    assert await _roles(account, channel) == {"carla": "MEMBER"}
    await _sync(account, "carla", active=True)
    assert await _roles(account, channel) == {"carla": "OWNER"}
    assert (await account.carla.read(channel, LAST))["lastMessage"] == _inherited("carla", "carla")


async def test_a_newcomer_owns_an_announcement_that_nobody_active_owns(account: Account) -> None:
    channel = await account.ana.create_channel("Avisos", "ANNOUNCEMENT")
    await _sync(account, "ana", "bruno", "carla", "davi", active=False)
    await _sync(account, "flora", active=True)
    flora = account.agent("flora")
    assert (await flora.read(channel, ROLE))["viewerMembership"] == {"role": "OWNER"}
    assert (await flora.read(channel, LAST))["lastMessage"] == _inherited("ana", "flora")


async def test_a_direct_message_has_no_owner_ever(account: Account) -> None:
    opened = await account.bruno.mutate("openDirectMessage", "channel { id }", agentId="carla")
    channel = opened["channel"]["id"]
    await _sync(account, "bruno", "carla", active=False)
    await _sync(account, "bruno", "carla", active=True)
    assert (await account.bruno.read(channel, ROLE))["viewerMembership"] == {"role": "MEMBER"}
    assert await account.bruno.system_events(channel) == []


@pytest.mark.parametrize("coming", ["join", "be back"])
async def test_ownership_passes_on_in_as_many_statements_for_few_as_for_many(api: Api, coming: str) -> None:
    counts = []
    for size in (2, 40):
        account = await api.create_account(extra_agents=size)
        extras = [f"extra-{number:04}" for number in range(size)]
        if coming == "join":
            channel = await account.bruno.create_channel("Sala", memberIds=extras)
            await _sync(account, "bruno", *extras, active=False)
            with api.statements() as sent:
                await account.carla.mutate("joinChatChannel", CHANNEL, channelId=channel)
            assert (await _roles(account, channel))["carla"] == "OWNER"
        else:
            channels = [
                await account.bruno.create_channel(f"Sala {number}", memberIds=["carla"]) for number in range(size)
            ]
            await _sync(account, "bruno", "carla", active=False)
            with api.statements() as sent:
                await _sync(account, "carla", active=True)
            assert [(await _roles(account, channel))["carla"] for channel in channels] == ["OWNER"] * size
        counts.append(len(sent))
    assert counts[0] == counts[1]
