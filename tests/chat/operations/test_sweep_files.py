"""Deleting files that nothing refers to, and uploads that were not sent in time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from starlette.applications import Starlette

from chat.operations.sweep_files import LEASE, sweep_all
from chat.ports import Chat, Files
from chat.unused_files import WRITE_LEASE
from tests.support.api import Account, path_of


@dataclass
class Clock:
    """Shows a time that is later than the real one."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Ended(Exception):
    """The process has ended."""


class EndingFiles:
    """A process that ends before or after it deletes files. Everything else is not used."""

    def __init__(self, files: Files, *, deletes: bool) -> None:
        self._files = files
        self._deletes = deletes

    async def delete(self, keys: Sequence[str]) -> None:
        if self._deletes:
            await self._files.delete(keys)
        raise Ended


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def chat(app: Starlette, clock: Clock) -> Chat:
    chat: Chat = app.state.services.chat
    return replace(chat, clock=clock)


async def _values(account: Account, query: str) -> list[str]:
    async with account.api.engine.connect() as connection:
        return list((await connection.execute(text(query), {"account": account.account_id})).scalars())


async def _rows(account: Account) -> tuple[int, int]:
    """Returns how many attachments and unused files the account has."""
    counts = "SELECT count(*) FROM attachments WHERE account_id = :account"
    unused = "SELECT count(*) FROM unused_files WHERE account_id = :account"
    return int((await _values(account, counts))[0]), int((await _values(account, unused))[0])


async def _stored(account: Account, key: str) -> bool:
    folder: Path = account.api.settings.data_dir / "files"
    return (folder / key).is_file()


async def _key(account: Account, upload: str) -> str:
    id = UUID(upload.removeprefix("att_"))
    query = f"SELECT storage_key FROM attachments WHERE account_id = :account AND attachment_id = '{id}'"
    return (await _values(account, query))[0]


async def test_an_upload_that_is_not_sent_expires(account: Account, chat: Chat, clock: Clock) -> None:
    channel = await account.bruno.create_channel()
    message = await account.bruno.send(channel, attachmentIds=[await account.bruno.upload(b"sent")])
    unsent = await account.bruno.upload(b"unsent")
    await account.bruno.create_upload(3)
    key = await _key(account, unsent)
    clock.ahead = timedelta(hours=23, minutes=59)
    await sweep_all(chat)
    assert (await _rows(account), await _stored(account, key)) == ((3, 0), True)
    clock.ahead = timedelta(hours=24, minutes=1)
    await sweep_all(chat)
    assert (await _rows(account), await _stored(account, key)) == ((1, 0), False)
    (found,) = await account.bruno.attachments(message)
    assert (await account.bruno.http.get(path_of(found["url"]))).content == b"sent"


async def test_the_files_of_a_deleted_message_are_deleted(account: Account, chat: Chat) -> None:
    channel = await account.bruno.create_channel()
    uploads = [await account.bruno.upload(content) for content in (b"one", b"two")]
    keys = [await _key(account, upload) for upload in uploads]
    message = await account.bruno.send(channel, attachmentIds=uploads)
    await account.bruno.mutate("deleteChatMessage", "message { id }", messageId=message)
    assert (await _rows(account), [await _stored(account, key) for key in keys]) == ((0, 2), [True, True])
    await sweep_all(chat)
    assert (await _rows(account), [await _stored(account, key) for key in keys]) == ((0, 0), [False, False])


@pytest.mark.parametrize("deletes", [False, True])
async def test_a_process_that_ends_leaves_the_rest_to_another(
    account: Account, chat: Chat, clock: Clock, deletes: bool
) -> None:
    channel, upload = await account.bruno.create_channel(), await account.bruno.upload()
    key = await _key(account, upload)
    message = await account.bruno.send(channel, attachmentIds=[upload])
    await account.bruno.mutate("deleteChatMessage", "message { id }", messageId=message)
    with pytest.raises(Ended):
        await sweep_all(replace(chat, files=EndingFiles(chat.files, deletes=deletes)))  # type: ignore[arg-type]
    assert (await _rows(account), await _stored(account, key)) == ((0, 1), not deletes)
    await sweep_all(chat)
    assert await _rows(account) == (0, 1), "it is claimed until the end of the lease"
    clock.ahead = LEASE + timedelta(seconds=1)
    await sweep_all(chat)
    assert (await _rows(account), await _stored(account, key)) == ((0, 0), False)


async def test_several_processes_can_sweep_at_the_same_time(account: Account, chat: Chat) -> None:
    channel = await account.bruno.create_channel()
    for _ in range(3):
        uploads = [await account.bruno.upload() for _ in range(5)]
        message = await account.bruno.send(channel, attachmentIds=uploads)
        await account.bruno.mutate("deleteChatMessage", "message { id }", messageId=message)
    await asyncio.gather(*(sweep_all(chat) for _ in range(4)))
    assert await _rows(account) == (0, 0)


async def test_an_expired_upload_is_either_sent_or_deleted(account: Account, chat: Chat, clock: Clock) -> None:
    channel = await account.bruno.create_channel()
    uploads = [await account.bruno.upload() for _ in range(10)]
    clock.ahead = timedelta(hours=24, minutes=1)
    answers, _ = await asyncio.gather(
        asyncio.gather(
            *(
                account.bruno.payload("sendChatMessage", "message { id }", channelId=channel, attachmentIds=[upload])
                for upload in uploads
            )
        ),
        sweep_all(chat),
    )
    sent = [answer["message"]["id"] for answer in answers if answer["message"] is not None]
    assert await _rows(account) == (len(sent), 0)
    for message in sent:
        (found,) = await account.bruno.attachments(message)
        assert (await account.bruno.http.get(path_of(found["url"]))).status_code == 200


async def test_files_that_were_never_completed_are_deleted_after_a_while(
    account: Account, chat: Chat, clock: Clock
) -> None:
    await account.bruno.upload()
    query = "INSERT INTO unused_files SELECT :account, 'abandoned', :delete_at"
    key: str = "abandoned"
    await chat.files.put(key, b"part")
    async with account.api.engine.begin() as connection:
        parameters = {"account": account.account_id, "delete_at": datetime.now(UTC) + WRITE_LEASE}
        await connection.execute(text(query), parameters)
    await sweep_all(chat)
    assert (await _rows(account), await _stored(account, key)) == ((1, 1), True)
    clock.ahead = WRITE_LEASE + timedelta(seconds=1)
    await sweep_all(chat)
    assert (await _rows(account), await _stored(account, key)) == ((1, 0), False)
