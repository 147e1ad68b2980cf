"""Cards: each reader sees an item according to their own rights in its source module."""

import pytest

from models.enums import ItemKind
from tests.support.api import Account, Api
from tests.support.sockets import open_socket

pytestmark = pytest.mark.usefixtures("one_item_of_each_kind")

CARDS = """messages(last: 10) { nodes { body cards {
  id kind access title summary icon url sharedBy { id }
  entity { __typename ... on Deal { id card { title summary url stage } sharedIn { nodes { body } } } }
} } }"""


def ref(kind: ItemKind, id: str | None = None) -> dict[str, str]:
    return {"kind": kind.value, "id": id or kind.value.lower()}


async def test_a_card_depends_on_the_rights_of_the_reader(account: Account) -> None:
    channel = await account.bruno.create_channel("Vendas", memberIds=["carla", "davi"])
    await account.bruno.send(channel, "", cards=[ref(ItemKind.DEAL)])
    seen = (await account.carla.read(channel, CARDS))["messages"]["nodes"][-1]["cards"][0]
    assert seen["access"] == "GRANTED"
    assert seen["title"] == "Secret title of deal"
    assert seen["entity"]["card"]["title"] == "Secret title of deal"
    assert len(seen["entity"]["sharedIn"]["nodes"]) == 1
    hidden = (await account.davi.read(channel, CARDS))["messages"]["nodes"][-1]["cards"][0]
    assert hidden == {
        "id": seen["id"],
        "kind": "DEAL",
        "access": "FORBIDDEN",
        "title": None,
        "summary": None,
        "icon": "handshake",
        "url": None,
        "sharedBy": {"id": "bruno"},
        "entity": None,
    }


async def test_sharing_an_item_without_access_is_refused(account: Account) -> None:
    channel = await account.bruno.create_channel("Vendas", memberIds=["davi"])
    await account.bruno.send(channel, "look", cards=[ref(ItemKind.DEAL)])
    for item in (ref(ItemKind.DEAL), ref(ItemKind.DEAL, "unknown")):
        code = await account.davi.refusal(
            "sendChatMessage", "message { id }", channelId=channel, body="look", cards=[item]
        )
        assert code == "SHARE_DENIED"
        code = await account.davi.refusal(
            "shareToChat", "message { id }", entity=item, destination={"agentId": "carla"}
        )
        assert code == "SHARE_DENIED"
    assert await account.davi.bodies(channel) == ["look"]
    sidebar = await account.carla.query("{ chatChannels(kinds: [DIRECT]) { nodes { id } } }")
    assert sidebar["chatChannels"]["nodes"] == [], "a refused share opens no direct message"


async def test_sharing_with_an_agent_opens_the_direct_message(account: Account) -> None:
    share = {"entity": ref(ItemKind.TASK), "destination": {"agentId": "carla"}, "clientKey": "k"}
    first = await account.bruno.mutate("shareToChat", "message { id channel { id } }", **share)
    again = await account.bruno.mutate("shareToChat", "message { id channel { id } }", **share)
    assert first["message"] == again["message"]
    both = {"entity": ref(ItemKind.TASK), "destination": {}}
    assert (
        await account.bruno.execute(
            "mutation ($input: ShareToChatInput!) { shareToChat(input: $input) { userErrors { code } } }", input=both
        )
    ).code == "BAD_USER_INPUT"


async def test_with_card_preview_for_the_channel_titles_are_shown_to_all_members(account: Account) -> None:
    channel = await account.bruno.create_channel("Vendas", memberIds=["davi"])
    await account.bruno.send(channel, "", cards=[ref(ItemKind.CHARGE)])
    await account.ana.mutate("updateChatAccountSettings", "settings { cardPreview }", cardPreview="CHANNEL")
    card = (await account.davi.read(channel, CARDS))["messages"]["nodes"][-1]["cards"][0]
    assert (card["access"], card["title"], card["url"], card["entity"]) == (
        "FORBIDDEN",
        "Secret title of charge",
        None,
        None,
    )


