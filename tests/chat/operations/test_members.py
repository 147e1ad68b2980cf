"""Joining and leaving, adding and removing members, and changing roles."""

import asyncio

import pytest

from tests.support.api import Account, Json
from tests.support.fingerprint import fingerprint

CHANNEL = "channel { id memberCount viewerMembership { role } }"


async def _create_channel(account: Account, kind: str = "PUBLIC") -> str:
    """Returns a channel with bruno as owner, carla as admin and davi as member."""
    if kind == "PRIVATE":
        await account.bruno.create_channel("Outra")
    channel = await account.bruno.create_channel("Sala dos fundos", kind, memberIds=["carla", "davi"])
    await _promote(account, channel, "carla", "ADMIN")
    return channel


async def _promote(account: Account, channel: str, agent: str, role: str) -> None:
    input: Json = {"channelId": channel, "agentId": agent, "role": role}
    await account.bruno.mutate("changeChatMemberRole", "member { role }", **input)


async def _roles(account: Account, channel: str) -> dict[str, str]:
    found = await account.ana.read(channel, "memberCount members { nodes { agent { id active } role } }")
    roles = {member["agent"]["id"]: member["role"] for member in found["members"]["nodes"]}
    assert found["memberCount"] == sum(node["agent"]["active"] for node in found["members"]["nodes"])
    return roles


async def test_joining_and_leaving_a_public_channel(account: Account) -> None:
    channel = await account.bruno.create_channel("Aberto")
    assert (
        await account.davi.refusal("sendChatMessage", "message { id }", channelId=channel, body="?") == "NOT_A_MEMBER"
    )
    can = (await account.davi.read(channel, "viewerCan { read post join leave }"))["viewerCan"]
    assert can == {"read": True, "post": False, "join": True, "leave": False}
    joined = await account.davi.mutate("joinChatChannel", CHANNEL, channelId=channel)
    assert joined["channel"]["viewerMembership"] == {"role": "MEMBER"}
    again = await account.davi.mutate("joinChatChannel", CHANNEL, channelId=channel)
    assert again["channel"]["memberCount"] == 2
    await account.davi.send(channel, "Cheguei")
    await account.davi.mutate("leaveChatChannel", CHANNEL, channelId=channel)
    assert await account.davi.refusal("leaveChatChannel", CHANNEL, channelId=channel) == "NOT_A_MEMBER"
    assert await account.bruno.system_events(channel) == ["CREATED", "JOINED", "LEFT"]
    assert await _roles(account, channel) == {"bruno": "OWNER"}


async def test_concurrent_joins_are_one_join(account: Account) -> None:
    channel = await account.bruno.create_channel("Aberto")
    agents = (account.carla, account.davi)
    await asyncio.gather(
        *(agent.mutate("joinChatChannel", CHANNEL, channelId=channel) for agent in agents for _ in range(8))
    )
    assert await _roles(account, channel) == {"bruno": "OWNER", "carla": "MEMBER", "davi": "MEMBER"}
    assert await account.bruno.system_events(channel) == ["CREATED", "JOINED", "JOINED"]


async def test_a_private_channel_is_hidden_from_an_agent_who_left(account: Account) -> None:
    channel = await _create_channel(account, "PRIVATE")
    payload = await account.davi.mutate("leaveChatChannel", CHANNEL, channelId=channel)
    assert payload["channel"] is None
    assert await account.davi.find_channel(channel) is None
    assert await account.davi.refusal("joinChatChannel", CHANNEL, channelId=channel) == "NOT_FOUND"


