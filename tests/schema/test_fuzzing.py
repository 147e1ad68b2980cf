"""Generated requests of a signed-in agent: whatever is sent, the answer is data or an error with a code.

`scripts/test tests/schema/test_fuzzing.py` sends about a thousand requests. With `FUZZING_ROUNDS=10`
in the environment, it sends ten times as many.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chat.errors import DenialCode, RefusalCode
from server.http.errors import COST_EXCEEDED, INVALID_DOCUMENT, INVALID_SYNTAX
from tests.schema.documents import MUTATIONS, QUERIES
from tests.schema.scene import Scene
from tests.support.api import Api, ApiClient, Json

ROUNDS = int(os.environ.get("FUZZING_ROUNDS", "1"))
SCHEMA = schemathesis.graphql.from_path(Path(__file__).parents[2] / "schema.client.graphql")
FIELDS = [("Query", name) for name in QUERIES if not name.startswith("_")] + [("Mutation", name) for name in MUTATIONS]

CODES = {*DenialCode, COST_EXCEEDED, INVALID_DOCUMENT, INVALID_SYNTAX}
INTERNALS = re.compile(
    r"Traceback|asyncpg|sqlalchemy|psycopg|pydantic|graphql\.|object at 0x|NoneType|KeyError|ValueError|TypeError"
    r"|SELECT |INSERT |UPDATE |DELETE "
)
"""Words of Python and SQL, which no message contains."""

MARKS = (
    "# ", "> ", "- ", "1. ", "```\n", "`", "**", "_", "~~", "[", "](", ")", "![", "<", ">", "&amp;", "\n", "\n\n",
    "    ", "|", "\\", "http://", "mailto:", "<!--", "-->", "[@a](mention://user/davi/a)", "[@t](mention://team/1/t)",
    "mention://channel/all", "\u202e", "\u200b", "👍🏽", "重要", "é",
)  # fmt: skip
MARKDOWN = st.lists(st.sampled_from(MARKS) | st.text(max_size=8), max_size=30).map("".join)

quickly = settings(
    max_examples=12 * ROUNDS,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.reuse, Phase.generate],
)


@pytest.fixture(scope="module")
async def scene(api: Api) -> Scene:
    scene = await Scene.build(api)
    for number in range(3):
        await scene.account.bruno.send(scene.private, f"Mensagem {number}")
    return scene


async def answer_of(client: ApiClient, query: str, variables: Json | None = None) -> Json:
    """Returns the answer. Fails if the server failed, if an error has no code, or if its text is not for clients."""
    headers = {"authorization": f"Bearer {client.token}"}
    body = {"query": query, "variables": variables or {}}
    response = await client.http.post("/graphql", json=body, headers=headers)
    check(response)
    answer: Json = response.json()
    return answer


def check(response: httpx.Response) -> None:
    assert response.status_code in (200, 400), response.text
    for error in response.json().get("errors", []):
        assert error["extensions"]["code"] in CODES, error
        assert not INTERNALS.search(error["message"]), error
    for error in user_errors(response.json().get("data")):
        assert error["code"] in set(RefusalCode), error
        assert not INTERNALS.search(error["message"]), error


def user_errors(data: object) -> Iterator[Json]:
    for payload in (data or {}).values() if isinstance(data, dict) else ():
        if isinstance(payload, dict):
            yield from (error for error in payload.get("userErrors") or () if {"code", "message"} <= error.keys())


# ---------------------------------------------------------------- documents


@pytest.mark.parametrize(("type_name", "field"), FIELDS)
@quickly
@given(data=st.data())
async def test_generated_documents_have_coded_answers(
    scene: Scene, type_name: str, field: str, data: st.DataObject
) -> None:
    case = data.draw(SCHEMA[type_name][field].as_strategy())
    await answer_of(scene.account.davi, str(case.body))


# ---------------------------------------------------------------- values

MESSAGES = "query ($id: ID!, $after: String) { chatChannel(id: $id) { messages(first: 1, after: $after) { %s } } }"
PAGES = {
    "messages": MESSAGES % "nodes { seq } pageInfo { endCursor }",
    "channels": "query ($after: String) { chatChannels(first: 1, after: $after) { pageInfo { endCursor } } }",
    "agents": "query ($after: String) { chatAgents(first: 1, after: $after) { pageInfo { endCursor } } }",
    "found": 'query ($after: String) { searchChatMessages(query: "mensagem", first: 1, after: $after)'
    " { pageInfo { endCursor } } }",
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
@quickly
@given(data=st.data())
async def test_changed_cursors_are_refused_or_name_a_place(scene: Scene, page: str, data: st.DataObject) -> None:
    davi = scene.account.davi
    ids = {"id": scene.private} if "$id" in page else {}
    first = await answer_of(davi, page, ids)
    (cursor,) = re.findall(r"'endCursor': '([^']+)'", str(first))
    assert "errors" not in await answer_of(davi, page, {**ids, "after": cursor})
    changed = data.draw(changed_texts(cursor))
    answer = await answer_of(davi, page, {**ids, "after": changed})
    assert all(error["extensions"]["code"] == "BAD_USER_INPUT" for error in answer.get("errors", []))


@quickly
@given(data=st.data())
async def test_changed_ids_find_nothing(scene: Scene, data: st.DataObject) -> None:
    query = "query ($channel: ID!, $message: ID!) { chatChannel(id: $channel) { id } chatMessage(id: $message) { id } }"
    control = await answer_of(scene.account.davi, query, {"channel": scene.private, "message": scene.message})
    assert control["data"]["chatChannel"]
    assert control["data"]["chatMessage"]
    changed = {
        "channel": data.draw(changed_texts(scene.private)),
        "message": data.draw(changed_texts(scene.message)),
    }
    answer = await answer_of(scene.account.davi, query, changed)
    assert answer.get("errors") or answer["data"] == {"chatChannel": None, "chatMessage": None}


@quickly
@given(body=MARKDOWN)
async def test_any_markdown_is_stored_as_it_is_or_refused(scene: Scene, body: str) -> None:
    davi = scene.account.davi
    payload = await davi.payload("sendChatMessage", "message { id body }", channelId=scene.private, body=body)
    if payload["message"] is None:
        assert [error["code"] for error in payload["userErrors"]] in (["INVALID"], ["FORBIDDEN"])
        return
    read = "query ($id: ID!) { chatMessage(id: $id) { body mentions { reachable } } }"
    stored = await answer_of(davi, read, {"id": payload["message"]["id"]})
    assert stored["data"]["chatMessage"]["body"] == payload["message"]["body"]
    found = "query ($query: String!) { searchChatMessages(query: $query) { nodes { snippet message { id } } } }"
    await answer_of(davi, found, {"query": body[:200]})


@quickly
@given(name=st.text(max_size=100))
async def test_any_name_of_the_directory_is_applied_or_reported(scene: Scene, name: str) -> None:
    agents = [{"id": "named", "name": name}]
    payload = await scene.account.sync(agents=agents, selection="agentCount skipped { code message path }")
    assert [skipped["path"] for skipped in payload["skipped"]] in ([], [["input", "agents", "0", "name"]])
    search = "query ($query: String!) { chatAgents(query: $query) { nodes { id name } } }"
    shown = await answer_of(scene.account.davi, search, {"query": name[:200]})
    assert all(node["name"].strip() for node in shown["data"]["chatAgents"]["nodes"])


def changed_texts(text: str) -> st.SearchStrategy[str]:
    """Returns texts that resemble this one: with a part that is replaced, removed or repeated."""

    def change(place: int, length: int, new: str) -> str:
        return text[:place] + new + text[place + length :]

    places = st.integers(0, len(text) - 1)
    changed = st.builds(change, places, st.integers(0, 4), st.text(max_size=4))
    return st.one_of(changed, st.text(max_size=60)).filter(lambda other: other != text)
