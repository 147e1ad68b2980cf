"""A channel that everybody left, and who comes next."""

from tests.api import House

ROLE = "viewerMembership { role } members { nodes { agent { id } role } }"


async def test_the_first_to_join_an_empty_channel_owns_it(house: House) -> None:
    channel = await house.bruno.create_channel("Sala")
    await house.bruno.mutate("leaveChatChannel", "channel { memberCount }", channelId=channel)
    await house.carla.mutate("joinChatChannel", "channel { id }", channelId=channel)
    await house.davi.mutate("joinChatChannel", "channel { id }", channelId=channel)
    assert (await house.carla.see(channel, ROLE))["viewerMembership"] == {"role": "OWNER"}
    assert (await house.davi.see(channel, ROLE))["viewerMembership"] == {"role": "MEMBER"}


async def test_an_administrator_refills_an_empty_private_channel_with_an_owner(house: House) -> None:
    await house.ana.mutate("updateChatAccountSettings", "settings { chatEnabled }", whoCreatesPrivate="EVERYONE")
    channel = await house.bruno.create_channel("Sala", "PRIVATE")
    await house.bruno.mutate("leaveChatChannel", "channel { id }", channelId=channel)
    await house.ana.mutate("addChatMembers", "channel { id }", channelId=channel, agentIds=["carla", "davi"])
    assert (await house.carla.see(channel, ROLE))["viewerMembership"] == {"role": "OWNER"}
    assert (await house.davi.see(channel, ROLE))["viewerMembership"] == {"role": "MEMBER"}
