"""An export while the account changes, and exports that cannot be made."""

import asyncio
import fcntl
from pathlib import Path

import pytest
from sqlalchemy import text

from server.file_store import open_files
from server.settings import Settings
from tests.support.api import Account
from tests.transfer.killed_command import PAGE_ROWS
from tests.transfer.moving import export, exported_files, exported_rows
from transfer import exporting
from transfer.errors import TransferFailed
from transfer.journal import JOURNAL
from transfer.manifest import MANIFEST, stored_file


class Interrupted(Exception):
    pass


@pytest.fixture
async def interrupted(
    account: Account, settings: Settings, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The folder of an export that wrote all pages, and ended before it compared them."""
    monkeypatch.setattr(exporting, "PAGE_ROWS", PAGE_ROWS)
    channel = await account.bruno.create_channel("Room", "PUBLIC", memberIds=["carla", "davi"])
    for number in range(12):
        message = await account.bruno.send(channel, f"Number {number} [@Carla](mention://user/carla/Carla)")
        await account.carla.mutate("addChatReaction", "message { id }", messageId=message, emoji="👍")
        await account.carla.mutate("saveChatMessage", "message { id }", messageId=message)
    with monkeypatch.context() as patch:
        patch.setattr(exporting, "fingerprint", _interrupt)
        with pytest.raises(Interrupted):
            await export(settings, database_url, account.account_id, tmp_path / "interrupted")
    return tmp_path / "interrupted"


async def _interrupt(*_: object, **named: object) -> None:
    raise Interrupted


async def test_the_archive_is_the_account_in_the_snapshot_whatever_changed_before(
    account: Account,
    settings: Settings,
    database_url: str,
    tmp_path: Path,
    interrupted: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    channel = (await account.bruno.query("{ chatChannels { nodes { id } } }"))["chatChannels"]["nodes"][0]["id"]
    history = await account.bruno.read(channel, "messages(first: 100) { nodes { id systemEvent { kind } } }")
    ids = [node["id"] for node in history["messages"]["nodes"] if node["systemEvent"] is None]
    await account.bruno.mutate("editChatMessage", "message { id }", messageId=ids[1], body="Edited")
    await account.bruno.mutate("deleteChatMessage", "message { id }", messageId=ids[2])
    await account.carla.mutate("removeChatReaction", "message { id }", messageId=ids[3], emoji="👍")
    await account.davi.mutate("addChatReaction", "message { id }", messageId=ids[0], emoji="🎉")
    await account.carla.mutate("unsaveChatMessage", "message { id }", messageId=ids[4])
    await account.carla.mutate("markChatRead", "channel { id }", channelId=channel)
    await account.davi.mutate("leaveChatChannel", "channel { id }", channelId=channel)
    for number in range(9):
        await account.bruno.send(channel, f"Later {number}", replyToId=ids[0])
    await account.bruno.create_channel("Another")
    with monkeypatch.context() as patch:
        patch.setattr(exporting, "write_page", _interrupt)
        with pytest.raises(Interrupted):
            await export(settings, database_url, account.account_id, interrupted)
    manifest = await export(settings, database_url, account.account_id, interrupted)
    fresh = tmp_path / "fresh"
    expected = await export(settings, database_url, account.account_id, fresh)
    assert exported_rows(interrupted) == exported_rows(fresh)
    assert manifest.snapshot.position == expected.snapshot.position
    assert [table.rows for table in manifest.tables] == [table.rows for table in expected.tables]


async def test_an_export_does_not_block_and_is_not_blocked(
    account: Account, settings: Settings, database_url: str, tmp_path: Path, interrupted: Path
) -> None:
    channel = (await account.bruno.query("{ chatChannels { nodes { id } } }"))["chatChannels"]["nodes"][0]["id"]
    exporting_ = asyncio.create_task(export(settings, database_url, account.account_id, interrupted))
    sent = [await account.bruno.send(channel, f"Meanwhile {number}") for number in range(10)]
    manifest = await exporting_
    assert len(sent) == 10
    assert manifest.snapshot.position > 0


async def test_files_that_are_missing_or_damaged_are_reported(
    account: Account, settings: Settings, database_url: str, tmp_path: Path
) -> None:
    channel = await account.bruno.create_channel()
    contents = (b"Missing", b"Damaged", b"Complete")
    await account.bruno.send(channel, attachmentIds=[await account.bruno.upload(content) for content in contents])
    store = open_files(settings).store
    query = "SELECT storage_key FROM attachments WHERE account_id = :id ORDER BY place"
    async with account.api.engine.connect() as connection:
        missing, damaged, complete = await connection.scalars(text(query), {"id": account.account_id})
    await store.delete([missing])
    await store.put(damaged, b"Changed")
    manifest = await export(settings, database_url, account.account_id, tmp_path / "archive")
    assert [(problem.key, problem.reason) for problem in manifest.files.problems] == [
        (missing, "missing"),
        (damaged, "its content is not that which was received"),
    ]
    assert exported_files(tmp_path / "archive") == {complete: b"Complete"}
    assert (tmp_path / "archive" / stored_file(complete)).read_bytes() == b"Complete"


async def test_an_unknown_account_is_refused(settings: Settings, database_url: str, tmp_path: Path) -> None:
    with pytest.raises(TransferFailed, match="has no account nobody"):
        await export(settings, database_url, "nobody", tmp_path / "archive")
    assert not (tmp_path / "archive").exists()


async def test_a_folder_that_is_in_use_is_refused(
    account: Account, other_account: Account, settings: Settings, database_url: str, tmp_path: Path, interrupted: Path
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("Mine.")
    with pytest.raises(TransferFailed, match="is not empty"):
        await export(settings, database_url, account.account_id, tmp_path / "other")
    with pytest.raises(TransferFailed, match=f"unfinished export of the account {account.account_id}"):
        await export(settings, database_url, other_account.account_id, interrupted)
    with (interrupted / JOURNAL).open("rb") as journal:
        fcntl.flock(journal, fcntl.LOCK_EX)
        with pytest.raises(TransferFailed, match="Another process"):
            await export(settings, database_url, account.account_id, interrupted)
    await export(settings, database_url, account.account_id, interrupted)
    with pytest.raises(TransferFailed, match="complete archive already"):
        await export(settings, database_url, account.account_id, interrupted)


async def test_a_line_of_the_journal_that_was_not_written_completely_is_ignored(
    account: Account, settings: Settings, database_url: str, tmp_path: Path, interrupted: Path
) -> None:
    with (interrupted / JOURNAL).open("ab") as journal:
        journal.write(b'{"page": {"table": "mess')
    first, *_ = sorted((interrupted / "tables" / "messages").iterdir())
    first.write_bytes(b"")
    await export(settings, database_url, account.account_id, interrupted)
    await export(settings, database_url, account.account_id, tmp_path / "fresh")
    assert exported_rows(interrupted) == exported_rows(tmp_path / "fresh")


async def test_a_damaged_journal_is_refused(
    account: Account, settings: Settings, database_url: str, interrupted: Path
) -> None:
    lines = (interrupted / JOURNAL).read_bytes().splitlines(keepends=True)
    (interrupted / JOURNAL).write_bytes(lines[0] + b"nonsense\n")
    with pytest.raises(TransferFailed, match="is damaged"):
        await export(settings, database_url, account.account_id, interrupted)
    (interrupted / JOURNAL).write_bytes(lines[0].replace(b'"format":1', b'"format":0'))
    with pytest.raises(TransferFailed, match="another version"):
        await export(settings, database_url, account.account_id, interrupted)
    assert not (interrupted / MANIFEST).exists()
