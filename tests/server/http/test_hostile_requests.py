"""Requests with tens of thousands of values get normal answers or coded errors, and one failure is logged once. The
limits on one client are raised: without them, the server still answers."""

from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import ARRAY
from starlette.applications import Starlette
from structlog.testing import capture_logs
from structlog.typing import EventDict

import loaders.channels
from models.columns import IDENTIFIER, TEXT_ARRAY
from models.statements import sql
from schema.references import REFERENCES
from tests.support.api import Account, Response
from tests.support.long_documents import accept_long_documents

FIELDS = 66
IDS = FIELDS * REFERENCES
"""More than the 32,767 arguments that the driver accepts."""

MANY_DIGITS = "1" * 5_000


@pytest.fixture(autouse=True)
def _raised_limits(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    accept_long_documents(app, monkeypatch)


async def entities(account: Account, typename: str, id_of: Callable[[int], str]) -> Response:
    """Requests IDS entities with distinct ids."""
    variables = {
        f"r{field}": [{"__typename": typename, "id": id_of(field * REFERENCES + place)} for place in range(REFERENCES)]
        for field in range(FIELDS)
    }
    declared = " ".join(f"${name}: [_Any!]!" for name in variables)
    fields = " ".join(
        f"{name}: _entities(representations: ${name}) {{ ... on {typename} {{ id }} }}" for name in variables
    )
    return await account.ana.execute(f"query ({declared}) {{ {fields} }}", **variables)


@pytest.mark.parametrize(
    ("typename", "id_of", "found"),
    [
        ("ChatChannel", "chn_{:032x}".format, 0),
        ("ChatMessage", "msg_{:032x}".format, 0),
        ("ChatAgent", "agent-{}".format, 0),
        ("Deal", "deal-{}".format, IDS),
    ],
)
async def test_tens_of_thousands_of_entities_are_answered(
    account: Account, typename: str, id_of: Callable[[int], str], found: int
) -> None:
    data = (await entities(account, typename, id_of)).data
    answered = [entity for field in data.values() for entity in field]
    assert (len(answered), sum(entity is not None for entity in answered)) == (IDS, found)


async def test_a_failure_that_reaches_hundreds_of_fields_is_logged_once(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = sql(
        "SELECT CAST(CAST(:account_id AS text) AS integer) WHERE :agent_ids <> '{}' AND :channel_ids <> '{}'",
        agent_ids=TEXT_ARRAY,
        channel_ids=ARRAY(IDENTIFIER),
    )
    fields = [f'f{number}: chatChannel(id: "chn_{number:032x}") {{ id }}' for number in range(800)]
    document = f"{{ {' '.join(fields)} }}"
    assert set((await account.ana.query(document)).values()) == {None}
    monkeypatch.setattr(loaders.channels, "_SEATS", failing)
    with capture_logs() as logged:
        errors = (await account.ana.execute(document)).body["errors"]
    assert len(errors) == len(fields)
    (event,) = problems(logged)
    assert {error["extensions"]["id"] for error in errors} == {event["incident"]}
    traceback, calls = event["exc_info"].__traceback__, 0
    while traceback is not None:
        traceback, calls = traceback.tb_next, calls + 1
    assert calls < 20


async def test_a_list_argument_of_any_length_is_answered(account: Account) -> None:
    channel_id = await account.ana.create_channel()
    document = "query ($kinds: [ChatChannelKind!]) { chatChannels(kinds: $kinds) { nodes { id } } }"
    for kinds in (["PUBLIC"], ["PUBLIC", "PRIVATE"] * 20_000):
        assert (await account.ana.query(document, kinds=kinds))["chatChannels"]["nodes"] == [{"id": channel_id}]


@pytest.mark.parametrize(
    "document",
    [
        "{ chatChannels(first: %s) { nodes { id } } }",
        "query ($first: Int = %s) { chatChannels(first: $first) { nodes { id } } }",
        "{ chatChannels(kinds: %s) { nodes { id } } }",
        "{ chatChannels(archived: %s) { nodes { id } } }",
        "{ __typename @skip(if: %s) }",
        'mutation { updateChatMembership(input: {channelId: "x", mutedUntil: %s}) { userErrors { code } } }',
    ],
)
async def test_an_integer_literal_of_thousands_of_digits_is_invalid(account: Account, document: str) -> None:
    assert (await account.ana.query("{ chatChannels(first: 1) { nodes { id } } }"))["chatChannels"]["nodes"] == []
    with capture_logs() as logged:
        response = await account.ana.execute(document % MANY_DIGITS)
    assert (response.code, problems(logged)) == ("GRAPHQL_VALIDATION_FAILED", [])
    assert "sys." not in response.body["errors"][0]["message"]


async def test_an_id_of_thousands_of_digits_is_refused_like_the_same_variable(account: Account) -> None:
    assert (await account.ana.execute(f"{{ chatChannel(id: {MANY_DIGITS}) {{ id }} }}")).code == "BAD_USER_INPUT"
    representation = f'{{__typename: "ChatAgent", id: {MANY_DIGITS}}}'
    response = await account.ana.execute(f"{{ _entities(representations: [{representation}]) {{ __typename }} }}")
    assert response.code == "BAD_USER_INPUT"


async def test_a_json_integer_of_thousands_of_digits_is_malformed(account: Account) -> None:
    ana = account.ana
    headers = {"authorization": f"Bearer {ana.token}", "content-type": "application/json"}
    for digits, answer in (("1", None), (MANY_DIGITS, "BAD_USER_INPUT")):
        body = '{"query": "query ($x: Int) { chatChannels(first: $x) { nodes { id } } }", "variables": {"x": %s}}'
        response = await ana.http.post("/graphql", content=body % digits, headers=headers)
        code = Response(response.json()).code if "errors" in response.json() else None
        assert code == answer


def problems(logged: Sequence[EventDict]) -> list[EventDict]:
    """Returns the events that are more than information, such as the line of each operation."""
    return [event for event in logged if event["log_level"] != "info"]
