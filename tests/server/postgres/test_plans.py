"""No statement depends on the planner's statistics knowing the account.

The tables hold an account that the statistics know, and the requests are those of one that joined afterwards. In a plan
that is made for such an account, PostgreSQL expects one row of it, and may read all of its rows by any index that
begins with the account. So plans are generic, and each must use more of an index than the account.

A generic plan is made for an account of average size. So the statements are also planned for a database of small
accounts: a large one among them must not be read as a whole either.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import asyncpg
import httpx
import pytest
import uvicorn
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

from benchmarks.generated_account import AccountPlan, generate, vacuum
from models.statements import all_texts
from server.addresses import async_url
from server.app import create_app
from server.postgres.database import driver_arguments
from server.postgres.pool import SETTINGS
from server.settings import Settings
from tests.schema.documents import SUBSCRIPTIONS, document
from tests.schema.permissions import MATRIX, Row
from tests.schema.scene import Scene
from tests.schema.test_statement_counts import PAGE, SEND, SIDEBAR
from tests.support.api import Api, ItemRegistry, Json, path_of
from tests.support.databases import Databases
from tests.support.sockets import open_socket
from tests.support.waiting import until

LARGE_TABLES = {
    "messages",
    "members",
    "changes",
    "reactions",
    "mentions",
    "mentioned_agents",
    "cards",
    "attachments",
    "pins",
    "saved_messages",
    "forwards",
    "notifications",
    "emails",
    "search_entries",
    "audit_entries",
}

PLANNING = SETTINGS | {"enable_seqscan": "off"}
"""The settings of the server's connections. The tables of the test are small enough that reading them whole can be the
cheapest, so that is ruled out."""

PRUNING = "_default"
"""In the statements that prune what is in a DEFAULT partition, which is usually empty."""

PARTITION = re.compile(r"_(\d{8}|default)$")

FILL_ATTACHMENTS = (
    """INSERT INTO attachments (account_id, attachment_id, uploader_id, filename, declared_type, kind, byte_size,
                                created_at, message_id, place, storage_key, content_type, sha256)
       SELECT account_id, message_id, author_id, 'a.txt', 'text/plain', 'FILE', 1, now(),
              message_id, 0, message_id, 'text/plain', 'hash'
         FROM messages""",
    """INSERT INTO attachments (account_id, attachment_id, uploader_id, filename, declared_type, kind, byte_size,
                                created_at, expires_at)
       SELECT account_id, gen_random_uuid(), author_id, 'a.txt', 'text/plain', 'FILE', 1, now(), now()
         FROM messages
        WHERE seq % 5 = 0""",
    """INSERT INTO unused_files (account_id, storage_key, delete_at)
       SELECT account_id, message_id, now() FROM messages WHERE seq % 5 = 0""",
)
BY_LEXEMES = "terms @@"
"""A search reads the entries of some slices: the lexemes begin with a key of the account and the slice."""

FILL_FROM_MESSAGES = (
    """INSERT INTO notifications (account_id, agent_id, message_id, channel_id, seq, revision, is_mentioned, type,
                                  reason, alert, bell, email, created_at, email_state, email_at, email_id)
       SELECT account_id, author_id, message_id, channel_id, seq, 1, true, 'MENTION',
              'MENTIONED', true, true, true, now(), 'WAITING', now(), CASE WHEN seq % 2 = 0 THEN message_id END
         FROM messages""",
    """INSERT INTO emails (account_id, email_id, agent_id, channel_id, created_at, state, attempts, next_attempt_at)
       SELECT account_id, message_id, author_id, channel_id, now(), 'WAITING', 1, now() FROM messages""",
    """INSERT INTO search_entries (account_id, message_id, channel_id, slice, created_at, terms)
       SELECT account_id, message_id, channel_id, seq >> 13, created_at,
              array_to_tsvector(ARRAY['key#', 'key' || seq % 10, 'key' || message_id])
         FROM messages""",
    """INSERT INTO audit_entries (account_id, entry_id, created_at, action, actor_id, agent_id, channel_id)
       SELECT account_id, message_id, created_at, 'MEMBER_ADDED', author_id, author_id, channel_id FROM messages""",
)
"""Inserts the same rows as FILL, for the tables that no generated account has rows in."""

FILL = (
    """INSERT INTO mentions (account_id, message_id, place, target, agent_id, reachable)
       SELECT account_id, message_id, 0, 'AGENT', author_id, true FROM messages""",
    """INSERT INTO mentioned_agents (account_id, agent_id, channel_id, seq, message_id, revision)
       SELECT account_id, author_id, channel_id, seq, message_id, 1 FROM messages""",
    """INSERT INTO cards (account_id, card_id, message_id, place, kind, item_id, shared_by, title, created_at)
       SELECT account_id, message_id, message_id, 0, 'DEAL', '1', author_id, 'Deal', now() FROM messages""",
    """INSERT INTO pins (account_id, message_id, channel_id, pinned_at)
       SELECT account_id, message_id, channel_id, now() FROM messages""",
    """INSERT INTO saved_messages (account_id, message_id, agent_id, saved_at)
       SELECT account_id, message_id, author_id, now() FROM messages""",
    """INSERT INTO forwards (account_id, message_id, original_id, author_id, sent_at, body)
       SELECT account_id, message_id, message_id, author_id, now(), 'x' FROM messages""",
    """INSERT INTO changed_agents (account_id, change, agent_id)
       SELECT changes.account_id, change, agent_id FROM changes, agents LIMIT 100""",
    *FILL_FROM_MESSAGES,
    *FILL_ATTACHMENTS,
)
"""Inserts rows that a generated account does not have. In an empty table all indexes cost the same."""

COPY_ROWS = """
INSERT INTO {table}
SELECT copy.*
  FROM {table} AS original, generate_series(1, 500) AS number,
       jsonb_populate_record(original, jsonb_build_object('account_id', 'small-' || number)) AS copy
