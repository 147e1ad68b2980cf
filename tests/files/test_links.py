"""Links are signed, expire, and stay the same for a while."""

import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files.links import DownloadLink, FileLinks, UploadLink, Variant

KEY = b"a key of thirty-two bytes or more"
FILE = UUID("01933b2a-7a1c-7000-8000-000000000001")
NOW = datetime(2026, 11, 27, 12, 0, 30, tzinfo=UTC)
LINKS = FileLinks("https://chat.example/base/", KEY)


def token(url: str) -> str:
    return url.rpartition("/")[2]


def test_a_download() -> None:
    for variant in (Variant.ORIGINAL, Variant.THUMBNAIL):
        url = LINKS.download("account 1/é", FILE, variant, NOW)
        assert url.startswith("https://chat.example/base/files/")
        assert LINKS.verify(token(url), NOW) == DownloadLink("account 1/é", FILE, variant)


def test_an_upload() -> None:
    url = LINKS.upload("a", FILE, NOW + timedelta(minutes=10))
    assert url.startswith("https://chat.example/base/uploads/")
    assert LINKS.verify(token(url), NOW) == UploadLink("a", FILE)
    assert LINKS.verify(token(url), NOW + timedelta(minutes=9, seconds=59)) == UploadLink("a", FILE)
    assert LINKS.verify(token(url), NOW + timedelta(minutes=10)) is None


def test_an_avatar() -> None:
    url = LINKS.avatar("a", FILE, NOW)
    assert url.startswith("https://chat.example/base/files/")
    assert LINKS.verify(token(url), NOW) == DownloadLink("a", FILE, Variant.AVATAR)


@given(st.integers(0, 10_000), st.integers(0, 400))
def test_a_download_is_valid_for_three_to_five_minutes(begin: int, age: int) -> None:
    made = NOW + timedelta(seconds=begin)
    is_valid = LINKS.verify(token(LINKS.download("a", FILE, Variant.ORIGINAL, made)), made + timedelta(seconds=age))
    assert is_valid if age < 180 else (is_valid is None or age < 300)


@given(st.integers(0, 200_000), st.integers(0, 200_000))
def test_an_avatar_is_valid_for_one_to_two_days(begin: int, age: int) -> None:
    made = NOW + timedelta(seconds=begin)
    is_valid = LINKS.verify(token(LINKS.avatar("a", FILE, made)), made + timedelta(seconds=age))
    assert is_valid if age < 86_400 else (is_valid is None or age < 172_800)


def test_links_are_the_same_for_a_while() -> None:
    minutes = [NOW + timedelta(seconds=second) for second in range(0, 600, 10)]
    assert len({LINKS.download("a", FILE, Variant.ORIGINAL, now) for now in minutes}) == 6
    hours = [NOW.replace(hour=hour) for hour in range(24)]
    assert len({LINKS.avatar("a", FILE, now) for now in hours}) == 1


def test_links_differ_by_everything_they_name() -> None:
    urls = {
        LINKS.download(account, file, variant, NOW)
        for account in ("a", "b")
        for file in (FILE, UUID(int=1))
        for variant in Variant
    }
    assert len(urls) == 12


def test_a_token_of_the_fallback_key_is_accepted_but_never_made() -> None:
    rotated = FileLinks("https://chat.example", KEY[::-1], KEY)
    old = token(LINKS.download("a", FILE, Variant.ORIGINAL, NOW))
    assert rotated.verify(old, NOW) == DownloadLink("a", FILE, Variant.ORIGINAL)
    new = token(rotated.download("a", FILE, Variant.ORIGINAL, NOW))
    assert LINKS.verify(new, NOW) is None
    assert rotated.verify(new, NOW) == rotated.verify(old, NOW)


def test_a_token_of_another_key_or_changed_is_refused() -> None:
    valid = token(LINKS.download("a", FILE, Variant.ORIGINAL, NOW))
    assert FileLinks("https://chat.example", KEY[::-1]).verify(valid, NOW) is None
    for at in range(len(valid)):
        changed = valid[:at] + ("A" if valid[at] != "A" else "B") + valid[at + 1 :]
        assert LINKS.verify(changed, NOW) is None


def test_a_longer_life_cannot_be_written_into_a_token() -> None:
    version, payload, signature = token(LINKS.upload("a", FILE, NOW)).split(".")
    later = base64.urlsafe_b64decode(payload + "==").replace(b"17", b"99", 1)
    forged = base64.urlsafe_b64encode(later).rstrip(b"=").decode()
    assert LINKS.verify(f"{version}.{forged}.{signature}", NOW) is None


@given(st.text())
def test_any_text_is_refused(text: str) -> None:
    assert LINKS.verify(text, NOW) is None


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        FileLinks("https://chat.example", KEY[:31])
    with pytest.raises(ValueError, match="32 bytes"):
        FileLinks("https://chat.example", KEY, KEY[:31])
