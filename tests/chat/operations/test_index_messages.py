"""Indexing the messages that were sent before the search index existed."""

import asyncio
from collections.abc import Sequence
from typing import NoReturn

import pytest

from chat.identity import DirectoryToken
from chat.operations import index_messages as indexing
from chat.operations.index_messages import accounts_to_index, index_messages
from chat.ports import Chat
from models.enums import ItemKind
from server.clock import SystemClock
from server.indexing import index_all
from tests.chat.operations.test_forward_message import forward
from tests.schema.test_search import search
from tests.support.api import Account

FORGET = "DELETE FROM search_entries WHERE account_id = $1"
BEGIN = """INSERT INTO search_backfills (account_id, position)
           SELECT account_id, change FROM account_clocks WHERE account_id = $1"""
ENTRIES = "SELECT message_id, slice, terms::text FROM search_entries WHERE account_id = $1 ORDER BY message_id"


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "BATCH", 4)


def _chat(account: Account) -> Chat:
    return Chat(account.api.pool, SystemClock(), account.api.hub, None, None)  # type: ignore[arg-type]


async def _index(account: Account) -> int:
    chat = _chat(account)
    return await index_messages(chat, DirectoryToken(account.account_id, expires_at=chat.clock.now()))


async def _forget(account: Account, *statements: str) -> None:
    """Leaves the account as the migration does: without entries."""
    async with account.api.engine.begin() as connection:
        for statement in (FORGET, BEGIN, *statements):
            await connection.exec_driver_sql(statement, (account.account_id,))


async def _entries(account: Account) -> Sequence[tuple[str, int, str]]:
    """Returns the id, the slice and the terms of each entry, the oldest first."""
    async with account.api.pool.connection(None) as connection:
        return [(str(id), slice_, terms) for id, slice_, terms in await connection.fetch(ENTRIES, account.account_id)]


async def _send_messages(account: Account) -> str:
    """Sends messages of all kinds to a channel, and returns its id."""
    account.add_item(ItemKind.DEAL, "1")
    await account.sync(teams=[{"id": "t", "name": "Time", "agentIds": ["carla"]}])
    channel = await account.bruno.create_channel(memberIds=["carla"])
    for number in range(5):
        await account.bruno.send(channel, f"oi {number}")
    await account.bruno.send(channel, "negócio 今天", cards=[{"kind": "DEAL", "id": "1"}])
    await account.bruno.send(channel, "ata", attachmentIds=[await account.bruno.upload()])
    await account.bruno.send(channel, "[@Carla](mention://user/carla/Carla) https://example.com")
    await forward(account.bruno, await account.bruno.send(channel, "original"), {"channelId": channel}, body="veja")
    await account.carla.send(channel, "[@Time](mention://team/t/Time) [@X](mention://user/x/X)")
    edited = await account.bruno.send(channel, "rascunho")
    await account.bruno.mutate("editChatMessage", "message { id }", messageId=edited, body="pronto")
    deleted = await account.bruno.send(channel, "apagado")
    await account.bruno.mutate("deleteChatMessage", "message { id }", messageId=deleted)
    await account.davi.mutate("joinChatChannel", "channel { id }", channelId=channel)
    return channel


async def test_older_messages_get_the_entries_that_sending_gives(account: Account) -> None:
    await _send_messages(account)
    written = await _entries(account)
    assert len(written) == 12
    await _forget(account)
    assert await search(account.bruno, "oi") == []
    assert await index_all(_chat(account), 0) == 16
    assert await _entries(account) == written
    assert await search(account.bruno, has=["FILE"]) == ["ata"]
    assert await search(account.bruno, "original") == ["veja", "original"]
    assert account.account_id not in await accounts_to_index(account.api.pool)


