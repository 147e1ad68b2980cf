"""shareToChat: a refusal names the invalid input field and leaves nothing behind."""

import asyncio

import pytest

from models.enums import ItemKind
from tests.support.api import Account, AgentClient, Api, Json
from tests.support.sockets import open_socket

pytestmark = pytest.mark.usefixtures("one_item_of_each_kind")

HIDDEN = {"kind": "DEAL", "id": "deal"}
"""An item that davi cannot see."""


def shares(item: Json, **input: object) -> Json:
    return {"entity": item, "destination": {"agentId": "carla"}, **input}


async def share(agent: AgentClient, **input: object) -> tuple[str, list[str] | None]:
    """Returns the code and the path of the error of a refused share."""
    payload = await agent.payload("shareToChat", "message { id }", **input)
    assert payload["message"] is None
    (error,) = payload["userErrors"]
    return error["code"], error["path"]


async def direct_messages(agent: AgentClient) -> int:
    return len((await agent.query("{ chatChannels(kinds: [DIRECT]) { nodes { id } } }"))["chatChannels"]["nodes"])


@pytest.mark.parametrize(
    ("agent", "code"),
    [
        ("\0", "NOT_FOUND"),
        ("nobody", "NOT_FOUND"),
        ("", "NOT_FOUND"),
        ("stranger", "NOT_FOUND"),
        ("elisa", "NOT_FOUND"),
        ("davi", "INVALID"),
    ],
)
async def test_a_destination_that_cannot_be_written_to_is_refused_before_the_source_is_asked(
    api: Api, account: Account, agent: str, code: str
) -> None:
    other = await api.create_account()
    await other.sync(agents=[{"id": "stranger", "name": "Stranger"}])
    refused = await share(account.davi, **shares(HIDDEN, destination={"agentId": agent}))
    assert refused == (code, ["destination", "agentId"])


async def test_a_key_of_another_message_opens_no_direct_message(account: Account) -> None:
    channel = await account.bruno.create_channel("Vendas")
    await account.bruno.send(channel, "Hello", clientKey="used")
    task = {"kind": "TASK", "id": "task"}
    assert await share(account.bruno, **shares(task, clientKey="used")) == ("CONFLICT", ["clientKey"])
    assert (await direct_messages(account.bruno), await direct_messages(account.carla)) == (0, 0)


async def test_concurrent_shares_with_one_client_key_are_one_message(account: Account) -> None:
    task = shares({"kind": "TASK", "id": "task"}, clientKey="once")
    sent = await asyncio.gather(*(account.bruno.mutate("shareToChat", "message { id }", **task) for _ in range(6)))
    assert len({each["message"]["id"] for each in sent}) == 1
    assert await direct_messages(account.carla) == 1


async def test_opening_a_direct_message_and_sharing_is_one_transaction(account: Account, socket_url: str) -> None:
    """The stream of the other agent delivers the first message of the new channel."""
    added = "subscription { chatMessageAdded { message { channel { kind } cards { title } } } }"
    async with open_socket(socket_url, account.carla.token) as socket:
        stream = await socket.subscribe(added)
        await account.until_subscribed()
        await account.bruno.mutate("shareToChat", "message { id }", **shares({"kind": "TASK", "id": "task"}))
        message = (await stream.data())["message"]
        assert message == {"channel": {"kind": "DIRECT"}, "cards": [{"title": "Secret title of task"}]}


async def test_the_error_path_names_a_field_of_the_input(account: Account) -> None:
    foreign = await account.ana.create_channel("Hidden", "PRIVATE")
    for destination in ({"agentId": "carla"}, {"channelId": await account.davi.create_channel("Own")}):
        to: Json = {"destination": destination}
        assert await share(account.davi, **shares(HIDDEN, **to)) == ("SHARE_DENIED", ["entity"])
        assert await share(account.davi, **shares({"kind": "DEAL", "id": ""}, **to)) == (
            "INVALID",
            ["entity"],
        )
        assert await share(account.davi, **shares(HIDDEN, body="x" * 20_001, **to)) == ("INVALID", ["body"])
        assert await share(account.davi, **shares(HIDDEN, clientKey="", **to)) == ("INVALID", ["clientKey"])
    for channel in (foreign, "chn_1"):
        refused = await share(account.davi, **shares(HIDDEN, destination={"channelId": channel}))
        assert refused == ("NOT_FOUND", ["destination", "channelId"])


TASK, CHARGE = {"kind": "TASK", "id": "open"}, {"kind": "CHARGE", "id": "open"}


@pytest.mark.parametrize(
    ("cards", "code", "place"),
    [
        ([TASK, CHARGE, HIDDEN], "SHARE_DENIED", "2"),
        ([TASK, {"kind": "TASK", "id": "a\nb"}], "INVALID", "1"),
        ([TASK, HIDDEN, TASK], "INVALID", "2"),
        ([{"kind": kind.value, "id": str(number)} for kind in ItemKind for number in range(2)], "INVALID", "10"),
    ],
)
async def test_the_error_path_names_the_refused_card(
    account: Account, cards: list[Json], code: str, place: str
) -> None:
    channel = await account.davi.create_channel("Vendas")
    for kind in (ItemKind.TASK, ItemKind.CHARGE):
        account.add_item(kind, "open")
    payload = await account.davi.payload("sendChatMessage", "message { id }", channelId=channel, cards=cards)
    (error,) = payload["userErrors"]
    assert (error["code"], error["path"]) == (code, ["cards", place])
