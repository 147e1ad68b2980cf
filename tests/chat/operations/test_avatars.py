"""Images as avatars of channels."""

import io
from uuid import uuid4

import pytest
from PIL import Image
from sqlalchemy import text
from starlette.applications import Starlette

from tests.support.api import Account, Json, path_of
from tests.support.fingerprint import fingerprint

CHANNEL = "channel { id avatar { __typename ... on ChatImageAvatar { url } ... on ChatIconAvatar { icon } } }"
ICON: Json = {"icon": {"icon": "star", "color": "#ff8800"}}


def _png(color: str = "red", size: tuple[int, int] = (300, 200)) -> bytes:
    output = io.BytesIO()
    Image.new("RGB", size, color).save(output, "PNG")
    return output.getvalue()


async def _unused(account: Account) -> int:
    """Returns how many files are due to be deleted."""
    async with account.api.engine.connect() as connection:
        query = "SELECT count(*) FROM unused_files WHERE account_id = :account AND delete_at <= now()"
        return int(await connection.scalar(text(query), {"account": account.account_id}) or 0)


async def test_a_channel_is_created_with_an_image(account: Account) -> None:
    image = await account.bruno.upload(_png(), "logo.png", "image/png")
    input: Json = {"name": "Sala", "kind": "PUBLIC", "avatar": {"imageId": image}, "memberIds": ["carla"]}
    created = await account.bruno.mutate("createChatChannel", CHANNEL, **input)
    seen = await account.carla.read(created["channel"]["id"], "avatar { ... on ChatImageAvatar { url } }")
    assert seen["avatar"]["url"] == created["channel"]["avatar"]["url"]
    answer = await account.carla.http.get(path_of(seen["avatar"]["url"]))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    assert Image.open(io.BytesIO(answer.content)).size == (256, 256)
    assert answer.headers["cache-control"] == "private, max-age=172800, immutable"


async def test_a_replaced_image_is_deleted(account: Account) -> None:
    channel = await account.bruno.create_channel()
    links = []
    for color in ("red", "blue"):
        avatar: Json = {"imageId": await account.bruno.upload(_png(color), "logo.png", "image/png")}
        changed = await account.bruno.mutate("updateChatChannel", CHANNEL, channelId=channel, avatar=avatar)
        links.append(path_of(changed["channel"]["avatar"]["url"]))
    statuses = [(await account.bruno.http.get(link)).status_code for link in links]
    assert (statuses, await _unused(account)) == ([404, 200], 1)
    changed = await account.bruno.mutate("updateChatChannel", CHANNEL, channelId=channel, avatar=ICON)
    assert changed["channel"]["avatar"] == {"__typename": "ChatIconAvatar", "icon": "star"}
    assert ((await account.bruno.http.get(links[1])).status_code, await _unused(account)) == (404, 2)


async def test_an_image_can_also_be_sent_and_then_deleted(account: Account) -> None:
    channel = await account.bruno.create_channel()
    image = await account.bruno.upload(_png(), "logo.png", "image/png")
    await account.bruno.mutate("updateChatChannel", CHANNEL, channelId=channel, avatar={"imageId": image})
    message = await account.bruno.send(channel, attachmentIds=[image])
    await account.bruno.mutate("deleteChatMessage", "message { id }", messageId=message)
    url = (await account.bruno.read(channel, "avatar { ... on ChatImageAvatar { url } }"))["avatar"]["url"]
    assert (await account.bruno.http.get(path_of(url))).status_code == 200


