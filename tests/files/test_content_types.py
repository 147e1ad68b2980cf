"""The type is found in the bytes, and only harmless types are taken from the client."""

import zipfile
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from files.content_types import OCTET_STREAM, is_inline
from files.storage import FileStore
from models.enums import AttachmentKind
from tests.files.pictures import picture, saved, with_metadata
from tests.files.reading import SAMPLES, inspect_bytes, sample

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def zip_file() -> bytes:
    output = BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        archive.writestr("a.txt", "text")
    return output.getvalue()


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/svg+xml"),
        (b"<?xml version='1.0'?>\n<!-- drawn -->\n<svg/>", "image/svg+xml"),
        (b"<html><script>alert(1)</script>", "text/html"),
        (b"\xef\xbb\xbf\n  <!DOCTYPE HTML>", "text/html"),
        (b"<script>alert(1)</script>", "application/xml"),
        (b"<?xml version='1.0'?><a/>", "application/xml"),
        (b"%PDF-1.7 ...", "application/pdf"),
        (b"BM" + bytes(30), OCTET_STREAM),
    ],
)
@pytest.mark.parametrize("declared", ["image/png", "text/html", ""])
async def test_active_content_is_a_file(directory: FileStore, content: bytes, content_type: str, declared: str) -> None:
    found = await inspect_bytes(directory, content, declared, "picture.png")
    assert (found.kind, found.content_type) == (AttachmentKind.FILE, content_type)
    assert not is_inline(found.content_type)


@pytest.mark.parametrize(
    ("declared", "filename", "content_type"),
    [
        ("text/plain", "a", "text/plain"),
        ("Text/CSV; charset=utf-8", "a", "text/csv"),
        ("application/json", "a", "application/json"),
        ("", "notes.txt", "text/plain"),
        ("", "notes", OCTET_STREAM),
        ("", "page.html", OCTET_STREAM),
        ("text/html", "notes.txt", OCTET_STREAM),
        ("application/xhtml+xml", "a", OCTET_STREAM),
        ("application/javascript", "a", OCTET_STREAM),
        ("application/pdf", "a", OCTET_STREAM),
        ("image/png", "a.png", OCTET_STREAM),
        ("audio/mpeg", "a", OCTET_STREAM),
        ("multipart/mixed", "a", OCTET_STREAM),
        ("text/plain\r\nX-Header: 1", "a", OCTET_STREAM),
        ("nonsense", "a", OCTET_STREAM),
    ],
)
async def test_the_declared_type(directory: FileStore, declared: str, filename: str, content_type: str) -> None:
    """It counts only for bytes of no known type."""
    found = await inspect_bytes(directory, b"Reuni\xc3\xa3o at nine.", declared, filename)
    assert (found.kind, found.content_type) == (AttachmentKind.FILE, content_type)


async def test_documents_in_archives(directory: FileStore) -> None:
    assert (await inspect_bytes(directory, zip_file(), DOCX)).content_type == DOCX
    assert (await inspect_bytes(directory, zip_file(), "text/plain")).content_type == "application/zip"


async def test_an_empty_file(directory: FileStore) -> None:
    found = await inspect_bytes(directory, b"", "text/plain")
    assert (found.kind, found.content_type) == (AttachmentKind.FILE, "text/plain")


def test_what_browsers_show() -> None:
    assert all(map(is_inline, ["image/png", "audio/webm", "video/mp4", "audio/wav"]))
    assert not any(map(is_inline, ["image/svg+xml", "text/html", "application/pdf", "text/plain", "image", "", "/"]))


@given(data=st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_broken_files_do_not_raise(directory: FileStore, data: st.DataObject) -> None:
    """Whatever the bytes are, and only what was read to its end is shown by browsers."""
    pictures = [with_metadata(format, 6) for format in ("JPEG", "PNG", "WEBP")] + [saved(picture(), "GIF")]
    recordings = [sample(file.name) for file in SAMPLES.iterdir() if file.suffix != ".md"]
    content = bytearray(data.draw(st.sampled_from([*pictures, *recordings, zip_file()])))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(content)))
    found = await inspect_bytes(directory, bytes(content[:end]), data.draw(st.sampled_from(["image/png", "text/html"])))
    assert is_inline(found.content_type) == (found.kind != AttachmentKind.FILE)
    assert (found.thumbnail is not None) == (found.kind == AttachmentKind.IMAGE)
