"""The ids by which caches of clients recognise an object: the same in every answer, and different for every object."""

from models.enums import ItemKind
from tests.support.api import Account, Api, Json

MEMBERS = "viewerMembership { id } members { nodes { id agent { id } } }"
PREVIEW = """query ($entity: SharedEntityRef!, $destination: ShareDestinationRef!) {
  sharePreview(entity: $entity, destination: $destination) { card { id } }
}"""
MESSAGE = """query ($id: ID!) {
  chatMessage(id: $id) { mentions { id agent { id } } reactions { id emoji agents { nodes { id } } } }
}"""


async def test_members_and_memberships_have_ids_of_the_channel_and_the_agent(account: Account) -> None:
    first, second = [await account.ana.create_channel(memberIds=["bruno"]) for _ in range(2)]

    async def read(channel: str) -> dict[str, Json]:
        return {agent.id: await agent.read(channel, MEMBERS) for agent in (account.ana, account.bruno)}

    answers = [await read(first), await read(second)]
    assert await read(first) == answers[0]
    for each in answers:
        assert each["ana"]["members"] == each["bruno"]["members"]
    ids = [node["id"] for each in answers for node in each["ana"]["members"]["nodes"]]
    ids += [each[agent]["viewerMembership"]["id"] for each in answers for agent in ("ana", "bruno")]
    assert len(set(ids)) == len(ids) == 8


async def test_an_agent_who_rejoins_has_the_same_ids(account: Account) -> None:
    channel = await account.ana.create_channel(memberIds=["bruno"])
    before = await account.bruno.read(channel, MEMBERS)
    await account.ana.mutate("removeChatMember", "channel { id }", channelId=channel, agentId="bruno")
    await account.ana.mutate("addChatMembers", "channel { id }", channelId=channel, agentIds=["bruno"])
    assert await account.bruno.read(channel, MEMBERS) == before


async def test_mentions_and_reactions_have_ids_of_the_message(account: Account) -> None:
    channel = await account.ana.create_channel(memberIds=["bruno", "carla"])
    body = "[@Bruno](mention://user/bruno/Bruno) [@Carla](mention://user/carla/Carla)"
    messages = [await account.ana.send(channel, body) for _ in range(2)]
    for message in messages:
        for emoji in ("👍", "🎉"):
            await account.bruno.mutate("addChatReaction", "message { id }", messageId=message, emoji=emoji)
    answers = [(await account.ana.query(MESSAGE, id=message))["chatMessage"] for message in messages]
    ids = [part["id"] for answer in answers for part in (*answer["mentions"], *answer["reactions"])]
    assert len(set(ids)) == len(ids) == 8
    await account.carla.mutate("addChatReaction", "message { id }", messageId=messages[0], emoji="👍")
    await account.ana.mutate(
        "editChatMessage", "message { id }", messageId=messages[0], body="[@Carla](mention://user/carla/Carla)"
    )
    changed = (await account.ana.query(MESSAGE, id=messages[0]))["chatMessage"]
    assert changed["mentions"] == answers[0]["mentions"][1:]
    assert [each["id"] for each in changed["reactions"]] == [each["id"] for each in answers[0]["reactions"]]


async def test_the_viewer_and_the_settings_have_ids_while_the_chat_is_disabled(api: Api) -> None:
    account = await api.create_account(enabled=False)
    assert await account.ana.query("{ chatViewer { id } chatAccountSettings { id } }") == {
        "chatViewer": {"id": "ana"},
        "chatAccountSettings": {"id": account.account_id},
    }


async def test_a_preview_of_the_same_item_has_the_same_card_id(account: Account) -> None:
    account.add_item(ItemKind.DEAL, "1")
    account.add_item(ItemKind.TASK, "1")
    channel = await account.ana.create_channel()

    async def card_id(kind: ItemKind) -> str:
        entity, destination = {"kind": kind, "id": "1"}, {"channelId": channel}
        id: str = (await account.ana.query(PREVIEW, entity=entity, destination=destination))["sharePreview"]["card"][
            "id"
        ]
        return id

    assert await card_id(ItemKind.DEAL) == await card_id(ItemKind.DEAL) != await card_id(ItemKind.TASK)
