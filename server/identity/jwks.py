"""The keys that sign tokens, as their owner publishes them: fetched seldom, kept while they cannot be."""

import asyncio
import json
import time
from dataclasses import dataclass

import httpx
import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

FETCH_INTERVAL = 10.0
REFRESH_AFTER = 300.0  # a key withdrawn by its owner is no good here for longer than this
TIMEOUT = 5.0
MAX_BYTES = 256 * 1024
MIN_RSA_BITS = 2048
# The one algorithm a key may be used with follows from the key, never from a token.
ALGORITHMS = {("RSA", None): "RS256", ("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA"}

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class VerificationKey:
    key_id: str | None
    algorithm: str
    key: jwt.PyJWK


class KeysUnavailable(Exception):
    """There has never been an answer from the key server."""


class KeySet:
    """A token with an unknown key id makes it fetch, but never within FETCH_INTERVAL of the last time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: tuple[VerificationKey, ...] | None = None
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._flight: asyncio.Task[None] | None = None

    async def find(self, key_id: str | None, algorithm: str) -> VerificationKey | None:
        if found := self._known(key_id, algorithm):
            if time.monotonic() - self._fetched_at > REFRESH_AFTER:
                self._take_off()  # nobody waits for it: the old keys are good until there are new ones
            return found
        if flight := self._take_off():
            await asyncio.shield(flight)
        if self._keys is None:
            raise KeysUnavailable
        return self._known(key_id, algorithm)

    def _known(self, key_id: str | None, algorithm: str) -> VerificationKey | None:
        """A token may leave the key id out where one key alone can be meant."""
        fitting = [key for key in self._keys or () if key.algorithm == algorithm]
        if key_id is not None:
            fitting = [key for key in fitting if key.key_id == key_id]
        return fitting[0] if len(fitting) == 1 else None

    def _take_off(self) -> asyncio.Task[None] | None:
        """The flight under way, or a new one when it is time for one."""
        if self._flight is not None and not self._flight.done():
            return self._flight
        if time.monotonic() - self._tried_at < FETCH_INTERVAL:
            return None
        self._tried_at = time.monotonic()
        self._flight = asyncio.create_task(self._refresh())
        return self._flight

    async def _refresh(self) -> None:
        try:
            async with asyncio.timeout(TIMEOUT):
                keys = _parsed(await _download(self._url))
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError, RecursionError) as error:
            log.warning("jwks_fetch_failed", url=self._url, reason=str(error) or type(error).__name__)
            return
        self._keys, self._fetched_at = keys, time.monotonic()


async def _download(url: str) -> bytes:
    """Uncompressed, so that the limit is one on what is held in memory."""
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
    """None for what is not for verifying signatures, symmetric keys among it."""
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
