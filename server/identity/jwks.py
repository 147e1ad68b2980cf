"""The public keys of a key server (JWKS). They are fetched rarely, and kept while the key server does not answer."""

import asyncio
import json
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

FETCH_INTERVAL = 10.0
"""The minimum number of seconds between two fetches."""

REFRESH_AFTER = 300.0
"""The age in seconds at which keys are refreshed. A key that its owner withdrew is accepted for no longer than this."""

TIMEOUT = 5.0
MAX_BYTES = 256 * 1024
MIN_RSA_BITS = 2048
ALGORITHMS = {("RSA", None): "RS256", ("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA"}
"""The only algorithm for each type and curve of key. It is never taken from a token."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class VerificationKey:
    key_id: str | None
    algorithm: str
    key: jwt.PyJWK


class KeysUnavailable(Exception):
    """No key has been fetched yet, because the key server has not answered."""


class KeySet:
    """The keys of one key server. A token with an unknown key id causes a fetch, at most one per FETCH_INTERVAL."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: tuple[VerificationKey, ...] | None = None
        self._fetched_at = float("-inf")
        self._attempted_at = float("-inf")
        self._fetch: asyncio.Task[None] | None = None

    async def find(self, key_id: str | None, algorithm: str) -> VerificationKey | None:
        """Returns None for an unknown key. Raises KeysUnavailable if no key has been fetched yet."""
        if found := self._known(key_id, algorithm):
            if time.monotonic() - self._fetched_at > REFRESH_AFTER:
                self._start_fetch()  # not awaited: the present keys are valid until the new ones arrive
            return found
        if fetch := self._start_fetch():
            await asyncio.shield(fetch)
        if self._keys is None:
            raise KeysUnavailable
        return self._known(key_id, algorithm)

    def _known(self, key_id: str | None, algorithm: str) -> VerificationKey | None:
        """Returns the key. A token may omit the key id if only one key has its algorithm."""
        candidates = [key for key in self._keys or () if key.algorithm == algorithm]
        if key_id is not None:
            candidates = [key for key in candidates if key.key_id == key_id]
        return candidates[0] if len(candidates) == 1 else None

    def _start_fetch(self) -> asyncio.Task[None] | None:
        """Returns the fetch in progress or a new one; None within FETCH_INTERVAL of the last attempt."""
        if self._fetch is not None and not self._fetch.done():
            return self._fetch
        if time.monotonic() - self._attempted_at < FETCH_INTERVAL:
            return None
        self._attempted_at = time.monotonic()
        self._fetch = asyncio.create_task(self._refresh())
        return self._fetch

    async def _refresh(self) -> None:
        try:
            async with asyncio.timeout(TIMEOUT):
                keys = _parsed(await _download(self._url))
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError, RecursionError) as error:
            # The URL may have a password. The texts of other errors may quote it, or the answer.
            reason = str(error) if type(error) is ValueError else type(error).__name__
            log.warning("jwks_fetch_failed", host=urlsplit(self._url).hostname, reason=reason)
            return
        self._keys, self._fetched_at = keys, time.monotonic()


async def _download(url: str) -> bytes:
    """Requests an uncompressed body, so that MAX_BYTES limits the memory that it takes."""
    body = bytearray()
    headers = {"accept": "application/json", "accept-encoding": "identity"}
    async with (
        httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False) as client,
        client.stream("GET", url, headers=headers) as response,
    ):
        if response.status_code != 200:
            raise ValueError(f"the key server answered {response.status_code}")
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > MAX_BYTES:
                raise ValueError(f"the key server sent more than {MAX_BYTES} bytes")
    return bytes(body)


def _parsed(body: bytes) -> tuple[VerificationKey, ...]:
    document = json.loads(body)
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("the key server's answer has no list of keys")
    return tuple(key for entry in listed if isinstance(entry, dict) and (key := _usable(entry)))


def _usable(entry: dict[str, object]) -> VerificationKey | None:
    """Returns None for entries that cannot verify signatures, which includes symmetric keys."""
    kind, curve = entry.get("kty"), entry.get("crv")
    key_id = entry.get("kid")
    if not isinstance(kind, str) or not isinstance(curve, str | None) or not isinstance(key_id, str | None):
        return None
    algorithm = ALGORITHMS.get((kind, curve))
    if algorithm is None or entry.get("alg", algorithm) != algorithm or entry.get("use", "sig") != "sig":
        return None
    try:
        key = jwt.PyJWK(entry, algorithm)
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    if isinstance(key.key, RSAPublicKey) and key.key.key_size < MIN_RSA_BITS:
        return None
    return VerificationKey(key_id, algorithm, key)
