"""Persisted documents: by hash, by identifier, and as the only ones that a server executes."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from server.app import create_app
from server.http.document_identifiers import hash_identifier
from server.http.trusted_documents import read_trusted_documents
from server.misconfigured import Misconfigured
from server.settings import Settings, read_settings
from tests.support.api import Account, ApiClient, Json
from tests.support.sockets import open_socket

SIDEBAR = "query Sidebar { chatViewer { agent { id } } }"
STREAM = "subscription Inbox { chatInboxChanged { channelId } }"
FREE = "query Free { chatViewer { agent { name } } }"


def persisted(text: str) -> Json:
    """Returns the `extensions` with which Apollo Client and urql send the hash of a document."""
    return {"persistedQuery": {"version": 1, "sha256Hash": hash_identifier(text).removeprefix("sha256:")}}


async def post(client: ApiClient, **parameters: object) -> Json:
    headers = {"authorization": f"Bearer {client.token}"}
    body: Json = (await client.http.post("/graphql", json=parameters, headers=headers)).json()
    return body


def code_of(answer: Json) -> str:
    (error,) = answer["errors"]
    assert "data" not in answer or answer["data"] is None
    return str(error["extensions"]["code"])


# ---------------------------------------------------------------- documents that clients have sent


async def test_a_document_is_sent_once_and_then_only_its_hash(account: Account) -> None:
    text = f"# {account.account_id}\n{SIDEBAR}"
    unknown = await post(account.ana, extensions=persisted(text))
    assert (code_of(unknown), unknown["errors"][0]["message"]) == (
        "PERSISTED_QUERY_NOT_FOUND",
        "PersistedQueryNotFound",
    )
    sent = await post(account.ana, query=text, extensions=persisted(text))
    assert sent == {"data": {"chatViewer": {"agent": {"id": account.ana.id}}}}
    assert await post(account.bruno, extensions=persisted(text)) == {
        "data": {"chatViewer": {"agent": {"id": account.bruno.id}}}
    }
    assert await post(account.ana, documentId=hash_identifier(text)) == sent


async def test_a_hash_can_be_sent_in_a_url(account: Account) -> None:
    assert "errors" not in await post(account.ana, query=SIDEBAR)
    for parameters in (
        {"extensions": json.dumps(persisted(SIDEBAR))},
        {"documentId": hash_identifier(SIDEBAR)},
    ):
        headers = {"authorization": f"Bearer {account.ana.token}", "accept": "*/*"}
        response = await account.api.http.get("/graphql", params=parameters, headers=headers)
        assert response.json() == {"data": {"chatViewer": {"agent": {"id": account.ana.id}}}}


async def test_a_mutation_in_a_url_is_refused_by_its_hash_too(account: Account) -> None:
    text = "mutation { updateChatProfile(input: {sendKey: MOD_ENTER}) { viewer { sendKey } } }"
    assert "errors" not in await post(account.ana, query=text)
    response = await account.api.http.get("/graphql", params={"documentId": hash_identifier(text)})
    assert response.status_code == 405


async def test_a_hash_of_another_document_is_refused(account: Account) -> None:
    assert "errors" not in await post(account.ana, query=SIDEBAR, extensions=persisted(SIDEBAR))
    assert code_of(await post(account.ana, query=FREE, extensions=persisted(SIDEBAR))) == "BAD_USER_INPUT"
    assert code_of(await post(account.ana, query=FREE, documentId=hash_identifier(SIDEBAR))) == "BAD_USER_INPUT"


async def test_an_invalid_document_does_not_become_known(account: Account) -> None:
    invalid = "{ chatViewer { nothing } }"
    sent = await post(account.ana, query=invalid, extensions=persisted(invalid))
    assert code_of(sent) == "GRAPHQL_VALIDATION_FAILED"
    assert code_of(await post(account.ana, extensions=persisted(invalid))) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize(
    "extension",
    [1, {}, {"version": 2, "sha256Hash": "00"}, {"version": 1}, {"version": 1, "sha256Hash": 1}],
    ids=str,
)
async def test_a_malformed_persisted_query_is_refused(account: Account, extension: object) -> None:
    answer = await post(account.ana, query=SIDEBAR, extensions={"persistedQuery": extension})
    assert code_of(answer) == "BAD_USER_INPUT"


async def test_hashes_work_on_sockets(account: Account, socket_url: str) -> None:
    text = f"# {account.account_id} socket\n{SIDEBAR}"
    async with open_socket(socket_url, account.ana.token) as socket:
        unknown = await socket.start({"extensions": persisted(text)})
        assert await unknown.error_code() == "PERSISTED_QUERY_NOT_FOUND"
        assert "data" in await (await socket.start({"query": text, "extensions": persisted(text)})).next()
        assert "data" in await (await socket.start({"documentId": hash_identifier(text)})).next()


# ---------------------------------------------------------------- trusted documents


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    (tmp_path / "Sidebar.graphql").write_text(SIDEBAR)
    (tmp_path / "persisted-documents.json").write_text(json.dumps({"8f3": STREAM}))
    apollo = {"format": "apollo-persisted-query-manifest", "version": 1}
    operation = {"id": "a1", "name": "Typename", "type": "query", "body": "query Typename { __typename }"}
    (tmp_path / "apollo.json").write_text(json.dumps(apollo | {"operations": [operation]}))
    return tmp_path


@asynccontextmanager
async def serving(settings: Settings, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings, database_url)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://chat.test", timeout=30) as http:
            yield http


@pytest.mark.parametrize("identifier", ["Sidebar", hash_identifier(SIDEBAR)])
async def test_a_trusted_document_is_executed_by_its_identifier(
    account: Account, settings: Settings, database_url: str, documents: Path, identifier: str
) -> None:
    trusting = settings.model_copy(update={"documents": documents})
    async with serving(trusting, database_url) as http:
        ana = ApiClient(http, account.ana.token)
        expected = {"data": {"chatViewer": {"agent": {"id": account.ana.id}}}}
        assert await post(ana, documentId=identifier) == expected
        assert await post(ana, documentId="a1") == {"data": {"__typename": "Query"}}
        assert await post(ana, query=FREE) == await post(account.ana, query=FREE)
        assert code_of(await post(ana, documentId="b2")) == "PERSISTED_QUERY_NOT_FOUND"
        assert code_of(await post(ana, documentId="a1", query=SIDEBAR)) == "BAD_USER_INPUT"


async def test_a_server_can_refuse_all_other_documents(
    account: Account, settings: Settings, database_url: str, documents: Path
) -> None:
    trusting = settings.model_copy(update={"documents": documents, "only_trusted_documents": True})
    async with serving(trusting, database_url) as http:
        ana = ApiClient(http, account.ana.token)
        for trusted in ({"documentId": "Sidebar"}, {"query": SIDEBAR}, {"extensions": persisted(SIDEBAR)}):
            assert "errors" not in await post(ana, **trusted)
        for other in (
            {"query": FREE},
            {"query": FREE, "extensions": persisted(FREE)},
            {"query": f"{SIDEBAR} "},
            {"query": "{ __schema { types { name } } }"},
            {"query": FREE, "documentId": "b2"},
        ):
            assert code_of(await post(ana, **other)) == "FORBIDDEN"
        assert code_of(await post(ana, extensions=persisted(FREE))) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("Broken.graphql", "query {", "Syntax Error"),
        ("Old.graphql", "{ chatViewer { removed } }", "Cannot query field"),
        ("Fragment.graphql", "fragment F on ChatAgent { id }", "has no operation"),
        ("manifest.json", "[]", "is not a manifest"),
        ("again.json", json.dumps({"Sidebar": FREE}), "'Sidebar'"),
    ],
)
def test_a_wrong_file_prevents_the_start(
    settings: Settings, database_url: str, documents: Path, name: str, content: str, reason: str
) -> None:
    trusting = settings.model_copy(update={"documents": documents})
    create_app(trusting, database_url)
    (documents / name).write_text(content)
    with pytest.raises(Misconfigured, match=reason):
        create_app(trusting, database_url)


def test_a_folder_without_documents_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="contains no documents"):
        read_trusted_documents(tmp_path)


def test_only_trusted_documents_need_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_ONLY_TRUSTED_DOCUMENTS", "true")
    with pytest.raises(Misconfigured, match="CHAT_DOCUMENTS"):
        read_settings()


# ---------------------------------------------------------------- introspection and GraphiQL


async def test_introspection_can_be_switched_off(settings: Settings, database_url: str) -> None:
    documents = ("{ __schema { types { name } } }", '{ __type(name: "Query") { name } }', "{ _service { sdl } }")
    for introspection in (True, False):
        private = settings.model_copy(update={"introspection": introspection})
        async with serving(private, database_url) as http:
            answers = [(await http.post("/graphql", json={"query": document})).json() for document in documents]
            assert ["errors" not in answer for answer in answers] == [introspection] * 3
            misspelt = (await http.post("/graphql", json={"query": "{ chatViewr { agent { id } } }"})).json()
            assert ("chatViewer" in json.dumps(misspelt)) == introspection
            assert (await http.post("/graphql", json={"query": "{ __typename }"})).json() == {
                "data": {"__typename": "Query"}
            }


async def test_graphiql_can_be_switched_off(settings: Settings, database_url: str) -> None:
    for graphiql, statuses in ((True, [307, 200]), (False, [404, 400])):
        async with serving(settings.model_copy(update={"graphiql": graphiql}), database_url) as http:
            headers = {"accept": "text/html"}
            answers = [await http.get(path, headers=headers) for path in ("/", "/graphql")]
            assert [answer.status_code for answer in answers] == statuses
