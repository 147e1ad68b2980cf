"""Sending uploads in messages, and deleting them."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from server.file_store import StoredFiles, open_files
from tests.support.api import Account, AgentClient, Json, path_of
from tests.support.fingerprint import fingerprint

SENT = "message { id body attachments { id filename contentType byteSize kind } }"
UNSENT = "UPDATE attachments SET expires_at = now() - interval '1 second' WHERE account_id = :account AND {key}"


async def _execute(account: Account, statement: str, **parameters: object) -> list[tuple[object, ...]]:
    async with account.api.engine.begin() as connection:
        result = await connection.execute(text(statement), {"account": account.account_id, **parameters})
        return [tuple(row) for row in result] if result.returns_rows else []


async def _expire(account: Account, upload: str) -> None:
    key = {"id": UUID(upload.removeprefix("att_"))}
    await _execute(account, UNSENT.format(key="attachment_id = :id"), **key)


async def _refusal(agent: AgentClient, **input: object) -> tuple[str, list[str]]:
    payload = await agent.payload("sendChatMessage", "message { id }", **input)
    (error,) = payload["userErrors"]
    assert payload["message"] is None
    return error["code"], error["path"]


async def test_an_upload_is_sent_without_text_and_read_by_a_member(account: Account) -> None:
    channel = await account.bruno.create_channel(memberIds=["carla"])
    uploads = [await account.bruno.upload(b"first", "a.txt"), await account.bruno.upload(b"second", "b.txt")]
    message = await account.bruno.send(channel, "", attachmentIds=uploads[::-1])
    found = await account.carla.attachments(message, "id filename byteSize kind contentType url thumbnailUrl")
    assert [each["id"] for each in found] == uploads[::-1]
    assert [(each["filename"], each["byteSize"], each["kind"]) for each in found] == [
        ("b.txt", 6, "FILE"),
        ("a.txt", 5, "FILE"),
    ]
    assert (await account.carla.http.get(path_of(found[0]["url"]))).content == b"second"
    assert found[0]["thumbnailUrl"] is None


async def test_the_text_beside_an_attachment_can_be_removed(account: Account) -> None:
    channel = await account.bruno.create_channel()
    message = await account.bruno.send(channel, "Veja", attachmentIds=[await account.bruno.upload()])
    edited = await account.bruno.mutate("editChatMessage", "message { body }", messageId=message, body="")
    assert edited["message"]["body"] == ""
    assert len(await account.bruno.attachments(message)) == 1
    plain = await account.bruno.send(channel, "Veja")
    assert await account.bruno.refusal("editChatMessage", "message { id }", messageId=plain, body="") == "INVALID"


async def test_uploads_that_cannot_be_sent_have_the_same_answer(account: Account, other_account: Account) -> None:
    channel = await account.bruno.create_channel(memberIds=["carla"])
    good = await account.bruno.upload()
    incomplete, _ = await account.bruno.create_upload(3)
    expired = await account.bruno.upload()
    await _expire(account, expired)
    sent = await account.bruno.upload()
    await account.bruno.send(channel, attachmentIds=[sent])
    deleted = await account.bruno.upload()
    deleted_message = await account.bruno.send(channel, attachmentIds=[deleted])
    await account.bruno.mutate("deleteChatMessage", "message { id }", messageId=deleted_message)
    bad = {
        "incomplete": incomplete,
        "expired": expired,
        "sent": sent,
        "deleted": deleted,
        "of another agent": await account.carla.upload(),
        "of another account": await other_account.bruno.upload(),
        "unknown": f"att_{'0' * 32}",
        "malformed": "att_x",
        "a message": deleted_message,
    }
    before = await fingerprint(account)
    for name, upload in bad.items():
        ids = [good, upload]
        refused = await _refusal(account.bruno, channelId=channel, body="Oi", attachmentIds=ids)
        assert refused == ("NOT_FOUND", ["attachmentIds", "1"]), name
    assert await fingerprint(account) == before
    await account.bruno.send(channel, attachmentIds=[good])


async def test_at_most_twenty_and_no_duplicates(account: Account) -> None:
    channel = await account.bruno.create_channel()
    uploads = [await account.bruno.upload() for _ in range(21)]
    twice = [uploads[0], uploads[1], uploads[0]]
    send: Json = {"channelId": channel, "body": "Oi"}
    assert await _refusal(account.bruno, **send, attachmentIds=twice) == ("INVALID", ["attachmentIds", "2"])
    assert await _refusal(account.bruno, **send, attachmentIds=uploads) == ("INVALID", ["attachmentIds", "20"])
    message = await account.bruno.send(channel, attachmentIds=uploads[:20])
    assert [each["id"] for each in await account.bruno.attachments(message)] == uploads[:20]


async def test_the_attachments_belong_to_the_payload_of_a_client_key(account: Account) -> None:
    channel = await account.bruno.create_channel()
    first, second = await account.bruno.upload(), await account.bruno.upload()
    message = await account.bruno.send(channel, "Oi", attachmentIds=[first], clientKey="k")
    assert await account.bruno.send(channel, "Oi", attachmentIds=[first], clientKey="k") == message
    again: Json = {"channelId": channel, "body": "Oi", "clientKey": "k"}
    assert await account.bruno.refusal("sendChatMessage", SENT, **again) == "CONFLICT"
    assert await account.bruno.refusal("sendChatMessage", SENT, **again, attachmentIds=[second]) == "CONFLICT"


async def test_concurrent_messages_with_the_same_uploads_are_sent_once(account: Account) -> None:
    rooms = [await account.bruno.create_channel(f"Sala {number}") for number in range(4)]
    uploads = [await account.bruno.upload() for _ in range(3)]
    orders = [uploads, uploads[::-1], uploads[1:], [uploads[2], uploads[0]]]
    answers = await asyncio.gather(
        *(
            account.bruno.payload("sendChatMessage", SENT, channelId=room, attachmentIds=order)
            for room, order in zip(rooms, orders, strict=True)
        )
    )
    sent = [answer["message"] for answer in answers if answer["message"] is not None]
    used = [each["id"] for message in sent for each in message["attachments"]]
    assert len(used) == len(set(used)) > 0
    assert {error["code"] for answer in answers for error in answer["userErrors"]} == {"NOT_FOUND"}


async def test_deleting_a_message_deletes_its_files(account: Account) -> None:
    channel = await account.bruno.create_channel(memberIds=["carla"])
    kept = await account.bruno.send(channel, "Fica", attachmentIds=[await account.bruno.upload(b"kept")])
    message = await account.bruno.send(channel, "Vai", attachmentIds=[await account.bruno.upload(b"gone")])
    (link,) = await account.carla.attachments(message)
    assert (await account.carla.http.get(path_of(link["url"]))).status_code == 200
    deleted = await account.bruno.mutate("deleteChatMessage", SENT, messageId=message)
    assert deleted["message"]["attachments"] == []
    assert (await account.carla.http.get(path_of(link["url"]))).status_code == 404
    assert len(await account.carla.attachments(kept)) == 1
    due = "SELECT storage_key FROM unused_files WHERE account_id = :account AND delete_at <= now()"
    assert len(await _execute(account, due)) == 1


@pytest.fixture
def files(account: Account) -> StoredFiles:
    return open_files(account.api.settings)