"""
"""Copies the rows of the only account into 500 others."""

CHANNEL = """query ($id: ID!, $around: ID!) { chatChannel(id: $id) {
  members { nodes { agent { presence } } } authors { nodes { name } } firstUnreadMessage { id }
  viewerMembership { personalNote lastReadMessage { id } }
  messages(around: $around, first: 20) { nodes {
    cards { access sharedBy { name } entity { ... on Deal { sharedIn(first: 20) { nodes { id } } } } }
    reactions { agents { nodes { name } } } replyTo { id } viewerCan { edit }
  } }
} chatViewer { viewerCan { createPrivateChannel } position } }"""


@pytest.fixture(scope="module")
async def server(
    databases: Databases, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Api, str]]:
    """A server on a database with a large account that the statistics know, and the address of its sockets."""
    url = await asyncio.to_thread(databases.create, f"plans_{worker_id}")
    await generate(url, AccountPlan("large", channels=1_000, messages=60_000))
    await _execute(url, (*FILL_FROM_MESSAGES, *FILL_ATTACHMENTS))
    await vacuum(url)
    settings = Settings(data_dir=tmp_path_factory.mktemp("plans"))
    items: ItemRegistry = {}
    app = create_app(settings, url, items)
    listener = uvicorn.Server(uvicorn.Config(app, port=0, ws="websockets-sansio", log_level="warning"))
    serving = asyncio.create_task(listener.serve())
    await until(lambda: listener.started, "a started server")
    port = listener.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
        engine = create_async_engine(async_url(url))
        api = Api(http, settings, engine, app.state.hub, app.state.pools, items)
        yield api, f"ws://127.0.0.1:{port}/graphql"
        await engine.dispose()
    listener.should_exit = True
    await serving


@dataclass(frozen=True)
class Explain:
    """Plans statements on a connection with the settings `PLANNING`."""

    connection: asyncpg.Connection

    async def reads_of_whole_accounts(self, statements: Iterable[str]) -> list[str]:
        """Returns what reads a large table by nothing but the account: the plan's node, and its statement."""
        found = []
        for statement in statements:
            if statement.lstrip().startswith(("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")):
                plan = await self.plan(statement)
                found += [f"{node}\n{statement}" for node in _bad_nodes(plan)]
        return found

    async def plan(self, statement: str) -> Json:
        await self.connection.execute(f"PREPARE explained AS {statement}")
        parameters = max(map(int, re.findall(r"\$(\d+)", statement)), default=0)
        arguments = f"({', '.join(['NULL'] * parameters)})" if parameters else ""
        explained = await self.connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE explained{arguments}")
        await self.connection.execute("DEALLOCATE explained")
        plan: Json = json.loads(explained)[0]["Plan"]
        return plan