async def test_a_deleted_message_has_no_cards(account: Account) -> None:
    channel = await account.bruno.create_channel("Vendas")
    message = await account.bruno.send(channel, "", cards=[ref(ItemKind.DEAL)])
    await account.bruno.mutate("deleteChatMessage", "message { id }", messageId=message)
    assert (await account.bruno.read(channel, CARDS))["messages"]["nodes"][-1]["cards"] == []


async def test_share_destinations_are_channels_where_the_viewer_can_post(account: Account) -> None:
    await account.bruno.create_channel("Bravo")
    await account.carla.create_channel("Not joined")
    archived = await account.bruno.create_channel("Archived")
    await account.bruno.mutate("archiveChatChannel", "channel { id }", channelId=archived)
    query = """query ($after: String) { shareDestinations(first: 2, after: $after) {
      nodes { ... on ChatChannel { channelName: name } ... on ChatAgent { agentName: name } }
      pageInfo { endCursor hasNextPage } } }"""
    names, after = [], None
    while True:
        page = (await account.bruno.query(query, after=after))["shareDestinations"]
        names += [node.get("channelName") or node["agentName"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert names == ["Ana", "Bravo", "Carla", "Davi"]


async def test_a_preview_counts_the_members_with_access(account: Account) -> None:
    channel = await account.bruno.create_channel("Vendas", memberIds=["carla", "davi"])
    query = """query ($entity: SharedEntityRef!, $to: ShareDestinationRef!) {
      sharePreview(entity: $entity, destination: $to) {
      card { access title } membersWithAccess memberCount } }"""
    entity, to = ref(ItemKind.DEAL), {"channelId": channel}
    assert (await account.bruno.query(query, entity=entity, to=to))["sharePreview"] == {
        "card": {"access": "GRANTED", "title": "Secret title of deal"},
        "membersWithAccess": 2,
        "memberCount": 3,
    }
    assert (await account.davi.query(query, entity=entity, to=to))["sharePreview"] == {
        "card": {"access": "FORBIDDEN", "title": None},
        "membersWithAccess": None,
        "memberCount": 3,
    }
    assert (await account.ana.query(query, entity=entity, to=to))["sharePreview"] is None


async def test_a_card_in_a_stream_depends_on_the_rights_of_the_subscriber(account: Account, socket_url: str) -> None:
    channel = await account.bruno.create_channel("Vendas", memberIds=["carla", "davi"])
    added = """subscription ($channel: ID!) {
      chatMessageAdded(channelId: $channel) { message { cards { access title } } } }"""
    async with (
        open_socket(socket_url, account.carla.token) as hers,
        open_socket(socket_url, account.davi.token) as his,
    ):
        seeing, not_seeing = await hers.subscribe(added, channel=channel), await his.subscribe(added, channel=channel)
        await account.until_subscribed(2)
        await account.bruno.send(channel, "", cards=[ref(ItemKind.DEAL)])
        assert (await seeing.data())["message"]["cards"] == [{"access": "GRANTED", "title": "Secret title of deal"}]
        assert (await not_seeing.data())["message"]["cards"] == [{"access": "FORBIDDEN", "title": None}]


async def test_each_reference_is_answered_independently(api: Api, account: Account) -> None:
    channel = await account.bruno.create_channel("Vendas", "PUBLIC")
    references = [
        {"__typename": "Deal", "id": "deal"},
        {"__typename": "Nothing", "id": "1"},
        {"__typename": "ChatChannel", "id": channel, "extra": 1},
        {"__typename": "ChatAgent", "id": "nobody"},
        {"id": "deal"},
        "rubbish",
    ]
    query = """query ($r: [_Any!]!) { _entities(representations: $r) {
      ... on Deal { id card { title } } ... on ChatChannel { name } ... on ChatAgent { agentName: name } } }"""
    answer = await account.carla.execute(query, r=references)
    assert answer.body["data"]["_entities"] == [
        {"id": "deal", "card": {"title": "Secret title of deal"}},
        None,
        {"name": "Vendas"},
        None,
        None,
        None,
    ]
    assert {error["extensions"]["code"] for error in answer.body["errors"]} == {"BAD_USER_INPUT"}
    assert (await api.anonymous().execute(query, r=references[:1])).code == "UNAUTHENTICATED"
