"""Every text and id that a client sends has a maximum length. The arguments and input fields come from the schema."""

import time
from dataclasses import dataclass

import pytest

from chat.mention_scanner import parse_mentions
from chat.message_text import BODY_LENGTH
from chat.naming import like_pattern
from models.enums import ItemKind
from schema.texts import QUERY_LENGTH, TEXT_LENGTH
from tests.schema.places import Place, places
from tests.support.api import Account, Api, Json
from tests.support.sockets import open_socket

LIMIT_MESSAGE = f"can have at most {TEXT_LENGTH:,} characters."


def _limit(place: Place) -> int:
    return QUERY_LENGTH if place.argument == "query" else TEXT_LENGTH


PLACES = list(places("String", "ID"))
SIMPLE = [place for place in PLACES if place.parent not in ("Mutation", "Subscription")]
MUTATIONS = [place for place in PLACES if place.parent == "Mutation"]
SUBSCRIPTIONS = [place for place in PLACES if place.parent == "Subscription"]


@dataclass(frozen=True)
class Scene:
    """A channel with a message that has a reaction."""

    account: Account
    names: Json


@pytest.fixture(scope="module")
async def scene(api: Api) -> Scene:
    account = await api.create_account()
    account.add_item(ItemKind.DEAL, "1")
    channel = await account.ana.create_channel()
    message = await account.ana.send(channel)
    await account.ana.mutate("addChatReaction", "message { id }", messageId=message, emoji="👍")
    return Scene(account, {"channel": channel, "message": message})


def test_the_schema_has_many_texts() -> None:
    assert len(SIMPLE) > 25
    assert len(MUTATIONS) > 45
    assert len(SUBSCRIPTIONS) > 5


@pytest.mark.parametrize("place", SIMPLE, ids=lambda place: place.name)
async def test_a_text_over_the_limit_is_bad_input_of_a_query(scene: Scene, place: Place) -> None:
    ana, document = scene.account.ana, place.document(scene.names)
    control = (await ana.execute(document, value=place.value("x" * _limit(place)))).body
    assert "characters" not in str(control.get("errors"))
    assert "INTERNAL" not in str(control.get("errors"))
    for length in (_limit(place) + 1, 250_000):
        errors = (await ana.execute(document, value=place.value("x" * length))).body["errors"]
        assert {error["extensions"]["code"] for error in errors} == {"BAD_USER_INPUT"}
        assert f"at most {_limit(place):,} characters" in errors[0]["message"]


@pytest.mark.parametrize("place", MUTATIONS, ids=lambda place: place.name)
async def test_a_text_over_the_limit_is_refused_by_a_mutation_with_its_path(scene: Scene, place: Place) -> None:
    client = (
        scene.account.api.service(scene.account.account_id) if place.field == "syncChatDirectory" else scene.account.ana
    )
    document = place.document(scene.names)
    for length, is_refused in ((1, False), (TEXT_LENGTH + 1, True), (250_000, True)):
        payload = (await client.query(document, value=place.value("x" * length)))[place.field]
        too_long = [error for error in payload["userErrors"] if LIMIT_MESSAGE in error["message"]]
        paths = [(error["code"], [name for name in error["path"] if not name.isdigit()]) for error in too_long]
        assert paths == ([("INVALID", list(place.path))] if is_refused else [])


@pytest.mark.parametrize("place", SUBSCRIPTIONS, ids=lambda place: place.name)
async def test_a_text_over_the_limit_is_bad_input_of_a_subscription(
    scene: Scene, socket_url: str, place: Place
) -> None:
    document = place.document(scene.names)
    async with open_socket(socket_url, scene.account.ana.token) as socket:
        for length, too_long in ((1, False), (TEXT_LENGTH + 1, True)):
            stream = await socket.subscribe(document, value=place.value("x" * length))
            try:
                message = str(await stream.next(patience=0.5 + too_long * 5))
            except TimeoutError:
                message = ""
            assert (f"at most {TEXT_LENGTH:,} characters" in message and "BAD_USER_INPUT" in message) == too_long


HOSTILE = [
    "a",
    "\ufdfa",
    "\u0315\u0300",
    "e\u0301",
    "[",
    "[@",
    "]",
    "\\",
    "[@a](mention://user/1/",
    "](mention://user/",
]


@pytest.mark.parametrize("letters", HOSTILE, ids=ascii)
def test_the_longest_texts_take_less_than_50_milliseconds(letters: str) -> None:
    body = ("[@a](mention://user/1/" + letters * BODY_LENGTH)[:BODY_LENGTH]
    query = (letters * QUERY_LENGTH)[:QUERY_LENGTH]
    begun = time.process_time()
    assert len(parse_mentions(body)) <= 1
    assert len(like_pattern(query)) > 1
    assert time.process_time() - begun < 0.05
