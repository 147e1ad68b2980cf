"""Arguments and input fields that can be omitted: the schema shows the default that applies, or none. Null has the same
effect as omitting an argument, and gives no internal error anywhere."""

import pytest
from graphql import is_non_null_type, print_ast

from server.schema import schema
from tests.schema.documents import SCHEMA
from tests.schema.places import Place, places
from tests.support.api import Account, AgentClient, Api, Json

SCALARS = ("String", "ID", "Int", "Boolean", "DateTime", "ChatRole", "ChatChannelKind")
OPTIONAL = [place for place in places(*SCALARS) if not place.path and not is_non_null_type(place.type)]
INPUT_FIELDS = [place for place in places(*SCALARS) if place.path]
LISTS = {
    "chatAgents": "{ chatAgents%s { nodes { __typename } } }",
    "shareDestinations": "{ shareDestinations%s { nodes { __typename } } }",
    "members": '{ chatChannel(id: "$channel") { members%s { nodes { __typename } } } }',
}

OFF_BY_DEFAULT = ("chatChannels.archived", "chatChannels.unread", "chatNotifications.unreadOnly")


@pytest.fixture(scope="module")
async def account(api: Api) -> Account:
    return await api.create_account(extra_agents=60)


@pytest.fixture(scope="module")
async def names(account: Account) -> Json:
    channel = await account.ana.create_channel(memberIds=[f"extra-{number:04}" for number in range(60)])
    message = await account.ana.send(channel)
    await account.ana.mutate("addChatReaction", "message { id }", messageId=message, emoji="👍")
    return {"channel": channel, "message": message}


def test_an_argument_has_the_default_that_applies_or_none() -> None:
    defaults = {place.name: _default(place) for place in OPTIONAL}
    expected: dict[str, str | None] = dict.fromkeys(defaults) | {
        name: "50" for name in defaults if name.endswith(".first")
    }
    expected |= {f"Query.{name}": "false" for name in OFF_BY_DEFAULT}
    # Without arguments, it is the latest page: `last` applies.
    expected["ChatChannel.messages.first"] = None
    assert defaults == expected


def test_no_argument_or_input_field_has_the_default_null() -> None:
    assert "= null" not in schema.as_str()


def _default(place: Place) -> str | None:
    argument = SCHEMA.type_map[place.parent].fields[place.field].args[place.argument]  # type: ignore[attr-defined]
    return print_ast(argument.default.literal) if argument.default else None


async def _count(agent: AgentClient, document: str, **variables: object) -> int:
    return str(await agent.query(document, **variables)).count("__typename")


@pytest.mark.parametrize("name", LISTS)
async def test_a_page_has_50_items_if_first_is_omitted_or_null(account: Account, names: Json, name: str) -> None:
    document = LISTS[name].replace("$channel", names["channel"])
    assert [await _count(account.ana, document % size) for size in ("(first: 60)", "(first: 50)")] == [60, 50]
    assert [await _count(account.ana, document % size) for size in ("", "(first: null)")] == [50, 50]
    with_variable = f"query ($value: Int) {document % '(first: $value)'}"
    assert await _count(account.ana, with_variable) == 50
    assert await _count(account.ana, with_variable, value=None) == 50


@pytest.mark.parametrize(
    "place", [place for place in OPTIONAL if place.parent != "Subscription"], ids=lambda place: place.name
)
async def test_null_has_the_effect_of_omitting_an_argument(account: Account, names: Json, place: Place) -> None:
    omitted = (await account.ana.execute(place.document_without(names))).body
    assert "INTERNAL" not in str(omitted)
    assert (await account.ana.execute(place.document(names, "null"))).body == omitted
    assert (await account.ana.execute(place.document(names))).body == omitted
    assert (await account.ana.execute(place.document(names), value=None)).body == omitted


@pytest.mark.parametrize("place", INPUT_FIELDS, ids=lambda place: place.name)
async def test_null_in_an_input_is_accepted_or_refused_with_a_code(account: Account, names: Json, place: Place) -> None:
    client = account.api.service(account.account_id) if place.field == "syncChatDirectory" else account.ana
    body = (await client.execute(place.document(names), value=place.value(None))).body
    if "errors" in body:
        assert {error["extensions"]["code"] for error in body["errors"]} == {"BAD_USER_INPUT"}
    else:
        # A query has no `userErrors`.
        errors = body["data"][place.field].get("userErrors", [])
        assert all(error["code"] in ("INVALID", "NOT_FOUND", "FORBIDDEN") for error in errors), errors