@pytest.fixture(scope="module")
async def explain(server: tuple[Api, str]) -> AsyncIterator[Explain]:
    api, _ = server
    url = api.engine.url.render_as_string(hide_password=False)
    connection = await asyncpg.connect(**driver_arguments(url), server_settings=PLANNING)
    yield Explain(connection)
    await connection.close()


async def _execute(url: str, statements: Iterable[str]) -> None:
    connection = await asyncpg.connect(**driver_arguments(url))
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


async def test_plans_are_generic(server: tuple[Api, str]) -> None:
    api, _ = server
    async with api.pool.connection(None) as connection:
        assert [tuple(row) for row in await connection.fetch("SHOW plan_cache_mode")] == [("force_generic_plan",)]


async def test_a_statement_that_reads_by_the_account_alone_is_found(explain: Explain) -> None:
    by_account = "SELECT body FROM messages WHERE account_id = $1::text AND body = $2::text"
    by_key = "SELECT body FROM messages WHERE account_id = $1::text AND message_id = $2::uuid"
    assert await explain.reads_of_whole_accounts([by_account]) != []
    assert await explain.reads_of_whole_accounts([by_key]) == []


async def test_no_statement_reads_by_the_account_alone(explain: Explain) -> None:
    """All statements that are built when their modules are imported, with each combination of optional conditions."""
    statements = [statement for statement in all_texts() if PRUNING not in statement]
    assert len(statements) > 100
    assert await explain.reads_of_whole_accounts(statements) == []


async def test_no_statement_reads_all_of_an_account_that_is_expected_to_be_small(databases: Databases) -> None:
    url = await asyncio.to_thread(databases.create, "plans_of_small_accounts")
    await generate(url, AccountPlan("small", channels=3, messages=20))
    connection = await asyncpg.connect(**driver_arguments(url), server_settings=PLANNING)
    for statement in FILL:
        await connection.execute(statement)
    for table in SQLModel.metadata.sorted_tables:
        await connection.execute(COPY_ROWS.format(table=table.name))
    await connection.execute("ANALYZE")
    statements = [statement for statement in all_texts() if PRUNING not in statement]
    assert await Explain(connection).reads_of_whole_accounts(statements) == []
    await _check_search(Explain(connection))
    await connection.close()


async def test_a_search_reads_by_lexemes(explain: Explain) -> None:
    await _check_search(explain)


async def test_a_search_reads_by_lexemes_without_statistics(databases: Databases) -> None:
    """As after a restore. The planner knows the size of the tables, and nothing else."""
    url = await asyncio.to_thread(databases.create, "plans_without_statistics")
    await generate(url, AccountPlan("restored", channels=3, messages=5_000))
    await _execute(url, [*FILL_FROM_MESSAGES, "DELETE FROM pg_statistic"])
    connection = await asyncpg.connect(**driver_arguments(url), server_settings=SETTINGS)
    await _check_search(Explain(connection))
    await connection.close()


