"""Creating channels: who can create which kind, and that a refused channel leaves nothing behind."""

import asyncio

import pytest

from tests.support.api import Account, Json
from tests.support.fingerprint import fingerprint

CHANNEL = "channel { id kind name description memberCount viewerMembership { role } avatar { __typename } }"


async def _allow(account: Account, **settings: str) -> None:
    await account.ana.mutate("updateChatAccountSettings", "settings { chatEnabled }", **settings)


async def test_any_agent_can_create_a_public_channel_and_becomes_its_owner(account: Account) -> None:
    payload = await account.davi.mutate(
        "createChatChannel",
        CHANNEL,
        kind="PUBLIC",
        name="  Suporte  ",
        description=" Dúvidas ",
        avatar={"icon": {"icon": "life-buoy", "color": "#ff8800"}},
        memberIds=["carla", "bruno", "carla", "davi"],
    )
    channel = payload["channel"]
    id = channel.pop("id")
    assert channel == {
        "kind": "PUBLIC",
        "name": "Suporte",
        "description": "Dúvidas",
        "memberCount": 3,
        "viewerMembership": {"role": "OWNER"},
        "avatar": {"__typename": "ChatIconAvatar"},
    }
    members = (await account.davi.read(id, "members { nodes { agent { id } role } }"))["members"]["nodes"]
    assert [(member["agent"]["id"], member["role"]) for member in members] == [
        ("bruno", "MEMBER"),
        ("carla", "MEMBER"),
        ("davi", "OWNER"),
    ]
    messages = (
        await account.davi.read(id, "messages { nodes { author { id } systemEvent { kind agents { id } after } } }")
    )["messages"]["nodes"]
    assert [node["author"]["id"] for node in messages] == ["davi", "davi"]
    assert messages[0]["systemEvent"] == {"kind": "CREATED", "agents": [], "after": "Suporte"}
    assert messages[1]["systemEvent"]["kind"] == "ADDED"
    assert {agent["id"] for agent in messages[1]["systemEvent"]["agents"]} == {"bruno", "carla"}


@pytest.mark.parametrize(
    ("kind", "setting"), [("PRIVATE", "whoCreatesPrivate"), ("ANNOUNCEMENT", "whoCreatesAnnouncement")]
)
async def test_account_settings_decide_who_creates_the_other_kinds(account: Account, kind: str, setting: str) -> None:
    """Bruno manages a channel and Davi none. The default setting is CHANNEL_MANAGERS."""
    await account.bruno.create_channel("Sala", memberIds=["davi"])
    expected = {
        None: (False, True),
        "EVERYONE": (True, True),
        "CHANNEL_MANAGERS": (False, True),
        "ADMINISTRATORS": (False, False),
    }
    shown = "createPrivateChannel" if kind == "PRIVATE" else "createAnnouncement"
    for creators, (davi_may, bruno_may) in expected.items():
        if creators:
            await _allow(account, **{setting: creators})
        for agent, may in ((account.davi, davi_may), (account.bruno, bruno_may), (account.ana, True)):
            # EVERYONE comes last: with the channel that Davi then creates, he is a channel manager himself.
            can = (await agent.query(f"{{ chatViewer {{ viewerCan {{ {shown} }} }} }}"))["chatViewer"]["viewerCan"]
            assert can[shown] == may, (creators, agent.id)
            if may and agent.id != "davi":
                await agent.create_channel("Nova", kind)
            elif not may:
                assert await agent.refusal("createChatChannel", CHANNEL, kind=kind, name="Nova") == "FORBIDDEN"


async def test_with_everyone_any_agent_can_create_the_kind(account: Account) -> None:
    await _allow(account, whoCreatesPrivate="EVERYONE")
    channel = await account.davi.create_channel("Minha", "PRIVATE")
    assert await account.carla.find_channel(channel) is None


async def test_an_admin_of_a_channel_is_a_channel_manager(account: Account) -> None:
    channel = await account.bruno.create_channel("Sala", memberIds=["davi"])
    assert await account.davi.refusal("createChatChannel", CHANNEL, kind="PRIVATE", name="Nova") == "FORBIDDEN"
    role: Json = {"channelId": channel, "agentId": "davi", "role": "ADMIN"}
    await account.bruno.mutate("changeChatMemberRole", "member { role }", **role)
    await account.davi.create_channel("Nova", "PRIVATE")


