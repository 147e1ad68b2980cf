"""Uploading and downloading files over HTTP, from a server process of its own."""

import asyncio
import hashlib
import io
import re
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from PIL import Image

from files.links import FileLinks, Variant
from server.http.receptions import PER_UPLOAD
from server.settings import Settings
from tests.support.api import Account, AgentClient, Api, Json, path_of
from tests.support.fingerprint import fingerprint
from tests.support.services import SECRET, ServerProcess
from tests.support.waiting import until

FRONT_END = "https://app.example"
STALL_SECONDS = 2
FILE_BYTES = 70_000_000
CONTENT = bytes(range(256)) * 40
ATTACHED = "filename contentType byteSize kind width height durationMs waveform url thumbnailUrl"


@pytest.fixture(scope="module")
async def server(
    worker_folder: Path, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ServerProcess]:
    server = ServerProcess(
        worker_folder,
        database_url,
        "memory://",
        CHAT_FILES_URL=str(tmp_path_factory.mktemp("stored")),
        CHAT_FILE_BYTES=str(FILE_BYTES),
        CHAT_SEND_SECONDS=str(STALL_SECONDS),
        CHAT_ALLOWED_ORIGINS=FRONT_END,
    )
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def http(server: ServerProcess) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        yield http


@pytest.fixture(scope="module")
def links() -> FileLinks:
    """Signs links as the server does."""
    settings = Settings(jwt_secret=SECRET)
    return FileLinks("", settings.file_link_key())


@pytest.fixture
async def office(api: Api, http: httpx.AsyncClient, account: Account) -> Account:
    """The account, whose agents use the server process."""
    settings = Settings(jwt_secret=SECRET)
    return Account(Api(http, settings, api.engine), account.account_id)


def _stored(server: ServerProcess) -> list[Path]:
    """Returns the stored files, complete or not."""
    return [path for path in Path(server.settings["CHAT_FILES_URL"]).rglob("*") if path.is_file()]


async def _sent(office: Account, content: bytes, filename: str = "note.txt", type: str = "text/plain") -> Json:
    """Returns the attachment of a message from bruno as carla reads it."""
    channel = await office.ana.create_channel("Sala", "PRIVATE", memberIds=["bruno", "carla"])
    upload = await office.bruno.upload(content, filename, type)
    (found,) = await office.carla.attachments(await office.bruno.send(channel, attachmentIds=[upload]), ATTACHED)
    return found


def _png(width: int = 640, height: int = 480) -> bytes:
    output = io.BytesIO()
    Image.effect_noise((width, height), 60).convert("RGB").save(output, "PNG")
    return output.getvalue()


# ------------------------------------------------------------------------------------------------------------- uploads
async def test_a_file_is_uploaded_sent_and_downloaded_by_a_member(office: Account, http: httpx.AsyncClient) -> None:
    found = await _sent(office, CONTENT, "relatório.bin", "application/x-relatorio")
    assert (found["filename"], found["byteSize"], found["kind"]) == ("relatório.bin", len(CONTENT), "FILE")
    answer = await http.get(path_of(found["url"]))
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["etag"] == f'"{hashlib.sha256(CONTENT).hexdigest()}"'


async def test_an_image_has_its_size_and_a_thumbnail(office: Account, http: httpx.AsyncClient) -> None:
    found = await _sent(office, _png(), "foto.png", "application/octet-stream")
    assert (found["kind"], found["contentType"]) == ("IMAGE", "image/png")
    assert (found["width"], found["height"]) == (640, 480)
    thumbnail = await http.get(path_of(found["thumbnailUrl"]))
    assert thumbnail.headers["content-type"] == "image/webp"
    assert max(Image.open(io.BytesIO(thumbnail.content)).size) <= 512
    assert thumbnail.headers["content-disposition"].startswith("inline")


async def test_a_recording_has_its_duration_and_its_peaks(office: Account) -> None:
    output = io.BytesIO()
    with wave.open(output, "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(8_000)
        recording.writeframes(b"\x00\x40" * 12_000)
    found = await _sent(office, output.getvalue(), "recado.wav", "audio/wav")
    assert (found["kind"], found["contentType"], found["durationMs"]) == ("AUDIO", "audio/wav", 1_500)
    assert len(found["waveform"]) == 64
    assert set(found["waveform"]) <= set(range(101))
    assert max(found["waveform"]) > 0


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]


