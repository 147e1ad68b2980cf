"""An ID is a string or an integer of 64 bits. Other numbers may have been rounded, to the id of someone else. The
arguments and input fields come from the schema."""

import json
import re
from urllib.parse import quote

import pytest

from tests.schema.places import Place, places
from tests.support.api import Account, Api, Json
from tests.support.sockets import open_socket

PLACES = list(places("ID"))
REFUSED = ["99999999999999999999", "-99999999999999999999", "18446744073709551616", "5.0", "-0.0", "1e3", "true"]
ACCEPTED = ['"x"', "5", "18446744073709551615", "-9223372036854775808"]
OPEN = "mutation ($id: ID!) { openDirectMessage(input: {agentId: $id}) { channel { id } userErrors { code } } }"
WRONG_AGENT = "100000000000000000000"


@pytest.fixture(scope="module")
async def account(api: Api) -> Account:
    account = await api.create_account()
    await account.sync(agents=[{"id": id, "name": f"Agente {id}"} for id in ("5", "18446744073709551615")])
    return account


@pytest.fixture(scope="module")
async def names(account: Account) -> Json:
    channel = await account.ana.create_channel()
    return {"channel": channel, "message": await account.ana.send(channel)}


def test_the_schema_has_many_ids() -> None:
    assert len(PLACES) > 45
    assert {place.parent for place in PLACES} == {"Query", "Mutation", "Subscription", "ChatChannel"}


async def _codes(account: Account, document: str, variables: str = "null") -> set[str]:
    """Returns the codes of the errors. The variables are JSON, so that a number is sent as it is written."""
    headers = {"authorization": f"Bearer {account.ana.token}", "content-type": "application/json"}
    if document.startswith("subscription"):
        headers["accept"] = "text/event-stream"
    content = f'{{"query": {json.dumps(document)}, "variables": {variables}}}'
    response = await account.ana.http.post("/graphql", content=content, headers=headers)
    return set(re.findall('"code":"(BAD_USER_INPUT|GRAPHQL_[A-Z_]+|INTERNAL_SERVER_ERROR)"', response.text))


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
async def test_a_number_that_may_have_been_rounded_is_no_id(account: Account, names: Json, place: Place) -> None:
    for number in REFUSED:
        variables = json.dumps({"value": place.value("$scalar")}).replace('"$scalar"', number)
        assert await _codes(account, place.document(names), variables) == {"BAD_USER_INPUT"}
        assert await _codes(account, place.document(names, place.literal(number))) == {"BAD_USER_INPUT"}


@pytest.mark.parametrize("place", [place for place in PLACES if place.parent != "Subscription"], ids=lambda p: p.name)
async def test_a_string_or_an_integer_of_64_bits_is_an_id(account: Account, names: Json, place: Place) -> None:
    for id in ACCEPTED:
        variables = json.dumps({"value": place.value("$scalar")}).replace('"$scalar"', id)
        for document in (place.document(names), place.document(names, place.literal(id))):
            codes = await _codes(account, document, variables if "$value" in document else "null")
            assert codes == set()


async def test_the_default_of_a_variable_is_checked_too(account: Account) -> None:
    for number in REFUSED:
        assert await _codes(account, OPEN.replace("$id: ID!", f"$id: ID! = {number}")) == {"BAD_USER_INPUT"}


async def test_a_direct_message_is_never_opened_with_another_agent(api: Api) -> None:
    account = await api.create_account()
    ids = [WRONG_AGENT, "5", "18446744073709551615", "99999999999999999999"]
    await account.sync(agents=[{"id": id, "name": f"Agente {id}"} for id in ids])
    assert await _codes(account, OPEN, '{"id": 99999999999999999999}') == {"BAD_USER_INPUT"}
    direct = "{ chatChannels(kinds: [DIRECT]) { nodes { directPeer { id } } } }"
    assert (await account.ana.query(direct))["chatChannels"]["nodes"] == []
    for id in ("18446744073709551615", '"99999999999999999999"', "5"):
        assert await _codes(account, OPEN, f'{{"id": {id}}}') == set()
    nodes = (await account.ana.query(direct))["chatChannels"]["nodes"]
    assert {node["directPeer"]["id"] for node in nodes} == {*ids} - {WRONG_AGENT}


async def test_the_variables_of_a_url_are_checked_too(account: Account) -> None:
    query = quote("query ($id: ID!) { chatChannel(id: $id) { id } }")
    headers = {"authorization": f"Bearer {account.ana.token}"}
    for number in REFUSED:
        variables = quote(f'{{"id": {number}}}')
        response = await account.ana.http.get(f"/graphql?query={query}&variables={variables}", headers=headers)
        assert '"BAD_USER_INPUT"' in response.text


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
async def test_a_socket_refuses_the_same_numbers(account: Account, names: Json, socket_url: str, place: Place) -> None:
    async with open_socket(socket_url, account.ana.token) as socket:
        for number in ("99999999999999999999", "5.0"):
            stream = await socket.subscribe(place.document(names), value=place.value(json.loads(number)))
            assert await stream.error_code() == "BAD_USER_INPUT"
            stream = await socket.subscribe(place.document(names, place.literal(number)))
            assert await stream.error_code() == "BAD_USER_INPUT"


ENTITIES = "query ($of: [_Any!]!) { _entities(representations: $of) { ... on ChatAgent { id } } }"
WITH_ID = 'query ($id: {}) {{ _entities(representations: [{{__typename: "ChatAgent", id: {}}}]) {{ __typename }} }}'


async def test_a_reference_to_an_entity_refuses_the_same_numbers(account: Account) -> None:
    for number in REFUSED:
        variables = f'{{"of": [{{"__typename": "ChatAgent", "id": {number}}}]}}'
        assert await _codes(account, ENTITIES, variables) == {"BAD_USER_INPUT"}
        assert await _codes(account, WITH_ID.replace("($id: {}) ", "").format(number)) == {"BAD_USER_INPUT"}
    for id in ACCEPTED[1:3]:
        of = [{"__typename": "ChatAgent", "id": int(id)}]
        assert (await account.ana.query(ENTITIES, of=of))["_entities"] == [{"id": id}]
    assert await _codes(account, WITH_ID.format("ID!", "$id"), '{"id": 99999999999999999999}') == {"BAD_USER_INPUT"}
