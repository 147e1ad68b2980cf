"""A backup, restored with the commands of docs/backups.md and served again."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from notifications.claims import claim_new
from server.demo import seed
from server.file_store import open_files
from server.postgres.database import single_connection
from server.postgres.embedded import EmbeddedPostgres
from server.postgres.migrate import upgrade
from server.postgres.pool import ConnectionPool
from server.settings import Settings
from tests.operation.answers import answers_of, files_of
from tests.operation.copies import TIMING, Copy
from tests.operation.documented_commands import blocks, execute
from tests.support.api import AgentClient, Api, Json
from tests.support.databases import empty_database, migrated_database
from tests.support.processes import PROGRAM
from tests.support.sockets import open_socket

PAGE = "backups.md"
AGENTS = (("1", "1"), ("1", "2"), ("1", "3"), ("2", "21"))
"""Accounts and agents of the demo."""

EMPTY = frozenset({"account_imports", "pending_activations", "presences", "search_backfills"})
"""Tables whose rows a server deletes within seconds, and one that only a migration fills."""

CARLA = "[@Carla](mention://user/3/Carla)"
QUIET_HOURS = {"timeZone": "America/Sao_Paulo", "days": ["SUNDAY"], "from": "22:00", "to": "07:00"}
ADDED = "subscription ($since: String) { chatMessageAdded(since: $since) { message { body } } }"


@dataclass(frozen=True)
class Backup:
    original: Copy
    restored: Copy
    not_prepared: Copy
    """Restored without the documented statements."""

    channel: str
    tables: dict[str, tuple[int, str]]
    answers: list[Json]
    files: list[dict[str, bytes]]
    position: str
    """Of bruno, when the backup was made."""

    later_position: str
    """After three further messages, which the backup does not have."""


@pytest.fixture(scope="module")
async def backup(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Backup:
    folder = tmp_path_factory.mktemp("backup")
    original = Copy(await migrated_database(database_url, "original"), folder / "files")
    restored = Copy(await empty_database(database_url, "restored"), folder / "restored-files")
    await seed(original.url, open_files(Settings(files_url=str(original.files))))
    async with original.served(folder) as served:
        bruno = served.api.agent("1", "2")
        channel = await _add_what_the_demo_lacks(served.api)
        await _claim_emails(original)
        await bruno.send(channel, f"{CARLA} not claimed yet")
        tables, answers, files = await original.contents(), await _answers(served.api), await _files(served.api)
        position = await bruno.position()
        await execute(_command("Dumping a database of your own"), folder, CHAT_DATABASE_URL=original.libpq_url)
        shutil.copytree(original.files, restored.files)
        for number in range(3):
            await bruno.send(channel, f"lost {number}")
        later_position = await bruno.position()
    await execute(_command("Restoring a database of your own"), folder, CHAT_DATABASE_URL=restored.libpq_url)
    not_prepared = Copy(await _cloned(restored, "not_prepared"), restored.files)
    return Backup(original, restored, not_prepared, channel, tables, answers, files, position, later_position)


async def _add_what_the_demo_lacks(api: Api) -> str:
    """Fills the tables that the demo leaves empty. Returns a channel of ana, bruno and carla."""
    ana, bruno, carla = (api.agent("1", id) for id in "123")
    channel = await ana.create_channel("Cópia", "PRIVATE", memberIds=["2", "3"])
    message = await bruno.send(channel, f"{CARLA} Cópia", attachmentIds=[await bruno.upload(b"Kept.")])
    await ana.mutate("pinChatMessage", "message { id }", messageId=message)
    await carla.mutate("saveChatMessage", "message { id }", messageId=message)
    await carla.mutate("forwardChatMessage", "message { id }", messageId=message, destination={"agentId": "1"})
    await carla.mutate("updateChatProfile", "viewer { sendKey }", quietHours=QUIET_HOURS)
    await bruno.mutate("updateChatNotificationPreference", "viewer { sendKey }", type="MENTION", email=False)
    deleted = await bruno.send(channel, "deleted", attachmentIds=[await bruno.upload(b"Deleted.")])
    await bruno.mutate("deleteChatMessage", "message { id }", messageId=deleted)
    return channel


async def _claim_emails(copy: Copy) -> None:
    """Claims what is due, as a worker does that is killed before it sends anything."""
    pool = ConnectionPool(copy.url)
    async with pool.opened():
        await claim_new(pool, "1", TIMING, copy.clock.now())


async def _answers(api: Api) -> list[Json]:
    return [await answers_of(api.agent(*agent)) for agent in AGENTS]


async def _files(api: Api) -> list[dict[str, bytes]]:
    return [await files_of(api.agent(*agent)) for agent in AGENTS]


def _command(section: str) -> str:
    (command,) = blocks(PAGE, section, "bash")
    return command


async def _cloned(copy: Copy, name: str) -> str:
    url = make_url(copy.url)
    clone = f"{url.database}_{name}"
    async with single_connection(url.set(database="postgres").render_as_string(hide_password=False)) as connection:
        await connection.execute(text(f'CREATE DATABASE "{clone}" TEMPLATE "{url.database}"'))
    return url.set(database=clone).render_as_string(hide_password=False)


async def test_the_backup_has_every_row_of_every_table(backup: Backup) -> None:
    assert {name for name, (rows, _) in backup.tables.items() if rows == 0} == EMPTY
    assert await backup.restored.contents() == backup.tables


async def test_the_restored_tables_have_statistics(backup: Backup) -> None:
    async with single_connection(backup.restored.url) as connection:
        estimated = await connection.scalar(text("SELECT reltuples FROM pg_class WHERE relname = 'messages'"))
    assert estimated == backup.tables["messages"][0]


async def test_the_statements_keep_e_mails_from_being_sent_again(backup: Backup) -> None:
    for copy in (backup.original, backup.restored, backup.not_prepared):
        copy.clock.advance(timedelta(days=1))
    (statements,) = blocks(PAGE, "Statements after a restore", "sql")
    await backup.restored.execute(*statements.strip().split(";\n"))
    sent = await backup.original.emails()
    assert len(sent) > 2
    assert await backup.not_prepared.emails() == sent
    assert await backup.restored.emails() == []


async def test_agents_see_the_same_after_the_restore(backup: Backup, tmp_path: Path) -> None:
    output = await execute(f"{PROGRAM} migrate", tmp_path, CHAT_DATABASE_URL=backup.restored.url)
    assert "The database is at revision" in output
    async with backup.restored.served(tmp_path) as served:
        assert await _files(served.api) == backup.files
        for found, expected in zip(await _answers(served.api), backup.answers, strict=True):
            assert _without_positions(found) == _without_positions(expected)


def _without_positions(answers: Json) -> Json:
    """The documented statements change all positions."""
    for channel in answers["sidebar"]["chatChannels"]["nodes"]:
        channel.pop("position", None)
    answers["rest"]["chatViewer"].pop("position", None)
    return answers


async def test_positions_from_after_the_backup_never_become_valid(backup: Backup, tmp_path: Path) -> None:
    """Without the statements, they do when the account has had as many changes again."""
    async with backup.restored.served(tmp_path) as served:
        bruno = served.api.agent("1", "2")
        first = await _resumed(served.server.socket_url, bruno, backup.later_position)
        for number in range(5):
            await bruno.send(backup.channel, f"new {number}")
        later = await _resumed(served.server.socket_url, bruno, backup.later_position)
        known = await _resumed(served.server.socket_url, bruno, backup.position)
    assert (first, later, known) == ("RESYNC_REQUIRED", "RESYNC_REQUIRED", "RESYNC_REQUIRED")
    async with backup.not_prepared.served(tmp_path) as served:
        bruno = served.api.agent("1", "2")
        first = await _resumed(served.server.socket_url, bruno, backup.later_position)
        for number in range(5):
            await bruno.send(backup.channel, f"new {number}")
        later = await _resumed(served.server.socket_url, bruno, backup.later_position)
    assert (first, later) == ("RESYNC_REQUIRED", "new 3")


async def _resumed(url: str, agent: AgentClient, position: str) -> str:
    """Returns the body of the first message after the position, or the code of the error."""
    async with open_socket(url, agent.token) as socket:
        stream = await socket.subscribe(ADDED, since=position)
        answer = await stream.next()
    if "errors" in answer:
        code: str = answer["errors"][0]["extensions"]["code"]
        return code
    body: str = answer["data"]["chatMessageAdded"]["message"]["body"]
    return body


async def test_new_messages_follow_the_restored_ones(backup: Backup, tmp_path: Path) -> None:
    async with backup.restored.served(tmp_path) as served:
        bruno, carla = served.api.agent("1", "2"), served.api.agent("1", "3")
        (last,) = (await bruno.read(backup.channel, "messages(last: 1) { nodes { seq } }"))["messages"]["nodes"]
        start = await carla.position()
        async with open_socket(served.server.socket_url, carla.token) as socket:
            stream = await socket.subscribe(ADDED, since=start)
            await bruno.send(backup.channel, "after the restore")
            assert (await stream.data())["message"]["body"] == "after the restore"
        (new,) = (await bruno.read(backup.channel, "messages(last: 1) { nodes { seq } }"))["messages"]["nodes"]
    assert new["seq"] == last["seq"] + 1


@pytest.fixture
def project() -> Iterator[Path]:
    """A folder like that of an installation, below a folder that the user that runs PostgreSQL can enter."""
    with tempfile.TemporaryDirectory(prefix="internal-chat-") as folder:
        (Path(folder) / ".venv").symlink_to(Path(PROGRAM).parents[1])
        yield Path(folder)


async def test_the_embedded_database_is_restored(project: Path) -> None:
    with EmbeddedPostgres(project / ".data") as url:
        await asyncio.to_thread(upgrade, url)
        copy = Copy(url, project / ".data" / "files")
        await copy.execute("CREATE TABLE kept AS SELECT 'a row' AS word")
        await execute(_command("Dumping the embedded database"), project)
        await copy.execute("DROP TABLE kept")
    await execute(_command("Restoring the embedded database"), project)
    with EmbeddedPostgres(project / ".data") as url:
        async with single_connection(url) as connection:
            assert await connection.scalar(text("SELECT word FROM kept")) == "a row"