async def test_the_newest_messages_come_first_and_an_interruption_loses_nothing(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = await account.bruno.create_channel()
    for number in range(10):
        await account.bruno.send(channel, f"oi {number}")
    await _forget(account)
    assert await _index(account) == 4
    assert await search(account.bruno, "oi") == [f"oi {number}" for number in (9, 8, 7, 6)]

    async def fail(*_: object) -> NoReturn:
        raise OSError("the process died")

    with monkeypatch.context() as patch:
        patch.setattr(indexing, "_write", fail)
        with pytest.raises(OSError, match="died"):
            await _index(account)
    await account.bruno.send(channel, "oi 10")
    assert await index_all(_chat(account), 0) > 0
    assert await search(account.bruno, "oi") == [f"oi {number}" for number in reversed(range(11))]


async def test_the_length_of_a_batch_is_limited(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "BATCH_LENGTH", 10)
    channel = await account.bruno.create_channel()
    for body in ("1", "2 " + "x" * 20, "3 345678", "4 4"):
        original = await account.bruno.send(channel, body)
    await forward(account.bruno, original, {"channelId": channel}, body="5 45678")
    await _forget(account)
    # The last batch also has the message that reports the creation of the channel, without a text.
    assert [await _index(account) for _ in range(5)] == [1, 1, 1, 1, 2]
    assert account.account_id in await accounts_to_index(account.api.pool)
    assert await _index(account) == 0
    assert account.account_id not in await accounts_to_index(account.api.pool)
    assert len(await _entries(account)) == 5


async def test_several_processes_index_an_account_once(account: Account) -> None:
    channel = await account.bruno.create_channel()
    for number in range(30):
        await account.bruno.send(channel, f"oi {number}")
    await _forget(account)
    await asyncio.gather(*(index_all(_chat(account), 0) for _ in range(4)))
    while account.account_id in await accounts_to_index(account.api.pool):
        await index_all(_chat(account), 0)
    assert await search(account.bruno, "oi") == [f"oi {number}" for number in reversed(range(30))]


async def test_a_message_that_is_edited_meanwhile_is_found_by_its_new_text(account: Account) -> None:
    channel = await account.bruno.create_channel()
    id = await account.bruno.send(channel, "antes")
    await _forget(account)
    async with account.api.engine.begin() as connection:
        await connection.exec_driver_sql(
            "SELECT FROM messages WHERE account_id = $1 FOR NO KEY UPDATE", (account.account_id,)
        )
        editing = asyncio.create_task(
            account.bruno.mutate("editChatMessage", "message { id }", messageId=id, body="depois")
        )
        await account.api.until_waiting(1)
        backfill = asyncio.create_task(_index(account))
        await account.api.until_waiting(2)
    await asyncio.gather(editing, backfill)
    await index_all(_chat(account), 0)
    assert await search(account.bruno, "antes") == []
    assert await search(account.bruno, "depois") == ["depois"]


async def test_sending_does_not_wait_for_a_batch(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    channel = await account.bruno.create_channel()
    await account.bruno.send(channel, "antes")
    await _forget(account)
    written, may_commit = asyncio.Event(), asyncio.Event()
    write = indexing._write

    async def write_and_wait(*args: object) -> int:
        count = await write(*args)  # type: ignore[arg-type]
        written.set()
        await may_commit.wait()
        return count

    monkeypatch.setattr(indexing, "_write", write_and_wait)
    backfill = asyncio.create_task(_index(account))
    await written.wait()
    async with asyncio.timeout(5):
        await account.bruno.send(channel, "durante")
        assert await search(account.bruno, channelId=channel) == ["durante"]
    may_commit.set()
    await backfill
    assert await search(account.bruno, channelId=channel) == ["durante", "antes"]


async def test_older_messages_are_in_no_later_slice_than_newer_ones(account: Account) -> None:
    """A message that was sent after the migration may be in an earlier slice than the account's clock says by now."""
    channel = await account.bruno.create_channel()
    for number in range(8):
        await account.bruno.send(channel, f"oi {number}")
    await _forget(account, "UPDATE search_backfills SET position = 3 * 8192 + 2 WHERE account_id = $1")
    await index_all(_chat(account), 0)
    slices = [slice_ for _, slice_, _ in await _entries(account)]
    assert slices == sorted(slices)
    assert set(slices) == {2, 3}
    assert await search(account.bruno, "oi") == []


async def test_more_messages_than_the_account_had_changes_get_negative_slices(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Imported messages are no changes of the account."""
    monkeypatch.setattr(indexing, "SLICE_BITS", 1)
    channel = await account.bruno.create_channel()
    for number in range(10):
        await account.bruno.send(channel, f"oi {number}")
    await _forget(account, "UPDATE search_backfills SET position = 1 WHERE account_id = $1")
    await index_all(_chat(account), 0)
    assert [slice_ for _, slice_, _ in await _entries(account)] == [-4, -4, -3, -3, -2, -2, -1, -1, 0, 0]
    assert await search(account.bruno, "oi") == [f"oi {number}" for number in reversed(range(10))]
    assert await search(account.bruno, "oi", before="2000-01-01T00:00:00Z") == []
    assert len(await search(account.bruno, "oi", after="2000-01-01T00:00:00Z")) == 10


async def test_messages_between_others_get_slices_between_theirs(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "SLICE_BITS", 1)
    channel = await account.bruno.create_channel()
    for number in range(12):
        await account.bruno.send(channel, f"oi {number}")
    await _forget(account)
    await index_all(_chat(account), 0)
    slices = {id: slice_ for id, slice_, _ in await _entries(account)}
    ids = sorted(slices)
    missing = "DELETE FROM search_entries WHERE account_id = $1 AND message_id = ANY ($2::uuid[])"
    async with account.api.engine.begin() as connection:
        await connection.exec_driver_sql(missing, (account.account_id, ids[1:8]))
        await connection.exec_driver_sql(BEGIN, (account.account_id,))
    await index_all(_chat(account), 0)
    written = [slice_ for _, slice_, _ in await _entries(account)]
    assert written == sorted(written)
    assert (written[0], written[8:]) == (slices[ids[0]], [slices[id] for id in ids[8:]])
