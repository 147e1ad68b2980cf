"""Imports that are refused, and what can be seen of an import that is not complete."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from pathlib import Path
from shutil import copytree

import pytest
from sqlalchemy import text

from models import metadata
from server.postgres.database import driver_connection, single_connection
from server.settings import Settings
from tests.support.api import Account, Api
from tests.support.waiting import until
from tests.transfer.killed_command import PAGE_ROWS
from tests.transfer.moving import export, exported_rows, import_, served
from transfer import exporting, importing
from transfer.errors import TransferFailed
from transfer.import_record import begin_import
from transfer.manifest import FORMAT, MANIFEST, read_manifest

Change = Callable[[Path], None]


@pytest.fixture(scope="module")
async def exported(
    api: Api, settings: Settings, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Account, Path]:
    """An account, and its archive, in small parts. The first message replies to the last one."""
    account = await api.create_account()
    channel = await account.bruno.create_channel("Room", "PUBLIC", memberIds=["carla"])
    sent = [await account.bruno.send(channel, f"Number {number}") for number in range(10)]
    await account.bruno.send(channel, attachmentIds=[await account.bruno.upload()])
    first, last = (id.removeprefix("msg_") for id in (sent[0], sent[-1]))
    async with api.engine.begin() as connection:
        statement = "UPDATE messages SET reply_to_id = CAST(:last AS uuid) WHERE message_id = CAST(:first AS uuid)"
        await connection.execute(text(statement), {"first": first, "last": last})
    folder = tmp_path_factory.mktemp("exported") / "archive"
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(exporting, "PAGE_ROWS", PAGE_ROWS)
        await export(settings, database_url, account.account_id, folder)
    return account, folder


@pytest.fixture
def archive(exported: tuple[Account, Path], tmp_path: Path) -> Path:
    """A copy of the archive, for a test that changes it."""
    return Path(copytree(exported[1], tmp_path / "copy"))


@pytest.fixture
def new_settings(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"data_dir": tmp_path / "data"})


def _change_manifest(folder: Path, **values: object) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(manifest | values))


def _write_part(folder: Path, file: str, content: bytes) -> None:
    """Writes a file of rows with a valid checksum."""
    old = sha256((folder / file).read_bytes()).hexdigest()
    (folder / file).write_bytes(content)
    manifest = (folder / MANIFEST).read_text()
    (folder / MANIFEST).write_text(manifest.replace(old, sha256(content).hexdigest()))


def _change_line(number: int, old: bytes, new: bytes) -> Change:
    def change(folder: Path) -> None:
        file = "tables/messages/000002.jsonl"
        lines = (folder / file).read_bytes().splitlines(keepends=True)
        assert old in lines[number - 1]
        lines[number - 1] = lines[number - 1].replace(old, new)
        _write_part(folder, file, b"".join(lines))

    return change


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _stored(folder: Path) -> Path:
    (path,) = (path for path in (folder / "files").rglob("*") if path.is_file())
    return path


MESSAGES = "tables/messages/000002.jsonl"
NOT_EXPORTED = "is not the file that was exported"
REFUSED: dict[str, tuple[Change, str]] = {
    "newer format": (lambda folder: _change_manifest(folder, format=FORMAT + 1), "has the format 2"),
    "other revision": (lambda folder: _change_manifest(folder, schema_revision="0001"), "schema revision 0001"),
    "no manifest": (lambda folder: (folder / MANIFEST).unlink(), "has no manifest.json"),
    "text": (lambda folder: _write(folder / MANIFEST, b"text"), "is not a manifest"),
    "no tables": (lambda folder: _change_manifest(folder, tables=None), "is not a manifest: tables"),
    "no rows": (lambda folder: (folder / MESSAGES).unlink(), "has no file .*000002.jsonl"),
    "other rows": (lambda folder: _write(folder / MESSAGES, b""), f"000002.jsonl {NOT_EXPORTED}"),
    "other list": (lambda folder: _write(folder / "files.jsonl", b""), f"files.jsonl {NOT_EXPORTED}"),
    "no file": (lambda folder: _stored(folder).unlink(), "has no file .*/files/"),
    "longer file": (lambda folder: _write(_stored(folder), b"A longer note."), f"/files/.* {NOT_EXPORTED}"),
    "other file": (lambda folder: _write(_stored(folder), b"A n0te."), f"/files/.* {NOT_EXPORTED}"),
    "broken line": (_change_line(3, b"{", b"["), "000002.jsonl, line 3: it is not JSON"),
    "unknown column": (
        _change_line(2, b'"body"', b'"bodies"'),
        "line 2: it does not have the columns of messages",
    ),
    "wrong type": (_change_line(2, b'"revision":1', b'"revision":"1"'), "line 2: the value of revision has the wrong"),
    "no value": (_change_line(2, b'"revision":1', b'"revision":null'), "line 2: the value of revision has the wrong"),
    "invalid id": (_change_line(4, b'"message_id":"0', b'"message_id":"x'), "line 4: the value of message_id is inv"),
    "large number": (_change_line(1, b'"revision":1', b'"revision":9999999999'), "the database refuses the rows"),
    "unknown author": (_change_line(2, b'"bruno"', b'"nobody"'), "000002.jsonl: the database refuses the rows"),
}


@pytest.mark.parametrize(("change", "reason"), REFUSED.values(), ids=REFUSED.keys())
async def test_an_archive_that_is_not_the_exported_one_is_refused(
    archive: Path, new_settings: Settings, new_database_url: str, change: Change, reason: str
) -> None:
    change(archive)
    with pytest.raises(TransferFailed, match=reason):
        await import_(new_settings, new_database_url, archive)
    await _forget(new_database_url)


async def _forget(database_url: str) -> None:
    """Removes what an import has written."""
    async with single_connection(database_url) as connection:
        await connection.execute(text(f"TRUNCATE {', '.join(table.name for table in metadata.sorted_tables)}"))


async def test_an_account_that_exists_is_refused(
    exported: tuple[Account, Path], settings: Settings, database_url: str
) -> None:
    account, archive = exported
    with pytest.raises(TransferFailed, match=f"has an account {account.account_id} already"):
        await import_(settings, database_url, archive)


@pytest.fixture
async def incomplete(
    exported: tuple[Account, Path], new_settings: Settings, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Account]:
    """The account on a server into whose database everything but the last transaction was imported."""
    account, archive = exported
    assert account.api.items is not None
    async with served(new_settings, empty_database_url, account.api.items) as (_, api):
        with monkeypatch.context() as patch:
            patch.setattr(importing, "restore_part", _interrupt)
            with pytest.raises(InterruptedError):
                await import_(new_settings, empty_database_url, archive)
        yield Account(api, account.account_id)


async def _interrupt(*_: object) -> None:
    raise InterruptedError


async def test_an_incomplete_account_cannot_be_used(
    exported: tuple[Account, Path], incomplete: Account, new_settings: Settings, empty_database_url: str
) -> None:
    before, archive = exported
    for agent_id in ("ana", "bruno"):
        assert (await incomplete.agent(agent_id).execute("{ chatViewer { chatEnabled } }")).code == "AGENT_INACTIVE"
    service = incomplete.api.service(incomplete.account_id)
    agents = [{"id": "ana", "name": "Ana", "role": "ADMINISTRATOR"}]
    directory = {"account": {"name": "Renamed"}, "agents": agents, "teams": []}
    assert await service.refusal("syncChatDirectory", "agentCount teamCount", **directory) == "CONFLICT"
    await import_(new_settings, empty_database_url, archive)
    query = "{ chatChannels { nodes { name messages(first: 50) { nodes { body replyTo { id } } } } } }"
    expected = await before.bruno.query(query)
    assert await incomplete.bruno.query(query) == expected
    first = next(
        node for node in expected["chatChannels"]["nodes"][0]["messages"]["nodes"] if node["body"] == "Number 0"
    )
    assert first["replyTo"] is not None


async def test_another_archive_of_an_incomplete_account_is_refused(
    exported: tuple[Account, Path],
    incomplete: Account,
    settings: Settings,
    database_url: str,
    new_settings: Settings,
    empty_database_url: str,
    tmp_path: Path,
) -> None:
    await export(settings, database_url, incomplete.account_id, tmp_path / "other")
    with pytest.raises(TransferFailed, match="import of another archive"):
        await import_(new_settings, empty_database_url, tmp_path / "other")
    with pytest.raises(TransferFailed, match="is not complete: complete it first"):
        await export(new_settings, empty_database_url, incomplete.account_id, tmp_path / "incomplete")


async def test_two_processes_cannot_import_an_account(
    exported: tuple[Account, Path], new_settings: Settings, empty_database_url: str
) -> None:
    _, archive = exported
    async with driver_connection(empty_database_url, {}) as connection:
        await begin_import(connection, read_manifest(archive))
        with pytest.raises(TransferFailed, match="Another process is importing"):
            await import_(new_settings, empty_database_url, archive)
    await import_(new_settings, empty_database_url, archive)


async def test_other_accounts_are_not_disturbed(
    exported: tuple[Account, Path], new_settings: Settings, empty_database_url: str
) -> None:
    account, archive = exported
    assert account.api.items is not None
    async with served(new_settings, empty_database_url, account.api.items) as (_, api):
        other = await Account(api, "other").api.create_account()
        channel = await other.bruno.create_channel("Room")
        importing_ = asyncio.create_task(import_(new_settings, empty_database_url, archive))
        sent = [await other.bruno.send(channel, f"Meanwhile {number}") for number in range(5)]
        await until(importing_.done, "the import ends")
        await importing_
        assert len(sent) == 5
        assert await other.bruno.bodies(channel) == [f"Meanwhile {number}" for number in range(5)]
        assert (await Account(api, account.account_id).bruno.query("{ chatViewer { chatEnabled } }")) == {
            "chatViewer": {"chatEnabled": True}
        }


async def test_the_planner_knows_the_rows(
    exported: tuple[Account, Path], new_settings: Settings, empty_database_url: str
) -> None:
    await import_(new_settings, empty_database_url, exported[1])
    rows = exported_rows(exported[1])
    query = text("SELECT relname, reltuples FROM pg_class WHERE relname IN ('messages', 'members', 'search_entries')")
    async with single_connection(empty_database_url) as connection:
        known = {name: int(count) for name, count in await connection.execute(query)}
    posts = [row for row in rows["messages"] if row["system_event"] is None]
    assert known == {"messages": len(rows["messages"]), "members": len(rows["members"]), "search_entries": len(posts)}