async def _check_search(explain: Explain) -> None:
    """Fails unless the matches are read by the index of the lexemes, and by nothing else."""
    (statement,) = [text for text in all_texts() if "WITH RECURSIVE readable" in text]
    reads = [node for node in _nodes(await explain.plan(statement)) if BY_LEXEMES in str(node)]
    assert {node["Node Type"] for node in reads} == {"Bitmap Heap Scan", "Bitmap Index Scan"}
    (scan,) = [node for node in reads if node["Node Type"] == "Bitmap Index Scan"]
    assert scan["Index Name"] == "ix_search_entries_terms"
    assert scan["Index Cond"].startswith(f"({BY_LEXEMES}")


async def test_no_request_reads_by_the_account_alone(server: tuple[Api, str], explain: Explain) -> None:
    api, _ = server
    with _statements(api) as statements:
        for row in MATRIX.values():
            if row.field not in SUBSCRIPTIONS:
                await _request(await Scene.build(api), row)
        scene = await Scene.build(api)
        bruno = scene.account.bruno
        await bruno.send(scene.private, "A card", cards=[{"kind": "DEAL", "id": "1"}], replyToId=scene.message)
        upload = await bruno.upload()
        message = await bruno.send(scene.private, "A file", attachmentIds=[upload])
        (attachment,) = await bruno.attachments(message)
        await api.http.get(path_of(attachment["url"]))
        await bruno.mutate("deleteChatMessage", "message { id }", messageId=message)
        await bruno.query(SIDEBAR)
        await bruno.query(PAGE, id=scene.private, size=50)
        await bruno.query(CHANNEL, id=scene.private, around=scene.message)
        await bruno.query(SEND, input={"channelId": scene.private, "body": "Olá", "clientKey": "1"})
    assert len(statements) > 60
    assert await explain.reads_of_whole_accounts(statements) == []


async def test_no_stream_reads_by_the_account_alone(server: tuple[Api, str], explain: Explain) -> None:
    api, socket_url = server
    scene = await Scene.build(api)
    since = await scene.account.carla.position(scene.private)
    await scene.cause_events()
    with _statements(api) as statements:
        async with open_socket(socket_url, scene.account.carla.token) as socket:
            for field in SUBSCRIPTIONS:
                described = SUBSCRIPTIONS[field]
                variables = MATRIX[field].variables(scene)
                if "since" in described.args:
                    variables["since"] = since
                query, variables = document(field, variables)
                stream = await socket.subscribe(query, **variables)
                await scene.account.until_subscribed()
                await scene.cause_events()
                await stream.next()
                await stream.stop()
    assert len(statements) > 10
    assert await explain.reads_of_whole_accounts(statements) == []


async def _request(scene: Scene, row: Row) -> None:
    if row.prepare:
        await row.prepare(scene)
    query, variables = document(row.field, row.variables(scene))
    for caller in ("owner", "administrator"):
        await scene.caller(caller).execute(query, **variables)


@contextmanager
def _statements(api: Api) -> Iterator[set[str]]:
    """Collects the texts of all statements of the server in the block."""
    collected: set[str] = set()
    with api.pool.logging(lambda executed: collected.add(executed.query)):
        yield collected


def _nodes(plan: Json) -> Iterator[Json]:
    children = plan.pop("Plans", [])
    yield plan
    for child in children:
        yield from _nodes(child)


def _bad_nodes(plan: Json) -> Iterator[Json]:
    return filter(_is_bad, _nodes(plan))


def _is_bad(node: Json) -> bool:
    condition = node.get("Index Cond") or node.get("Recheck Cond", "")
    reads = (
        PARTITION.sub("", node.get("Relation Name", "")) in LARGE_TABLES
        and "Scan" in node["Node Type"]
        and node["Node Type"] != "Tid Scan"
    )
    return reads and " AND " not in condition and BY_LEXEMES not in condition
