"""Joining, leaving, being added and removed, and what a role allows."""

import asyncio

import pytest

from tests.support.api import House, Json
from tests.support.fingerprint import fingerprint

CHANNEL = "channel { id memberCount viewerMembership { role } }"


async def _room(house: House, kind: str = "PUBLIC") -> str:
    """Bruno owns it, Carla is its admin, Davi a member."""
    if kind == "PRIVATE":
        await house.bruno.create_channel("Outra")
    channel = await house.bruno.create_channel("Sala dos fundos", kind, memberIds=["carla", "davi"])
    await _promote(house, channel, "carla", "ADMIN")
    return channel


async def _promote(house: House, channel: str, agent: str, role: str) -> None:
    input: Json = {"channelId": channel, "agentId": agent, "role": role}
    await house.bruno.mutate("changeChatMemberRole", "member { role }", **input)


async def _roles(house: House, channel: str) -> dict[str, str]:
    found = await house.ana.see(channel, "memberCount members { nodes { agent { id } role } }")
    roles = {member["agent"]["id"]: member["role"] for member in found["members"]["nodes"]}
    assert found["memberCount"] == len(roles)
    return roles


async def test_joining_and_leaving_a_public_channel(house: House) -> None:
    channel = await house.bruno.create_channel("Aberto")
    assert await house.davi.refusal("sendChatMessage", "message { id }", channelId=channel, body="?") == "NOT_A_MEMBER"
    can = (await house.davi.see(channel, "viewerCan { read post join leave }"))["viewerCan"]
    assert can == {"read": True, "post": False, "join": True, "leave": False}
    joined = await house.davi.mutate("joinChatChannel", CHANNEL, channelId=channel)
    assert joined["channel"]["viewerMembership"] == {"role": "MEMBER"}
    again = await house.davi.mutate("joinChatChannel", CHANNEL, channelId=channel)
    assert again["channel"]["memberCount"] == 2
    await house.davi.send(channel, "Cheguei")
    await house.davi.mutate("leaveChatChannel", CHANNEL, channelId=channel)
    assert await house.davi.refusal("leaveChatChannel", CHANNEL, channelId=channel) == "NOT_A_MEMBER"
    assert await house.bruno.told(channel) == ["CREATED", "JOINED", "LEFT"]
    assert await _roles(house, channel) == {"bruno": "OWNER"}


async def test_joining_at_once_is_joining_once(house: House) -> None:
    channel = await house.bruno.create_channel("Aberto")
    people = (house.carla, house.davi)
    await asyncio.gather(
        *(person.mutate("joinChatChannel", CHANNEL, channelId=channel) for person in people for _ in range(8))
    )
    assert await _roles(house, channel) == {"bruno": "OWNER", "carla": "MEMBER", "davi": "MEMBER"}
    assert await house.bruno.told(channel) == ["CREATED", "JOINED", "JOINED"]


async def test_who_leaves_a_private_channel_sees_it_no_more(house: House) -> None:
    channel = await _room(house, "PRIVATE")
    payload = await house.davi.mutate("leaveChatChannel", CHANNEL, channelId=channel)
    assert payload["channel"] is None
    assert await house.davi.channel(channel) is None
    assert await house.davi.refusal("joinChatChannel", CHANNEL, channelId=channel) == "NOT_FOUND"


async def test_the_last_owner_stays_while_others_remain(house: House) -> None:
    channel = await _room(house)
    before = await fingerprint(house)
    leave = await house.bruno.payload("leaveChatChannel", CHANNEL, channelId=channel)
    assert leave["userErrors"][0]["code"] == "LAST_OWNER"
    assert "Sala dos fundos" in leave["userErrors"][0]["message"]
    for person in (house.bruno, house.ana):
        demoted: Json = {"channelId": channel, "agentId": "bruno", "role": "MEMBER"}
        assert await person.refusal("changeChatMemberRole", "member { role }", **demoted) == "LAST_OWNER"
        removed: Json = {"channelId": channel, "agentId": "bruno"}
        assert await person.refusal("removeChatMember", CHANNEL, **removed) == "LAST_OWNER"
    assert await fingerprint(house) == before
    await _promote(house, channel, "davi", "OWNER")
    await house.bruno.mutate("leaveChatChannel", CHANNEL, channelId=channel)
    assert await _roles(house, channel) == {"carla": "ADMIN", "davi": "OWNER"}