async def test_leaving_as_last_owner_is_refused_while_other_members_remain(account: Account) -> None:
    channel = await _create_channel(account)
    before = await fingerprint(account)
    leave = await account.bruno.payload("leaveChatChannel", CHANNEL, channelId=channel)
    assert leave["userErrors"][0]["code"] == "LAST_OWNER"
    assert "Sala dos fundos" in leave["userErrors"][0]["message"]
    for agent in (account.bruno, account.ana):
        demoted: Json = {"channelId": channel, "agentId": "bruno", "role": "MEMBER"}
        assert await agent.refusal("changeChatMemberRole", "member { role }", **demoted) == "LAST_OWNER"
        removed: Json = {"channelId": channel, "agentId": "bruno"}
        assert await agent.refusal("removeChatMember", CHANNEL, **removed) == "LAST_OWNER"
    assert await fingerprint(account) == before
    await _promote(account, channel, "davi", "OWNER")
    await account.bruno.mutate("leaveChatChannel", CHANNEL, channelId=channel)
    assert await _roles(account, channel) == {"carla": "ADMIN", "davi": "OWNER"}


async def test_leaving_is_refused_if_the_other_owner_is_deactivated(account: Account) -> None:
    channel = await _create_channel(account)
    await _promote(account, channel, "davi", "OWNER")
    await account.sync(agents=[{"id": "davi", "name": "Davi", "active": False}])
    assert await account.bruno.refusal("leaveChatChannel", CHANNEL, channelId=channel) == "LAST_OWNER"


async def test_the_last_owner_can_leave_if_the_other_members_are_deactivated(account: Account) -> None:
    channel = await _create_channel(account)
    before = await fingerprint(account)
    assert await account.bruno.refusal("leaveChatChannel", CHANNEL, channelId=channel) == "LAST_OWNER"
    assert await fingerprint(account) == before
    await account.sync(
        agents=[{"id": agent, "name": agent.capitalize(), "active": False} for agent in ("carla", "davi")]
    )
    await account.bruno.mutate("leaveChatChannel", CHANNEL, channelId=channel)
    assert await _roles(account, channel) == {"carla": "ADMIN", "davi": "MEMBER"}


async def test_demoting_the_only_active_owner_is_refused(account: Account) -> None:
    channel = await account.bruno.create_channel("Só eu", memberIds=["davi"])
    await _promote(account, channel, "davi", "OWNER")
    await account.sync(agents=[{"id": "davi", "name": "Davi", "active": False}])
    before = await fingerprint(account)
    demoted: Json = {"channelId": channel, "agentId": "bruno", "role": "MEMBER"}
    assert await account.bruno.refusal("changeChatMemberRole", "member { role }", **demoted) == "LAST_OWNER"
    assert await fingerprint(account) == before


async def test_promoting_a_deactivated_agent_is_refused(account: Account) -> None:
    channel = await _create_channel(account)
    await account.sync(
        agents=[{"id": agent, "name": agent.capitalize(), "active": False} for agent in ("carla", "davi")]
    )
    before = await fingerprint(account)
    for agent, role in (("davi", "ADMIN"), ("davi", "OWNER"), ("carla", "OWNER")):
        promoted: Json = {"channelId": channel, "agentId": agent, "role": role}
        refused = await account.bruno.payload("changeChatMemberRole", "member { role }", **promoted)
        assert [(error["code"], error["path"]) for error in refused["userErrors"]] == [("NOT_FOUND", ["agentId"])]
    assert await fingerprint(account) == before
    await _promote(account, channel, "carla", "MEMBER")
    await account.sync(agents=[{"id": "davi", "name": "Davi"}])
    await _promote(account, channel, "davi", "ADMIN")
    assert await _roles(account, channel) == {"bruno": "OWNER", "carla": "MEMBER", "davi": "ADMIN"}


async def test_of_two_owners_leaving_concurrently_one_is_refused(account: Account) -> None:
    for _ in range(5):
        channel = await _create_channel(account)
        await _promote(account, channel, "davi", "OWNER")
        left = await asyncio.gather(
            *(agent.payload("leaveChatChannel", CHANNEL, channelId=channel) for agent in (account.bruno, account.davi))
        )
        assert sorted(bool(payload["userErrors"]) for payload in left) == [False, True]
        assert "OWNER" in (await _roles(account, channel)).values()


async def test_the_only_member_can_leave(account: Account) -> None:
    channel = await account.bruno.create_channel("Só eu")
    await account.bruno.mutate("leaveChatChannel", CHANNEL, channelId=channel)
    assert await _roles(account, channel) == {}


