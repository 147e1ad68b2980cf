"""Signed links to files, which expire. Whoever has one may use it: access is checked when it is made.

A link for reading is the same for a while, so that browsers cache what is behind it.
"""

import base64
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

KEY_BYTES = 32
"""The minimum length of the key: that of the hash."""

TOKEN_LENGTH = 2_000

_VERSION = "1"
_UPLOAD = "UPLOAD"
_PURPOSE = b"internal-chat files "
"""Keeps a signature that the key makes for another purpose from being valid here."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Variant(StrEnum):
    """What is read of a file. AVATAR: its square thumbnail."""

    ORIGINAL = "ORIGINAL"
    THUMBNAIL = "THUMBNAIL"
    AVATAR = "AVATAR"


@dataclass(frozen=True)
class UploadLink:
    account_id: str
    attachment_id: UUID


@dataclass(frozen=True)
class DownloadLink:
    account_id: str
    attachment_id: UUID
    variant: Variant


Link = UploadLink | DownloadLink


@dataclass(frozen=True)
class _Lifetime:
    """Links made in the same window are the same and expire together."""

    window: timedelta
    longest: timedelta

    def end(self, now: datetime) -> datetime:
        return now - (now - _EPOCH) % self.window + self.longest


_MESSAGE_FILES = _Lifetime(window=timedelta(minutes=2), longest=timedelta(minutes=5))
_AVATARS = _Lifetime(window=timedelta(days=1), longest=timedelta(days=2))
"""Longer, because an avatar is in every list of channels, and shows less than a message. The link of an avatar that was
replaced does not work any more, because what a link names is looked up."""


class FileLinks:
    def __init__(self, public_url: str, key: bytes, fallback_key: bytes | None = None) -> None:
        """Links signed with the fallback key are accepted too. Raises ValueError if a key is too short."""
        self._keys = (key,) if fallback_key is None else (key, fallback_key)
        if any(len(key) < KEY_BYTES for key in self._keys):
            raise ValueError(f"the key must have at least {KEY_BYTES} bytes")
        self._public_url = public_url.rstrip("/")

    def upload(self, account_id: str, attachment_id: UUID, expires_at: datetime) -> str:
        """Returns the URL to which the file is PUT."""
        return f"{self._public_url}/uploads/{self._token(account_id, attachment_id, _UPLOAD, expires_at)}"

    def download(self, account_id: str, attachment_id: UUID, variant: Variant, now: datetime) -> str:
        """Returns a URL that is valid for three to five minutes."""
        token = self._token(account_id, attachment_id, variant, _MESSAGE_FILES.end(now))
        return f"{self._public_url}/files/{token}"

    def avatar(self, account_id: str, attachment_id: UUID, now: datetime) -> str:
        """Returns a URL that is valid for one to two days."""
        token = self._token(account_id, attachment_id, Variant.AVATAR, _AVATARS.end(now))
        return f"{self._public_url}/files/{token}"

    def verify(self, token: str, now: datetime) -> Link | None:
        """Returns None for a token that has expired or that none of the keys has signed."""
        signed, _, signature = token.rpartition(".")
        if len(token) > TOKEN_LENGTH or not token.isascii():
            return None
        if not any(hmac.compare_digest(signature, _signature(signed, key)) for key in self._keys):
            return None
        version, _, payload = signed.partition(".")
        return _link(payload, now) if version == _VERSION else None

    def _token(self, account_id: str, attachment_id: UUID, use: str, expires_at: datetime) -> str:
        payload = [account_id, attachment_id.hex, use, int(expires_at.timestamp())]
        signed = f"{_VERSION}.{_encoded(json.dumps(payload, separators=(',', ':')).encode())}"
        return f"{signed}.{_signature(signed, self._keys[0])}"


def _signature(signed: str, key: bytes) -> str:
    return _encoded(hmac.digest(key, _PURPOSE + signed.encode(), "sha256"))


def _link(payload: str, now: datetime) -> Link | None:
    """The payload is trusted, because its signature is valid."""
    account_id, attachment_id, use, expires_at = json.loads(
        base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    )
    if now.timestamp() >= expires_at:
        return None
    if use == _UPLOAD:
        return UploadLink(account_id, UUID(attachment_id))
    return DownloadLink(account_id, UUID(attachment_id), Variant(use))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