async def test_a_deactivated_owner_does_not_count_as_the_one_who_remains(house: House) -> None:
    channel = await _room(house)
    await _promote(house, channel, "davi", "OWNER")
    await house.sync(agents=[{"id": "davi", "name": "Davi", "active": False}])
    assert await house.bruno.refusal("leaveChatChannel", CHANNEL, channelId=channel) == "LAST_OWNER"


async def test_deactivated_members_do_not_hold_the_last_owner_back(house: House) -> None:
    channel = await _room(house)
    before = await fingerprint(house)
    assert await house.bruno.refusal("leaveChatChannel", CHANNEL, channelId=channel) == "LAST_OWNER"
    assert await fingerprint(house) == before
    await house.sync(agents=[{"id": agent, "name": agent.capitalize(), "active": False} for agent in ("carla", "davi")])
    await house.bruno.mutate("leaveChatChannel", CHANNEL, channelId=channel)
    assert await _roles(house, channel) == {"carla": "ADMIN", "davi": "MEMBER"}


async def test_the_only_active_owner_is_not_demoted(house: House) -> None:
    channel = await house.bruno.create_channel("Só eu", memberIds=["davi"])
    await _promote(house, channel, "davi", "OWNER")
    await house.sync(agents=[{"id": "davi", "name": "Davi", "active": False}])
    before = await fingerprint(house)
    demoted: Json = {"channelId": channel, "agentId": "bruno", "role": "MEMBER"}
    assert await house.bruno.refusal("changeChatMemberRole", "member { role }", **demoted) == "LAST_OWNER"
    assert await fingerprint(house) == before


async def test_a_deactivated_agent_is_given_no_role(house: House) -> None:
    channel = await _room(house)
    await house.sync(agents=[{"id": agent, "name": agent.capitalize(), "active": False} for agent in ("carla", "davi")])
    before = await fingerprint(house)
    for agent, role in (("davi", "ADMIN"), ("davi", "OWNER"), ("carla", "OWNER")):
        promoted: Json = {"channelId": channel, "agentId": agent, "role": role}
        refused = await house.bruno.payload("changeChatMemberRole", "member { role }", **promoted)
        assert [(error["code"], error["path"]) for error in refused["userErrors"]] == [("NOT_FOUND", ["agentId"])]
    assert await fingerprint(house) == before
    await _promote(house, channel, "carla", "MEMBER")
    await house.sync(agents=[{"id": "davi", "name": "Davi"}])
    await _promote(house, channel, "davi", "ADMIN")
    assert await _roles(house, channel) == {"bruno": "OWNER", "carla": "MEMBER", "davi": "ADMIN"}


async def test_two_owners_leaving_at_once_do_not_leave_the_channel_without_one(house: House) -> None:
    for _ in range(5):
        channel = await _room(house)
        await _promote(house, channel, "davi", "OWNER")
        left = await asyncio.gather(
            *(person.payload("leaveChatChannel", CHANNEL, channelId=channel) for person in (house.bruno, house.davi))
        )
        assert sorted(bool(payload["userErrors"]) for payload in left) == [False, True]
        assert "OWNER" in (await _roles(house, channel)).values()


async def test_the_only_member_may_leave(house: House) -> None:
    channel = await house.bruno.create_channel("Só eu")
    await house.bruno.mutate("leaveChatChannel", CHANNEL, channelId=channel)
    assert await _roles(house, channel) == {}


