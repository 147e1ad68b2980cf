"""The size of documents, and the memory of those that the server keeps."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from graphql import OperationDefinitionNode, parse

from execution import plans_of
from server.http.document_cache import DOCUMENT_BYTES, TOKEN_BYTES, Document, DocumentCache, OperationFacts
from server.http.document_validation import DocumentLimits, InvalidDocument
from server.http.documents import Documents
from server.http.requests import GraphQLRequest
from server.limits.settings import LimitSettings
from server.schema import schema
from tests.support.api import Account, ApiClient
from tests.support.services import ServerProcess
from tests.support.sockets import open_socket

MEGABYTE = 1_000_000
TYPENAME = "{ __typename }"
MESSAGE = "id seq body createdAt editedAt deletedAt pinnedAt saved permalink readCount"
CHANNEL = "id kind name description createdAt archivedAt memberCount unreadCount unreadMentionCount position"
FRAGMENTS = f"""
fragment Message on ChatMessage {{ {MESSAGE} channel {{ ...Channel }} replyTo {{ ...Reply }} }}
fragment Reply on ChatMessage {{ {MESSAGE} channel {{ ...Channel }} }}
fragment Channel on ChatChannel {{ {CHANNEL} lastMessage {{ ...Last }} firstUnreadMessage {{ ...Last }} }}
fragment Last on ChatMessage {{ {MESSAGE} }}
"""
"""A spread of the first expands to 120 fields."""


def similar_fragments(count: int) -> str:
    """Returns a document with fragments that validation compares two by two."""
    spreads = " ".join(f"...F{number}" for number in range(count))
    fields = f"{MESSAGE} channel {{ {CHANNEL} lastMessage {{ {MESSAGE} }} }}"
    fragments = " ".join(f"fragment F{number} on ChatMessage {{ {fields} }}" for number in range(count))
    return f'{{ chatMessage(id: "x") {{ {spreads} }} }} {fragments}'


def with_tokens(tokens: int) -> str:
    """Returns a document with this number of tokens. Comments are tokens."""
    return TYPENAME + "\n#" * (tokens - 3)


def with_bytes(size: int) -> str:
    """Returns a document of this size. `é` has two bytes."""
    letters, rest = divmod(size - len(f"{TYPENAME} #"), 2)
    return f"{TYPENAME} #{'é' * letters}{'x' * rest}"


LIMITS = [
    pytest.param("ana", with_tokens(10_000), with_tokens(10_001), id="tokens"),
    pytest.param("ana", with_bytes(64_000), with_bytes(64_001), id="bytes"),
    pytest.param(None, with_tokens(2_000), with_tokens(2_001), id="tokens without a token"),
    pytest.param(None, with_bytes(16_000), with_bytes(16_001), id="bytes without a token"),
    pytest.param("nobody", with_tokens(2_000), with_tokens(2_001), id="tokens with an invalid token"),
]


def client_of(account: Account, name: str | None) -> ApiClient:
    token = account.ana.token if name == "ana" else None if name is None else "invalid"
    return ApiClient(account.api.http, token)


@pytest.mark.parametrize(("agent", "largest", "larger"), LIMITS)
async def test_a_document_over_a_limit_is_refused_over_http(
    account: Account, agent: str | None, largest: str, larger: str
) -> None:
    client = client_of(account, agent)
    assert await client.query(largest) == {"__typename": "Query"}
    assert (await client.execute(larger)).code == "GRAPHQL_PARSE_FAILED"


async def test_a_document_over_a_limit_is_refused_with_400_where_the_media_type_says_so(account: Account) -> None:
    headers = {"accept": "application/graphql-response+json"}
    for document, status in ((with_bytes(16_000), 200), (with_bytes(16_001), 400)):
        response = await account.api.http.post("/graphql", json={"query": document}, headers=headers)
        assert response.status_code == status


async def test_a_document_that_others_may_send_is_still_too_large_without_a_token(account: Account) -> None:
    document = with_tokens(2_500)
    assert await account.ana.query(document) == {"__typename": "Query"}
    assert (await account.api.anonymous().execute(document)).code == "GRAPHQL_PARSE_FAILED"


@pytest.mark.parametrize(("agent", "largest", "larger"), LIMITS[:4])
async def test_a_document_over_a_limit_is_refused_on_a_socket(
    account: Account, socket_url: str, agent: str | None, largest: str, larger: str
) -> None:
    async with open_socket(socket_url, client_of(account, agent).token) as socket:
        assert await (await socket.subscribe(largest)).next() == {"data": {"__typename": "Query"}}
        assert await (await socket.subscribe(larger)).error_code() == "GRAPHQL_PARSE_FAILED"


@pytest.mark.parametrize(("agent", "largest", "larger"), LIMITS[:4])
async def test_a_document_over_a_limit_is_refused_in_an_event_stream(
    account: Account, agent: str | None, largest: str, larger: str
) -> None:
    token = client_of(account, agent).token
    headers = {"accept": "text/event-stream"} | ({"authorization": f"Bearer {token}"} if token else {})
    for document, expected in ((largest, '"__typename":"Query"'), (larger, '"code":"GRAPHQL_PARSE_FAILED"')):
        response = await account.api.http.post("/graphql", json={"query": document}, headers=headers)
        assert "event: next\n" in response.text
        assert expected in response.text


# ------------------------------------------------------------------ the cache


def parsed(text: str) -> Document:
    node = parse(text)
    (operation,) = node.definitions
    assert isinstance(operation, OperationDefinitionNode)
    return Document(node, {None: OperationFacts(operation.operation, None)})


def test_documents_are_kept_up_to_a_number_of_bytes_and_the_latest_stay() -> None:
    texts = [f"{{ a{number}: __typename }}" for number in range(10)]
    cache = DocumentCache(capacity=5 * (DOCUMENT_BYTES + 8 * TOKEN_BYTES))
    for text in texts:
        cache.add(text, parsed(text))
        assert cache.get(texts[0]) is not None, "it is used again and again"
    kept = [text for text in texts if cache.get(text) is not None]
    assert kept == [texts[0], *texts[-len(kept) + 1 :]]
    assert 4 <= len(kept) < len(texts)


def test_the_fields_of_plans_count_and_those_of_dropped_documents_do_not() -> None:
    cache = DocumentCache(capacity=100_000)
    first, second = parsed("{ first }"), parsed("{ second }")
    cache.add("first", first)
    cache.add("second", second)
    on_growth = plans_of(first.node).on_growth
    assert on_growth is not None
    on_growth(70)
    assert (cache.get("first"), cache.get("second")) == (None, second)
    assert plans_of(first.node).on_growth is None


async def test_only_valid_documents_are_kept() -> None:
    documents = Documents(schema._schema)
    limits = DocumentLimits.of(LimitSettings())
    await documents.operation_of(GraphQLRequest(TYPENAME, None, None), limits)
    for invalid in ("{ unknown }", f"{{ {'unknown ' * 1_000} }}"):
        with pytest.raises(InvalidDocument):
            await documents.operation_of(GraphQLRequest(invalid, None, None), limits)
    assert len(documents._cache) == 1


@pytest.fixture
async def server(data_dir: Path, database_url: str) -> AsyncIterator[ServerProcess]:
    server = ServerProcess(data_dir.parent, database_url, "memory://")
    await server.start()
    yield server
    await server.stop()


def hostile_documents(number: int) -> list[str]:
    """Returns valid documents of almost 2,000 tokens, distinct for each number: fields, a list, and comments."""
    fields = similar_fragments(40).replace("x", f"x{number}")
    representations = "1 " * 1_950
    skipped = f"... @include(if: false) {{ _entities(representations: [{number} {representations}]) {{ __typename }} }}"
    return [fields, f"{{ __typename {skipped} }}", f"{{ a{number}: __typename }}" + "\n#" * 1_990]


async def test_distinct_documents_take_a_limited_amount_of_memory(server: ServerProcess) -> None:
    """Without a limit, each of them took 0.4 to 1.5 MB."""
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:

        async def send(number: int) -> None:
            for document in hostile_documents(number):
                response = await http.post("/graphql", json={"query": document})
                assert response.status_code == 200, response.text[:500]
                assert "GRAPHQL" not in response.text, response.text[:500]

        await send(0)
        before = resident_bytes(server.process.pid)
        for number in range(1, 80):
            await send(number)
        assert resident_bytes(server.process.pid) - before < 60 * MEGABYTE


async def test_validating_the_largest_documents_does_not_block_other_requests(server: ServerProcess) -> None:
    """The document takes a quarter of a second."""
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        slow = asyncio.create_task(http.post("/graphql", json={"query": similar_fragments(40)}))
        delays = []
        while not slow.done():
            begun = time.monotonic()
            await http.get("/healthz")
            delays.append(time.monotonic() - begun)
        assert "UNAUTHENTICATED" in slow.result().text
        assert max(delays) < 0.25


async def test_compiling_the_largest_plans_does_not_block_other_requests(server: ServerProcess) -> None:
    """It takes a quarter of a second. The document is valid and kept when the plan for its fields is compiled."""
    messages = " ".join(f'm{number}: chatMessage(id: "x") {{ ...Message }}' for number in range(50))
    document = f"query ($all: Boolean!) {{ __typename ... @include(if: $all) {{ {messages} }} }} {FRAGMENTS}"
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        none = await http.post("/graphql", json={"query": document, "variables": {"all": False}})
        assert none.json() == {"data": {"__typename": "Query"}}
        slow = asyncio.create_task(http.post("/graphql", json={"query": document, "variables": {"all": True}}))
        delays = []
        while not slow.done():
            begun = time.monotonic()
            await http.get("/healthz")
            delays.append(time.monotonic() - begun)
        assert "UNAUTHENTICATED" in slow.result().text
        assert max(delays) < 0.25


def resident_bytes(pid: int) -> int:
    """Returns the memory of a process, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError
