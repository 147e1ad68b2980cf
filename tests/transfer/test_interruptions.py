"""Commands that are killed continue where they were, and the result is that of an uninterrupted one."""

import asyncio
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.settings import Settings
from tests.support.api import Api
from tests.support.processes import environment
from tests.transfer.company import Company
from tests.transfer.killed_command import PAGE_ROWS
from tests.transfer.moving import export, exported_files, exported_rows
from transfer import exporting
from transfer.importing import CLOCK_ADVANCE
from transfer.journal import JOURNAL

SECRET = "a secret of thirty-two bytes or more"
NEVER = ("transfer.exporting:write_page", 0)


@dataclass(frozen=True)
class Command:
    """Runs `internal-chat`, and kills it at a call of a function."""

    database_url: str
    files: str

    @property
    def settings(self) -> dict[str, str]:
        return {
            "CHAT_DATABASE_URL": self.database_url,
            "CHAT_FILES_URL": self.files,
            "CHAT_JWT_SECRET": SECRET,
            "CHAT_LINK_SECRET": SECRET,
        }

    async def run(self, kill_at: tuple[str, int], *arguments: str) -> tuple[int | None, str]:
        """Returns the exit code and what was printed."""
        target, call = kill_at
        command = [sys.executable, "-m", "tests.transfer.killed_command", target, str(call), *arguments]
        process = await asyncio.create_subprocess_exec(
            *command,
            env=environment(self.settings),
            cwd=Path(__file__).parents[2],
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        return process.returncode, output.decode()


@dataclass(frozen=True)
class Source:
    account_id: str
    command: Command
    archive: Path
    """An uninterrupted export, in small parts."""


@pytest.fixture(scope="module")
async def source(api: Api, settings: Settings, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Source:
    company = await Company.build(api)
    archive = tmp_path_factory.mktemp("uninterrupted") / "archive"
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(exporting, "PAGE_ROWS", PAGE_ROWS)
        await export(settings, database_url, company.account_id, archive)
    assert len(list((archive / "tables" / "messages").iterdir())) > 3
    return Source(company.account_id, Command(database_url, str(settings.data_dir / "files")), archive)


EXPORT_KILLS = (
    ("transfer.exporting:write_page", 12),
    ("transfer.exporting:fingerprint", 9),
    ("transfer.file_copies:_copy", 3),
    ("transfer.exporting:write_manifest", 1),
)
IMPORT_KILLS = (
    ("transfer.importing:record_part", 9),
    ("transfer.stored_copies:_store", 3),
    ("transfer.importing:record_indexing", 1),
    ("transfer.indexing:index_messages", 2),
    ("transfer.importing:remove_record", 1),
)


async def test_an_export_that_is_killed_again_and_again_is_complete_in_the_end(source: Source, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    arguments = ("export", "--account", source.account_id, "--into", str(folder))
    written: dict[Path, int] = {}
    for kill_at in EXPORT_KILLS:
        code, output = await source.command.run(kill_at, *arguments)
        assert code == -signal.SIGKILL, output
        kept = {path: inode for path, inode in _inodes(folder).items() if path in written}
        assert kept == written, "no page was written twice"
        written = _inodes(folder)
    code, output = await source.command.run(NEVER, *arguments)
    assert code == 0, output
    assert output.splitlines()[-1].startswith(f"Exported the account {source.account_id} as it was at ")
    refusal = f"{folder} has a complete archive already. Name a new folder.\n"
    assert await source.command.run(NEVER, *arguments) == (1, refusal)
    assert _inodes(folder) == written
    assert exported_rows(folder) == exported_rows(source.archive)
    assert exported_files(folder) == exported_files(source.archive)
    assert not (folder / JOURNAL).exists()
    assert list(folder.rglob("*.new")) == []


def _inodes(folder: Path) -> dict[Path, int]:
    """Returns what identifies the files of rows: a file that is written again is another one."""
    return {path: path.stat().st_ino for path in (folder / "tables").rglob("*.jsonl")}


async def test_an_import_that_is_killed_again_and_again_is_complete_in_the_end(
    source: Source, settings: Settings, empty_database_url: str, tmp_path: Path
) -> None:
    command = Command(empty_database_url, str(tmp_path / "files"))
    for kill_at in IMPORT_KILLS:
        code, output = await command.run(kill_at, "import", str(source.archive))
        assert code == -signal.SIGKILL, output
    code, output = await command.run(NEVER, "import", str(source.archive))
    assert code == 0, output
    assert output.splitlines()[-1].startswith(f"Imported the account {source.account_id} as it was at ")
    again = tmp_path / "again"
    await export(settings.model_copy(update={"files_url": command.files}), empty_database_url, source.account_id, again)
    before, after = exported_rows(source.archive), exported_rows(again)
    ((clock,), (moved_clock,)) = (rows.pop("account_clocks") for rows in (before, after))
    assert moved_clock == clock | {"change": clock["change"] + CLOCK_ADVANCE}
    assert after == before
    assert exported_files(again) == exported_files(source.archive)