@pytest.mark.parametrize("declared", [len(CONTENT) - 1, len(CONTENT) + 1])
@pytest.mark.parametrize("announced", [True, False])
async def test_another_size_than_declared_is_refused_and_leaves_nothing(
    office: Account, http: httpx.AsyncClient, server: ServerProcess, declared: int, announced: bool
) -> None:
    upload, path = await office.bruno.create_upload(declared)
    before = _stored(server)
    empty = await fingerprint(office)
    answer = await http.put(path, content=CONTENT if announced else _chunks(CONTENT))
    assert answer.status_code == 400
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["INVALID"]
    assert _stored(server) == before
    assert (await fingerprint(office) == empty) == announced, "files are listed before bytes of unknown size arrive"
    channel = await office.bruno.create_channel()
    assert await office.bruno.refusal("sendChatMessage", "message { id }", channelId=channel, attachmentIds=[upload])
    # The upload can still be completed.
    assert (await http.put(path, content=_chunks(CONTENT[:1] * declared))).status_code == 204
    await office.bruno.send(channel, attachmentIds=[upload])


async def test_a_second_upload_of_the_same_file_conflicts(office: Account, http: httpx.AsyncClient) -> None:
    upload, path = await office.bruno.create_upload(3)
    assert (await http.put(path, content=b"one")).status_code == 204
    again = await http.put(path, content=b"two")
    assert (again.status_code, again.json()["errors"][0]["extensions"]["code"]) == (409, "CONFLICT")
    message = await office.bruno.send(await office.bruno.create_channel(), attachmentIds=[upload])
    assert (await http.put(path, content=b"two")).status_code == 409
    (found,) = await office.bruno.attachments(message)
    assert (await http.get(path_of(found["url"]))).content == b"one"


async def test_of_concurrent_uploads_one_is_kept(
    office: Account, http: httpx.AsyncClient, server: ServerProcess
) -> None:
    size = 1_000_000
    upload, path = await office.bruno.create_upload(size)
    before = len(_stored(server))
    contents = [bytes([number]) * size for number in range(PER_UPLOAD)]
    answers = await asyncio.gather(*(http.put(path, content=_chunks(content)) for content in contents))
    assert sorted(answer.status_code for answer in answers) == [204, 409]
    winner = next(content for content, answer in zip(contents, answers, strict=True) if answer.status_code == 204)
    (found,) = await office.bruno.attachments(
        await office.bruno.send(await office.bruno.create_channel(), attachmentIds=[upload])
    )
    assert (await http.get(path_of(found["url"]))).content == winner
    assert len(_stored(server)) == before + 1


async def test_links_that_do_not_work_have_the_same_answer(
    office: Account, http: httpx.AsyncClient, links: FileLinks
) -> None:
    upload, path = await office.bruno.create_upload(3)
    id, now = UUID(upload.removeprefix("att_")), datetime.now(UTC)
    ended, later = now - timedelta(seconds=1), now + timedelta(hours=1)
    bad = {
        "expired": links.upload(office.account_id, id, ended),
        "unknown": links.upload(office.account_id, uuid4(), later),
        "another account": links.upload("other", id, later),
        "for reading": links.download(office.account_id, id, Variant.ORIGINAL, now).replace("/files/", "/uploads/"),
        "forged": path[:-3] + ("AAA" if path[-3:] != "AAA" else "BBB"),
        "garbage": "/uploads/x",
    }
    answers = {name: await http.put(link, content=b"abc") for name, link in bad.items()}
    assert {(answer.status_code, answer.text) for answer in answers.values()} == {(404, answers["garbage"].text)}
    assert (await http.put(path, content=b"abc")).status_code == 204


async def test_the_link_of_a_deactivated_uploader_does_not_work(account: Account, office: Account) -> None:
    _, path = await office.carla.create_upload(3)
    await account.sync(agents=[{"id": "carla", "name": "Carla", "active": False}])
    answer = await office.carla.http.put(path, content=b"abc")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (403, "AGENT_INACTIVE")
    await account.sync(agents=[{"id": "carla", "name": "Carla"}])
    assert (await office.carla.http.put(path, content=b"abc")).status_code == 204


async def test_only_put_uploads(office: Account, http: httpx.AsyncClient) -> None:
    _, path = await office.bruno.create_upload(3)
    answer = await http.post(path, content=b"abc")
    assert (answer.status_code, answer.headers["allow"]) == (405, "PUT")