async def test_an_admin_manages_members_but_does_not_touch_owners(house: House) -> None:
    channel, carla = await _room(house), house.carla
    touch: Json = {"channelId": channel, "agentId": "bruno"}
    assert await carla.refusal("removeChatMember", CHANNEL, **touch) == "FORBIDDEN"
    assert await carla.refusal("changeChatMemberRole", "member { role }", **touch, role="MEMBER") == "FORBIDDEN"
    for agent in ("davi", "carla"):
        grant: Json = {"channelId": channel, "agentId": agent, "role": "OWNER"}
        assert await carla.refusal("changeChatMemberRole", "member { role }", **grant) == "FORBIDDEN"
    await carla.mutate("changeChatMemberRole", "member { role }", channelId=channel, agentId="davi", role="ADMIN")
    await carla.mutate("removeChatMember", CHANNEL, channelId=channel, agentId="davi")
    await carla.mutate("addChatMembers", CHANNEL, channelId=channel, agentIds=["davi"])
    # Whoever comes back starts as a member.
    assert await _roles(house, channel) == {"bruno": "OWNER", "carla": "ADMIN", "davi": "MEMBER"}


async def test_owners_and_administrators_grant_and_take_ownership(house: House) -> None:
    channel = await _room(house)
    await _promote(house, channel, "carla", "OWNER")
    taken: Json = {"channelId": channel, "agentId": "bruno", "role": "MEMBER"}
    changed = await house.ana.mutate("changeChatMemberRole", "member { agent { id } role }", **taken)
    assert changed["member"] == {"agent": {"id": "bruno"}, "role": "MEMBER"}
    assert await _roles(house, channel) == {"bruno": "MEMBER", "carla": "OWNER", "davi": "MEMBER"}
    told = await house.davi.see(channel, "lastMessage { systemEvent { kind before after agents { id } } }")
    assert told["lastMessage"]["systemEvent"] == {
        "kind": "ROLE_CHANGED",
        "before": "OWNER",
        "after": "MEMBER",
        "agents": [{"id": "bruno"}],
    }


async def test_adding_who_is_there_changes_nothing(house: House) -> None:
    channel = await _room(house)
    before = await fingerprint(house)
    await house.bruno.mutate("addChatMembers", CHANNEL, channelId=channel, agentIds=["carla", "davi"])
    await _promote(house, channel, "carla", "ADMIN")
    assert await fingerprint(house) == before


@pytest.mark.parametrize("agent", ["nobody", "elisa", "", "a\x00b"])
async def test_who_is_not_an_active_agent_is_not_found(house: House, agent: str) -> None:
    channel = await _room(house)
    before = await fingerprint(house)
    for name, input in (
        ("addChatMembers", {"agentIds": ["ana", agent]}),
        ("removeChatMember", {"agentId": agent}),
        ("changeChatMemberRole", {"agentId": agent, "role": "ADMIN"}),
    ):
        selection = "member { role }" if "role" in input else CHANNEL
        assert await house.bruno.refusal(name, selection, channelId=channel, **input) == "NOT_FOUND"
    assert await fingerprint(house) == before


async def test_a_removed_member_reads_no_more(house: House) -> None:
    channel = await _room(house, "PRIVATE")
    message = await house.bruno.send(channel)
    find = "query ($id: ID!) { chatMessage(id: $id) { body } }"
    assert (await house.davi.query(find, id=message))["chatMessage"] == {"body": "Hello"}
    await house.bruno.mutate("removeChatMember", CHANNEL, channelId=channel, agentId="davi")
    assert (await house.davi.query(find, id=message))["chatMessage"] is None
    assert await house.davi.channel(channel) is None
    removed = await house.carla.see(channel, "lastMessage { author { id } systemEvent { kind agents { id } } }")
    assert removed["lastMessage"] == {
        "author": {"id": "bruno"},
        "systemEvent": {"kind": "REMOVED", "agents": [{"id": "davi"}]},
    }
