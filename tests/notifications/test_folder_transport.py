"""The files of e-mails that are not sent."""

import asyncio
import stat
from pathlib import Path

import pytest

from notifications.folder_transport import FolderTransport
from notifications.transports import TemporaryFailure
from tests.notifications.samples import email_to


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_only_the_user_of_the_process_can_read_the_emails(tmp_path: Path) -> None:
    folder = tmp_path / "emails"
    await FolderTransport(folder).send(email_to("ana@example.com"))
    [file] = files(folder)
    assert (mode(folder), mode(file)) == (0o700, 0o600)


async def test_an_email_that_is_repeated_is_one_file(tmp_path: Path) -> None:
    transport = FolderTransport(tmp_path)
    await asyncio.gather(*(transport.send(email_to("ana@example.com", batch)) for batch in ("1", "1", "2")))
    assert [file.suffix for file in files(tmp_path)] == [".eml", ".eml"]


async def test_a_failure_leaves_no_draft(tmp_path: Path) -> None:
    email = email_to("ana@example.com")
    await FolderTransport(tmp_path).send(email)
    [file] = files(tmp_path)
    file.unlink()
    file.mkdir()
    with pytest.raises(TemporaryFailure, match=r"^The e-mail could not be written to its folder: Is a directory\.$"):
        await FolderTransport(tmp_path).send(email)
    assert files(tmp_path) == [file]
