"""Exports, CSV files and accounts that cannot be used: the command says why in a sentence."""

import json
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import text as sql_text

from tests.support.api import Account
from tests.support.fingerprint import fingerprint
from tests.transfer.slack.export_files import Export, conversation, said, user
from tests.transfer.slack.running import import_export, import_file
from tests.transfer.slack.sample import AGENTS, sample
from transfer.errors import TransferFailed
from transfer.slack import archive
from transfer.slack.importing import ImportRequest


async def failure(account: Account, path: Path, csv: Path | None = None, report: Path | None = None) -> str:
    """Returns why the import fails. It must not have written anything."""
    before = await fingerprint(account)
    with pytest.raises(TransferFailed) as raised:
        await import_file(account, ImportRequest(path, account.account_id, csv, report))
    assert await fingerprint(account) == before
    return str(raised.value)


def zipped(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


async def test_files_that_are_no_export(account: Account, tmp_path: Path) -> None:
    missing = tmp_path / "missing.zip"
    assert await failure(account, missing) == f"{missing} cannot be read: No such file or directory."
    text = tmp_path / "text.zip"
    text.write_text("no ZIP file")
    assert await failure(account, text) == f"{text} is not a ZIP file."
    no_lists = zipped(tmp_path / "txt.zip", **{"channels/general.txt": "a text export"})
    assert "is not an export of a Slack workspace in the JSON format" in await failure(account, no_lists)
    no_json = zipped(tmp_path / "broken.zip", **{"users.json": "{", "channels.json": "[]"})
    assert await failure(account, no_json) == "users.json in the export is not JSON."
    no_list = zipped(tmp_path / "object.zip", **{"users.json": "{}", "channels.json": "[]"})
    assert await failure(account, no_list) == "users.json in the export is not a list."


async def test_damaged_files(account: Account, tmp_path: Path) -> None:
    path = sample().write(tmp_path / "export.zip")
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as file:
        info = file.getinfo("users.json")
    start = info.header_offset + 30 + len(info.filename)
    content[start : start + 20] = b"\xff" * 20
    path.write_bytes(content)
    assert (await failure(account, path)).startswith("users.json in the export cannot be read: ")


async def test_files_that_are_too_large(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LIST_BYTES", 10_000)
    bomb = zipped(tmp_path / "bomb.zip", **{"users.json": "[" + " " * 20_000 + "]", "channels.json": "[]"})
    assert await failure(account, bomb) == "users.json in the export has more than 10,000 bytes."
    monkeypatch.setattr(archive, "DAY_BYTES", 50)
    export = Export(
        [user("U1", "A")], [conversation("C1", "one", [])], days={"one/2020-01-01": [said(1, "U1", "x" * 50)]}
    )
    with pytest.raises(TransferFailed, match=r"one/2020-01-01.json in the export has more than 50 bytes."):
        await import_export(account, export, tmp_path)


async def test_accounts_that_do_not_exist(account: Account, tmp_path: Path) -> None:
    path = sample().write(tmp_path / "export.zip")
    with pytest.raises(TransferFailed, match=r"^There is no account nobody.$"):
        await import_file(account, ImportRequest(path, "nobody", None, None))


async def test_an_account_whose_own_import_is_not_complete(account: Account, tmp_path: Path) -> None:
    started = sql_text(
        "INSERT INTO account_imports (account_id, archive_id, started_at, next_part, held_back_parts, indexes)"
        " VALUES (:account_id, gen_random_uuid(), now(), 0, '{}', false)"
    )
    async with account.api.engine.begin() as connection:
        await connection.execute(started, {"account_id": account.account_id})
    expected = f"The import of the account {account.account_id} is not complete: complete it first."
    assert await failure(account, sample().write(tmp_path / "export.zip")) == expected


async def test_csv_files(account: Account, tmp_path: Path) -> None:
    path, csv = sample().write(tmp_path / "export.zip"), tmp_path / "agents.csv"
    assert await failure(account, path, csv) == f"{csv} cannot be read: No such file or directory."
    csv.write_text("name,agent\n")
    assert "must name the columns: agent_id, and slack_user_id or email." in await failure(account, path, csv)
    csv.write_text("slack_user_id,agent_id\nU0ANA,ana\nU0BRUNO,nobody\n,carla\nU0ANA,carla\nU0X,slack:T/U\n")
    assert await failure(account, path, csv) == "\n".join(
        [
            f"{csv} cannot be used:",
            "line 3: the account has no agent 'nobody'",
            "line 4: slack_user_id or email is missing",
            "line 5: U0ANA is another agent in a line before",
            "line 6: the account has no agent 'slack:T/U'",
        ]
    )
    csv.write_bytes(b"slack_user_id,agent_id\n\xff,ana\n")
    assert "is not a CSV file in UTF-8" in await failure(account, path, csv)


async def test_a_report_that_cannot_be_written(account: Account, tmp_path: Path) -> None:
    path = sample().write(tmp_path / "export.zip")
    assert (
        await failure(account, path, report=tmp_path) == f"The report cannot be written to {tmp_path}: Is a directory."
    )


async def test_an_export_in_a_folder_of_the_zip_file_and_files_beside_it(account: Account, tmp_path: Path) -> None:
    export = sample()
    picture = export.uploads.pop("__uploads/F0PICTURE/photo.png")
    beside = tmp_path / "__uploads" / "F0PICTURE"
    beside.mkdir(parents=True)
    (beside / "photo.png").write_bytes(picture)
    (tmp_path / "agents.csv").write_text(AGENTS)
    path = export.write(tmp_path / "export.zip", root="acme export/")
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("__MACOSX/acme export/._users.json", "not JSON")
    report = await import_file(account, ImportRequest(path, account.account_id, tmp_path / "agents.csv", None))
    assert (report.channels, report.files) == (5, 2)


async def test_a_list_that_names_the_organization(account: Account, tmp_path: Path) -> None:
    files = {"org_users.json": json.dumps([user("U1", "A")]), "groups.json": "[]"}
    path = zipped(tmp_path / "org.zip", **files)
    report = await import_file(account, ImportRequest(path, account.account_id, None, None))
    assert list(report.lines()) == ["Imported 0 channels, 0 messages and 0 files."]