async def test_a_channel_admin_can_manage_members_but_not_owners(account: Account) -> None:
    channel, carla = await _create_channel(account), account.carla
    touch: Json = {"channelId": channel, "agentId": "bruno"}
    assert await carla.refusal("removeChatMember", CHANNEL, **touch) == "FORBIDDEN"
    assert await carla.refusal("changeChatMemberRole", "member { role }", **touch, role="MEMBER") == "FORBIDDEN"
    for agent in ("davi", "carla"):
        grant: Json = {"channelId": channel, "agentId": agent, "role": "OWNER"}
        assert await carla.refusal("changeChatMemberRole", "member { role }", **grant) == "FORBIDDEN"
    await carla.mutate("changeChatMemberRole", "member { role }", channelId=channel, agentId="davi", role="ADMIN")
    await carla.mutate("removeChatMember", CHANNEL, channelId=channel, agentId="davi")
    await carla.mutate("addChatMembers", CHANNEL, channelId=channel, agentIds=["davi"])
    # An agent who is added again starts as a member.
    assert await _roles(account, channel) == {"bruno": "OWNER", "carla": "ADMIN", "davi": "MEMBER"}


async def test_owners_and_administrators_can_grant_and_revoke_ownership(account: Account) -> None:
    channel = await _create_channel(account)
    await _promote(account, channel, "carla", "OWNER")
    taken: Json = {"channelId": channel, "agentId": "bruno", "role": "MEMBER"}
    changed = await account.ana.mutate("changeChatMemberRole", "member { agent { id } role }", **taken)
    assert changed["member"] == {"agent": {"id": "bruno"}, "role": "MEMBER"}
    assert await _roles(account, channel) == {"bruno": "MEMBER", "carla": "OWNER", "davi": "MEMBER"}
    latest = await account.davi.read(channel, "lastMessage { systemEvent { kind before after agents { id } } }")
    assert latest["lastMessage"]["systemEvent"] == {
        "kind": "ROLE_CHANGED",
        "before": "OWNER",
        "after": "MEMBER",
        "agents": [{"id": "bruno"}],
    }


async def test_adding_a_member_again_changes_nothing(account: Account) -> None:
    channel = await _create_channel(account)
    before = await fingerprint(account)
    await account.bruno.mutate("addChatMembers", CHANNEL, channelId=channel, agentIds=["carla", "davi"])
    await _promote(account, channel, "carla", "ADMIN")
    assert await fingerprint(account) == before


@pytest.mark.parametrize("agent", ["nobody", "elisa", "", "a\x00b"])
async def test_unknown_and_inactive_agents_are_not_found(account: Account, agent: str) -> None:
    channel = await _create_channel(account)
    before = await fingerprint(account)
    for name, input in (
        ("addChatMembers", {"agentIds": ["ana", agent]}),
        ("removeChatMember", {"agentId": agent}),
        ("changeChatMemberRole", {"agentId": agent, "role": "ADMIN"}),
    ):
        selection = "member { role }" if "role" in input else CHANNEL
        assert await account.bruno.refusal(name, selection, channelId=channel, **input) == "NOT_FOUND"
    assert await fingerprint(account) == before


async def test_a_removed_member_cannot_read_the_channel(account: Account) -> None:
    channel = await _create_channel(account, "PRIVATE")
    message = await account.bruno.send(channel)
    find = "query ($id: ID!) { chatMessage(id: $id) { body } }"
    assert (await account.davi.query(find, id=message))["chatMessage"] == {"body": "Hello"}
    await account.bruno.mutate("removeChatMember", CHANNEL, channelId=channel, agentId="davi")
    assert (await account.davi.query(find, id=message))["chatMessage"] is None
    assert await account.davi.find_channel(channel) is None
    removed = await account.carla.read(channel, "lastMessage { author { id } systemEvent { kind agents { id } } }")
    assert removed["lastMessage"] == {
        "author": {"id": "bruno"},
        "systemEvent": {"kind": "REMOVED", "agents": [{"id": "davi"}]},
    }