async def test_a_client_that_stalls_is_cut_off(office: Account, server: ServerProcess, http: httpx.AsyncClient) -> None:
    _, path = await office.bruno.create_upload(3)
    before = _stored(server)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(f"PUT {path} HTTP/1.1\r\nHost: chat\r\nContent-Length: 3\r\n\r\nab".encode())
    async with asyncio.timeout(STALL_SECONDS + 10):
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 408 ")
    writer.close()
    assert _stored(server) == before
    assert (await http.put(path, content=b"abc")).status_code == 204


async def test_a_client_that_disconnects_leaves_nothing(
    office: Account, server: ServerProcess, http: httpx.AsyncClient
) -> None:
    _, path = await office.bruno.create_upload(12_000_000)
    before = _stored(server)
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(f"PUT {path} HTTP/1.1\r\nHost: chat\r\nContent-Length: 12000000\r\n\r\n".encode())
    writer.write(bytes(8_000_000))
    await writer.drain()
    await until(lambda: _stored(server) != before, "a file that is being written")
    writer.close()
    await until(lambda: _stored(server) == before, "no trace of the file")


async def test_a_large_file_is_received_and_sent_in_little_memory(
    office: Account, server: ServerProcess, http: httpx.AsyncClient
) -> None:
    size = 60_000_000
    upload, path = await office.bruno.create_upload(size, "video.bin", "application/octet-stream")
    before = _memory(server)
    block = bytes(range(256)) * 4000

    async def content() -> AsyncIterator[bytes]:
        for start in range(0, size, len(block)):
            yield block[: min(len(block), size - start)]

    assert (await http.put(path, content=content())).status_code == 204
    (found,) = await office.bruno.attachments(
        await office.bruno.send(await office.bruno.create_channel(), attachmentIds=[upload])
    )
    received = 0
    async with http.stream("GET", path_of(found["url"])) as answer:
        async for chunk in answer.aiter_bytes():
            received += len(chunk)
    assert received == size
    assert _memory(server) - before < 40_000_000


