"""Sharing is refused for the first reason that holds, names the input field at fault, and leaves nothing behind."""

import asyncio

import pytest

from models.enums import ItemKind
from tests.support.api import Api, House, Json, Person
from tests.support.sockets import open_socket

HIDDEN = {"kind": "DEAL", "id": "deal"}
"""What davi may not see."""


def shares(item: Json, **input: object) -> Json:
    return {"entity": item, "destination": {"agentId": "carla"}, **input}


async def share(person: Person, **input: object) -> tuple[str, list[str] | None]:
    """Returns the code and the path of a share that must be refused."""
    payload = await person.payload("shareToChat", "message { id }", **input)
    assert payload["message"] is None
    (error,) = payload["userErrors"]
    return error["code"], error["path"]


async def direct_messages(person: Person) -> int:
    return len((await person.query("{ chatChannels(kinds: [DIRECT]) { nodes { id } } }"))["chatChannels"]["nodes"])


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
async def test_who_cannot_be_written_to_is_told_before_the_module_is_asked(
    api: Api, shop: House, agent: str, code: str
) -> None:
    other = await api.account()
    await other.sync(agents=[{"id": "stranger", "name": "Stranger"}])
    refused = await share(shop.davi, **shares(HIDDEN, destination={"agentId": agent}))
    assert refused == (code, ["destination", "agentId"])


async def test_a_key_of_another_message_opens_no_direct_message(shop: House) -> None:
    channel = await shop.bruno.create_channel("Vendas")
    await shop.bruno.send(channel, "Hello", clientKey="used")
    task = {"kind": "TASK", "id": "task"}
    assert await share(shop.bruno, **shares(task, clientKey="used")) == ("CONFLICT", ["clientKey"])
    assert (await direct_messages(shop.bruno), await direct_messages(shop.carla)) == (0, 0)


async def test_the_same_share_at_once_is_one_message(shop: House) -> None:
    task = shares({"kind": "TASK", "id": "task"}, clientKey="once")
    sent = await asyncio.gather(*(shop.bruno.mutate("shareToChat", "message { id }", **task) for _ in range(6)))
    assert len({each["message"]["id"] for each in sent}) == 1
    assert await direct_messages(shop.carla) == 1


async def test_an_opened_direct_message_comes_with_its_card(shop: House, socket_url: str) -> None:
    """Both in one transaction, and in this order: whoever listens hears the first message of a new channel."""
    added = "subscription { chatMessageAdded { message { channel { kind } cards { title } } } }"
    async with open_socket(socket_url, shop.carla.token) as hers:
        stream = await hers.subscribe(added)
        await stream.nothing()
        await shop.bruno.mutate("shareToChat", "message { id }", **shares({"kind": "TASK", "id": "task"}))
        message = (await stream.data())["message"]
        assert message == {"channel": {"kind": "DIRECT"}, "cards": [{"title": "Secret title of task"}]}


async def test_a_refusal_names_a_field_of_its_input(shop: House) -> None:
    foreign = await shop.ana.create_channel("Hidden", "PRIVATE")
    for destination in ({"agentId": "carla"}, {"channelId": await shop.davi.create_channel("Own")}):
        to: Json = {"destination": destination}
        assert await share(shop.davi, **shares(HIDDEN, **to)) == ("SHARE_DENIED", ["entity"])
        assert await share(shop.davi, **shares({"kind": "DEAL", "id": ""}, **to)) == ("INVALID", ["entity"])
        assert await share(shop.davi, **shares(HIDDEN, body="x" * 20_001, **to)) == ("INVALID", ["body"])
        assert await share(shop.davi, **shares(HIDDEN, clientKey="", **to)) == ("INVALID", ["clientKey"])
    for channel in (foreign, "chn_1"):
        refused = await share(shop.davi, **shares(HIDDEN, destination={"channelId": channel}))
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
async def test_which_of_several_cards_is_told(shop: House, cards: list[Json], code: str, place: str) -> None:
    channel = await shop.davi.create_channel("Vendas")
    for kind in (ItemKind.TASK, ItemKind.CHARGE):
        await shop.own_item(kind, "open")
    payload = await shop.davi.payload("sendChatMessage", "message { id }", channelId=channel, cards=cards)
    (error,) = payload["userErrors"]
    assert (error["code"], error["path"]) == (code, ["cards", place])