@pytest.mark.parametrize(
    ("wrong", "code", "path"),
    [
        ({"name": ""}, "INVALID", ["name"]),
        ({"name": " \t "}, "INVALID", ["name"]),
        ({"name": "a" * 81}, "INVALID", ["name"]),
        ({"name": "a\x00b"}, "INVALID", ["name"]),
        ({"name": "a\nb"}, "INVALID", ["name"]),
        ({"name": "a\u2028b"}, "INVALID", ["name"]),
        ({"name": "a\x1b[31m"}, "INVALID", ["name"]),
        ({"name": "a\u202eb"}, "INVALID", ["name"]),
        ({"name": "a\u2066b"}, "INVALID", ["name"]),
        ({"name": "\u200b\u200d"}, "INVALID", ["name"]),
        ({"name": "\u3164 \u2800"}, "INVALID", ["name"]),
        ({"name": "\u0301"}, "INVALID", ["name"]),
        ({"name": "\uffff"}, "INVALID", ["name"]),
        ({"description": "d" * 1001}, "INVALID", ["description"]),
        ({"description": "d\x00"}, "INVALID", ["description"]),
        ({"kind": "DIRECT"}, "INVALID", ["kind"]),
        ({"avatar": {}}, "INVALID", ["avatar"]),
        ({"avatar": {"icon": {"icon": "A b", "color": "#ffffff"}}}, "INVALID", ["avatar", "icon", "icon"]),
        ({"avatar": {"icon": {"icon": "ok", "color": "red"}}}, "INVALID", ["avatar", "icon", "color"]),
        ({"memberIds": ["bruno", "nobody"]}, "NOT_FOUND", ["memberIds"]),
        ({"memberIds": ["elisa"]}, "NOT_FOUND", ["memberIds"]),
        ({"memberIds": [""]}, "NOT_FOUND", ["memberIds"]),
        ({"memberIds": ["a\x00"]}, "NOT_FOUND", ["memberIds"]),
        ({"memberIds": [str(number) for number in range(1001)]}, "INVALID", ["memberIds"]),
    ],
)
async def test_invalid_input_creates_nothing(account: Account, wrong: Json, code: str, path: list[str]) -> None:
    right: Json = {"kind": "PUBLIC", "name": "a" * 80, "description": "d" * 1000, "memberIds": ["bruno"]}
    await account.carla.mutate("createChatChannel", CHANNEL, **right)
    before = await fingerprint(account)
    payload = await account.carla.payload("createChatChannel", CHANNEL, **{**right, **wrong})
    assert payload["channel"] is None
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [(code, path)]
    assert await fingerprint(account) == before


async def test_two_channels_can_have_the_same_name(account: Account) -> None:
    created = await asyncio.gather(*(account.bruno.create_channel("Sala") for _ in range(5)))
    assert len(set(created)) == 5


async def test_characters_that_cannot_be_seen_are_removed_from_a_name(account: Account) -> None:
    channel = await account.bruno.create_channel("\ufeffgene\u200bral\uffff")
    assert (await account.bruno.read(channel, "name"))["name"] == "general"
    found = '{ discoverChatChannels(query: "general") { nodes { id } } }'
    assert (await account.davi.query(found))["discoverChatChannels"]["nodes"] == [{"id": channel}]
    await account.bruno.mutate("updateChatChannel", CHANNEL, channelId=channel, name="a" * 80 + "\u200b")
    assert (await account.bruno.read(channel, "name"))["name"] == "a" * 80


@pytest.mark.parametrize("name", ["Time 👩‍👩‍👧‍👦", "👍", "שלום", "\u200fשלום", "می‌خواهم", "#1", "ação", "a\u0301"])
async def test_a_name_can_use_any_script(account: Account, name: str) -> None:
    channel = await account.bruno.create_channel(name)
    assert (await account.bruno.read(channel, "name"))["name"] == name
    renamed = await account.bruno.payload("updateChatChannel", CHANNEL, channelId=channel, name=f"{name}\u202e")
    assert [(error["code"], error["path"]) for error in renamed["userErrors"]] == [("INVALID", ["name"])]
