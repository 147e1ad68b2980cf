"""memberCount, and the limit for mentioning everybody, count active members."""

import asyncio

from chat.policies import EVERYBODY_LIMIT
from tests.support.api import Account, Api, Json

COUNT = "memberCount"
EVERYBODY = "[@all](mention://channel/all)"


async def _set_active(account: Account, *agents: str, active: bool) -> None:
    await account.sync(agents=[{"id": agent, "name": agent.capitalize(), "active": active} for agent in agents])


async def _count(account: Account, channel: str) -> int:
    count: int = (await account.ana.read(channel, COUNT))[COUNT]
    return count


async def test_deactivated_members_are_not_counted(account: Account) -> None:
    room = await account.ana.create_channel("Room", memberIds=["bruno", "carla", "davi"])
    news = await account.ana.create_channel("News", "ANNOUNCEMENT")
    assert [await _count(account, channel) for channel in (room, news)] == [4, 4]
    await _set_active(account, "bruno", "carla", active=False)
    assert [await _count(account, channel) for channel in (room, news)] == [2, 2]
    await _set_active(account, "bruno", active=True)
    assert [await _count(account, channel) for channel in (room, news)] == [3, 3]


async def test_removing_a_deactivated_member_does_not_change_the_count(account: Account) -> None:
    room = await account.ana.create_channel("Room", memberIds=["bruno", "carla"])
    await _set_active(account, "bruno", active=False)
    for agent_id, left in (("bruno", 2), ("carla", 1)):
        await account.ana.mutate("removeChatMember", "channel { id }", channelId=room, agentId=agent_id)
        assert await _count(account, room) == left


async def test_counts_are_right_after_members_and_agents_changed_together(account: Account) -> None:
    rooms = [await account.ana.create_channel("Room", memberIds=["bruno"]) for _ in range(5)]

    async def change_members(room: str) -> None:
        for _ in range(3):
            input: Json = {"channelId": room}
            await account.ana.payload("addChatMembers", "channel { id }", agentIds=["carla"], **input)
            await account.ana.payload("removeChatMember", "channel { id }", agentId="carla", **input)
            await account.ana.payload("addChatMembers", "channel { id }", agentIds=["carla"], **input)

    async def change_agents() -> None:
        for active in (False, True, False, True, False):
            await _set_active(account, "bruno", "carla", active=active)

    await asyncio.gather(change_agents(), *map(change_members, rooms))
    for room in rooms:
        nodes = (await account.ana.read(room, "members { nodes { agent { active } } }"))["members"]["nodes"]
        assert await _count(account, room) == sum(node["agent"]["active"] for node in nodes)


async def test_everybody_can_be_mentioned_where_few_members_are_active(api: Api) -> None:
    account = await api.create_account(extra_agents=EVERYBODY_LIMIT + 10)
    extras = [f"extra-{number:04}" for number in range(EVERYBODY_LIMIT + 10)]
    room = await account.ana.create_channel("Room", memberIds=["bruno", *extras])
    input: Json = {"channelId": room, "body": EVERYBODY}
    assert await account.bruno.refusal("sendChatMessage", "message { id }", **input) == "FORBIDDEN"
    await _set_active(account, *extras, active=False)
    await account.bruno.mutate("sendChatMessage", "message { id }", **input)
    await _set_active(account, *extras, active=True)
    assert await account.bruno.refusal("sendChatMessage", "message { id }", **input) == "FORBIDDEN"
