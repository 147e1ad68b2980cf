"""What CHAT_FILES_URL may be."""

from pathlib import Path

import pytest

from files.storage import FileStore
from tests.files.reading import content_of
from tests.support.s3 import S3Server


async def test_a_path_and_a_file_url_are_the_same_directory(tmp_path: Path) -> None:
    folder = tmp_path / "new folder" / "files"
    await FileStore.open(str(folder)).put("a/b", b"content")
    assert (folder / "a" / "b").read_bytes() == b"content"
    assert await content_of(FileStore.open(folder.as_uri()), "a/b") == b"content"


async def test_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    await FileStore.open("data/files").put("a", b"content")
    assert (tmp_path / "data" / "files" / "a").exists()


async def test_the_environment_names_region_endpoint_and_credentials(
    s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = s3.create_bucket()
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    await FileStore.open(f"s3://{bucket.name}").put("a/b", b"content")
    assert "<Key>a/b</Key>" in bucket.objects()


async def test_the_prefix_is_before_every_key(s3: S3Server) -> None:
    bucket = s3.create_bucket()
    await FileStore.open(bucket.url("one/two/")).put("a/b", b"content")
    assert "<Key>one/two/a/b</Key>" in bucket.objects()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://bucket.example/files", "expected the path of a directory, file:///directory or s3://bucket/prefix"),
        ("gs://bucket/files", "expected the path of a directory"),
        ("file://host/files", "expected the path of a directory"),
        ("file://", "expected the path of a directory"),
        ("s3:///prefix", "expected the name of a bucket"),
        ("s3://bucket?secret_access_key=hidden&colour=red", "'colour' is not valid"),
    ],
)
def test_other_urls_are_refused(url: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        FileStore.open(url)
    assert "hidden" not in str(error.value)