async def test_uploads_that_cannot_be_avatars(account: Account, other_account: Account) -> None:
    channel = await account.bruno.create_channel()
    incomplete, _ = await account.bruno.create_upload(3)
    unknown = {
        "incomplete": incomplete,
        "of another agent": await account.carla.upload(_png(), "logo.png", "image/png"),
        "of another account": await other_account.bruno.upload(_png(), "logo.png", "image/png"),
        "unknown": f"att_{uuid4().hex}",
        "malformed": "x",
    }
    before = await fingerprint(account)
    for name, image in unknown.items():
        for mutation, input in (
            ("createChatChannel", {"name": "Sala", "kind": "PUBLIC"}),
            ("updateChatChannel", {"channelId": channel}),
        ):
            payload = await account.bruno.payload(mutation, CHANNEL, **input, avatar={"imageId": image})
            (error,) = payload["userErrors"]
            assert (error["code"], error["path"]) == ("NOT_FOUND", ["avatar", "imageId"]), name
    assert await fingerprint(account) == before
    image = await account.bruno.upload(_png(), "logo.png", "image/png")
    await account.bruno.mutate("updateChatChannel", CHANNEL, channelId=channel, avatar={"imageId": image})


@pytest.mark.parametrize("content", [b"plain text", b"\x89PNG\r\n\x1a\n broken"])
async def test_a_file_that_is_no_image_is_refused(account: Account, content: bytes) -> None:
    channel = await account.bruno.create_channel()
    avatar: Json = {"imageId": await account.bruno.upload(content, "logo.png", "image/png")}
    payload = await account.bruno.payload("updateChatChannel", CHANNEL, channelId=channel, avatar=avatar)
    (error,) = payload["userErrors"]
    assert (error["code"], error["path"]) == ("UNSUPPORTED_TYPE", ["avatar", "imageId"])
    assert (await account.bruno.read(channel, "avatar { __typename }"))["avatar"] is None


async def test_an_image_that_the_storage_has_lost_is_refused(account: Account, app: Starlette) -> None:
    channel = await account.bruno.create_channel()
    image = await account.bruno.upload(_png(), "logo.png", "image/png")
    query = "SELECT storage_key FROM attachments WHERE account_id = :account"
    async with account.api.engine.connect() as connection:
        keys = list((await connection.execute(text(query), {"account": account.account_id})).scalars())
    await app.state.services.chat.files.delete(keys)
    input: Json = {"channelId": channel, "avatar": {"imageId": image}}
    assert await account.bruno.refusal("updateChatChannel", CHANNEL, **input) == "UNSUPPORTED_TYPE"


async def test_an_avatar_is_either_an_image_or_an_icon(account: Account) -> None:
    channel = await account.bruno.create_channel()
    image = await account.bruno.upload(_png(), "logo.png", "image/png")
    for avatar in ({}, {"imageId": image, **ICON}):
        assert await account.bruno.refusal("updateChatChannel", CHANNEL, channelId=channel, avatar=avatar) == "INVALID"


async def test_permissions_are_checked_before_an_image_is_read(account: Account) -> None:
    """A broken image, which would be UNSUPPORTED_TYPE."""
    await account.ana.mutate(
        "updateChatAccountSettings", "settings { chatEnabled }", whoCreatesPrivate="ADMINISTRATORS"
    )
    hidden = await account.ana.create_channel("Segredo", "PRIVATE")
    public = await account.bruno.create_channel()
    avatar: Json = {"imageId": await account.davi.upload(b"plain text", "logo.png", "image/png")}
    before = await fingerprint(account)
    for mutation, input, code in (
        ("updateChatChannel", {"channelId": f"chn_{uuid4().hex}"}, "NOT_FOUND"),
        ("updateChatChannel", {"channelId": hidden}, "NOT_FOUND"),
        ("updateChatChannel", {"channelId": public}, "FORBIDDEN"),
        ("createChatChannel", {"name": "Sala", "kind": "PRIVATE"}, "FORBIDDEN"),
    ):
        assert await account.davi.refusal(mutation, CHANNEL, **input, avatar=avatar) == code
    assert await fingerprint(account) == before, "no file is listed before the permissions are checked"
    allowed: Json = {"name": "Sala", "kind": "PUBLIC", "avatar": avatar}
    assert await account.davi.refusal("createChatChannel", CHANNEL, **allowed) == "UNSUPPORTED_TYPE"