def _memory(server: ServerProcess) -> int:
    """Returns the largest size that the server's process has had in memory, in bytes."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


async def test_a_file_that_is_too_large_is_refused_before_it_is_sent(office: Account) -> None:
    file: Json = {"filename": "a", "contentType": "", "byteSize": FILE_BYTES}
    await office.bruno.mutate("createChatUpload", "attachment { id }", **file)
    assert await office.bruno.refusal("createChatUpload", "uploadUrl", **{**file, "byteSize": FILE_BYTES + 1}) == (
        "TOO_LARGE"
    )


# ----------------------------------------------------------------------------------------------------------- downloads
async def test_the_headers_of_a_file_are_safe(office: Account, http: httpx.AsyncClient) -> None:
    found = await _sent(office, b"<html><script>alert(1)</script>", "página.html", "text/html")
    headers = (await http.get(path_of(found["url"]))).headers
    assert headers["content-disposition"] == "attachment; filename=\"p_gina.html\"; filename*=UTF-8''p%C3%A1gina.html"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["cache-control"].startswith("private")


@pytest.mark.parametrize(
    ("content", "filename", "type"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "a.svg", "image/svg+xml"),
        (b"<?xml version='1.0'?><x/>", "a.xml", "text/xml"),
        (b"<!doctype html><p>", "a.png", "image/png"),
        (b"alert(1)", "a.js", "text/javascript"),
        (b"%PDF-1.4 ...", "a.pdf", "application/pdf"),
        (b"plain", "a.txt", "text/plain"),
    ],
)
async def test_active_content_is_never_shown_inline(
    office: Account, http: httpx.AsyncClient, content: bytes, filename: str, type: str
) -> None:
    found = await _sent(office, content, filename, type)
    headers = (await http.get(path_of(found["url"]))).headers
    assert headers["content-disposition"].startswith("attachment;")
    image = await _sent(office, _png(8, 8), "a.png", "image/png")
    assert (await http.get(path_of(image["url"]))).headers["content-disposition"].startswith("inline;")


@pytest.mark.parametrize(
    ("requested", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=10000-", 10_000, 10_240),
        ("bytes=10000-99999", 10_000, 10_240),
        ("bytes=-40", 10_200, 10_240),
        ("bytes=-99999", 0, 10_240),
    ],
)
async def test_a_range(office: Account, http: httpx.AsyncClient, requested: str, start: int, end: int) -> None:
    path = path_of((await _sent(office, CONTENT))["url"])
    answer = await http.get(path, headers={"range": requested})
    assert (answer.status_code, answer.content) == (206, CONTENT[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(CONTENT)}"
    assert answer.headers["content-length"] == str(end - start)


@pytest.mark.parametrize("requested", ["bytes=10240-", "bytes=10240-10300", "bytes=-0"])
async def test_a_range_beyond_the_end(office: Account, http: httpx.AsyncClient, requested: str) -> None:
    path = path_of((await _sent(office, CONTENT))["url"])
    answer = await http.get(path, headers={"range": requested})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(CONTENT)}")


@pytest.mark.parametrize("requested", ["bytes=5-2", "bytes=0-1,5-6", "lines=0-1", "bytes=-", "bytes=a-b", ""])
async def test_other_ranges_are_ignored(office: Account, http: httpx.AsyncClient, requested: str) -> None:
    path = path_of((await _sent(office, CONTENT))["url"])
    answer = await http.get(path, headers={"range": requested})
    assert (answer.status_code, answer.content) == (200, CONTENT)


async def test_conditional_requests(office: Account, http: httpx.AsyncClient) -> None:
    path = path_of((await _sent(office, CONTENT))["url"])
    etag = (await http.get(path)).headers["etag"]
    known = await http.get(path, headers={"if-none-match": f'"x", W/{etag}'})
    assert (known.status_code, known.content) == (304, b"")
    assert (await http.get(path, headers={"if-none-match": '"x"'})).status_code == 200
    ranged = {"range": "bytes=0-9"}
    assert (await http.get(path, headers=ranged | {"if-range": etag})).status_code == 206
    assert (await http.get(path, headers=ranged | {"if-range": '"x"'})).status_code == 200


async def test_head_has_the_headers_of_get(office: Account, http: httpx.AsyncClient) -> None:
    path = path_of((await _sent(office, CONTENT))["url"])
    get, head = await http.get(path), await http.head(path)
    assert head.content == b""
    own = {"date": "", "x-request-id": ""}
    assert {**head.headers, **own} == {**get.headers, **own}
    ranged = await http.head(path, headers={"range": "bytes=0-9"})
    assert (ranged.status_code, ranged.headers["content-length"]) == (200, str(len(CONTENT)))
    assert (await http.head("/files/x")).status_code == 404
    assert (await http.delete(path)).headers["allow"] == "GET, HEAD"


async def test_file_links_that_do_not_work_have_the_same_answer(
    office: Account, http: httpx.AsyncClient, links: FileLinks
) -> None:
    channel = await office.bruno.create_channel()
    ready, (incomplete, _) = await office.bruno.upload(), await office.bruno.create_upload(3)
    message = await office.bruno.send(channel, attachmentIds=[await office.bruno.upload()])
    (deleted,) = await office.bruno.attachments(message)
    await office.bruno.mutate("deleteChatMessage", "message { id }", messageId=message)
    now = datetime.now(UTC)

    def link(upload: str, account: str = office.account_id, minted: datetime = now) -> str:
        return links.download(account, UUID(upload.removeprefix("att_")), Variant.ORIGINAL, minted)

    bad = {
        "deleted": path_of(deleted["url"]),
        "incomplete": link(incomplete),
        "unknown": link(uuid4().hex),
        "another account": link(ready, "other"),
        "expired": link(ready, minted=now - timedelta(hours=1)),
        "for writing": links.upload(office.account_id, uuid4(), now + timedelta(hours=1)).replace("uploads", "files"),
        "without thumbnail": links.download(
            office.account_id, UUID(ready.removeprefix("att_")), Variant.THUMBNAIL, now
        ),
        "no avatar": links.avatar(office.account_id, UUID(ready.removeprefix("att_")), now),
        "garbage": "/files/x",
    }
    answers = {name: await http.get(path) for name, path in bad.items()}
    assert {(answer.status_code, answer.text) for answer in answers.values()} == {(404, answers["garbage"].text)}
    assert (await http.get(link(ready))).status_code == 200


async def test_a_reader_without_access_gets_no_link(office: Account) -> None:
    channel = await office.ana.create_channel("Sala", "PRIVATE", memberIds=["bruno", "carla"])
    message = await office.bruno.send(channel, attachmentIds=[await office.bruno.upload()])
    query = "query ($id: ID!) { chatMessage(id: $id) { attachments { url } } }"
    assert (await office.davi.query(query, id=message))["chatMessage"] is None
    assert (await office.carla.query(query, id=message))["chatMessage"]["attachments"][0]["url"]


@pytest.mark.parametrize(("path", "method"), [("/uploads/x", "PUT"), ("/files/x", "GET")])
async def test_pages_of_allowed_origins_can_upload_and_read(http: httpx.AsyncClient, path: str, method: str) -> None:
    preflight = {"access-control-request-method": method, "access-control-request-headers": "content-type"}
    allowed = await http.options(path, headers=preflight | {"origin": FRONT_END})
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, FRONT_END)
    refused = await http.options(path, headers=preflight | {"origin": "https://other.example"})
    assert (refused.status_code, "access-control-allow-origin" in refused.headers) == (400, False)
    answer = await http.request(method, path, headers={"origin": FRONT_END})
    assert answer.headers["access-control-allow-origin"] == FRONT_END
    assert "content-range" in answer.headers["access-control-expose-headers"]


async def test_without_its_storage_the_server_answers_503(
    office: Account, http: httpx.AsyncClient, server: ServerProcess
) -> None:
    path = path_of((await _sent(office, CONTENT))["url"])
    _, upload_path = await office.bruno.create_upload(3)
    with _without_storage(server):
        answer = await http.put(upload_path, content=b"abc")
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (503, "STORAGE_UNAVAILABLE")
        assert (await http.get(path)).status_code == 503
    assert (await http.put(upload_path, content=b"abc")).status_code == 204
    assert (await http.get(path)).content == CONTENT


@contextmanager
def _without_storage(server: ServerProcess) -> Iterator[None]:
    """Puts a file in the place of the folder, in which nothing can be stored or found."""
    folder = Path(server.settings["CHAT_FILES_URL"])
    hidden = folder.with_name("hidden")
    folder.rename(hidden)
    folder.touch()
    try:
        yield
    finally:
        folder.unlink()
        hidden.rename(folder)


async def test_a_refused_upload_writes_nothing(office: Account) -> None:
    file: Json = {"filename": "a.txt", "contentType": "text/plain", "byteSize": 3}
    bad: list[Json] = [
        {"filename": ""},
        {"filename": "../.."},
        {"filename": "\u202e"},
        {"filename": "a" * 256},
        {"filename": "a\x00"},
        {"contentType": "text"},
        {"contentType": "text/pl ain"},
        {"contentType": "a/" + "b" * 200},
        {"byteSize": 0},
        {"byteSize": -1},
    ]
    before = await fingerprint(office)
    for change in bad:
        payload = await office.bruno.payload("createChatUpload", "uploadUrl", **{**file, **change})
        assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [("INVALID", list(change))]
    assert await fingerprint(office) == before
    await office.bruno.mutate("createChatUpload", "uploadUrl", **file)


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        ("C:\\Users\\ana\\foto.png", "foto.png"),
        ("/etc/passwd", "passwd"),
        ("a\r\nSet-Cookie: x.txt", "a Set-Cookie: x.txt"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        (" relatório  .pdf ", "relatório  .pdf"),
        ("👩‍👩‍👧.txt", "👩‍👩‍👧.txt"),
    ],
)
async def test_file_names_are_cleaned(office: Account, given: str, cleaned: str) -> None:
    file: Json = {"filename": given, "contentType": "Audio/WebM; codecs=opus", "byteSize": 3}
    created = await office.bruno.mutate("createChatUpload", "attachment { filename kind contentType }", **file)
    assert created["attachment"] == {"filename": cleaned, "kind": "AUDIO", "contentType": "audio/webm"}


async def test_an_agent_has_at_most_100_unsent_uploads(office: Account) -> None:
    agent: AgentClient = office.davi
    await asyncio.gather(*(agent.create_upload(1) for _ in range(97)))
    file: Json = {"filename": "a", "contentType": "", "byteSize": 1}
    answers = await asyncio.gather(*(agent.payload("createChatUpload", "uploadUrl", **file) for _ in range(8)))
    codes = [error["code"] for answer in answers for error in answer["userErrors"]]
    assert codes == ["RATE_LIMITED"] * 5
    await office.carla.create_upload(1)
