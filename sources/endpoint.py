"""Calling a module over HTTP, with a limit on the size of the response."""

from dataclasses import dataclass
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from sources.observer import headers_of_call
from sources.verdicts import AnswerTooLarge, ModuleFailed

MAX_BYTES = 2_000_000
MAX_CONCURRENT_CALLS = 8
"""How many calls one process makes to one module at the same time."""

_HEADERS = {
    "accept": "application/json",
    "accept-encoding": "identity",  # so that the limit bounds the memory used
    "content-type": "application/json",
    "user-agent": "internal-chat",
}


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes


class Endpoint:
    """The address of one module, with its own connection pool, so that no module waits for another.

    The caller limits the time: httpx's timeouts start again with every chunk.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = httpx.AsyncClient(
            headers=_HEADERS,
            timeout=None,  # noqa: S113
            follow_redirects=False,
            # Ignores HTTP_PROXY and the like: a proxy would see tokens and items. SSL_CERT_FILE is still used.
            trust_env=False,
            verify=httpx.create_ssl_context(),
            limits=httpx.Limits(max_connections=MAX_CONCURRENT_CALLS),
            # Stores no cookies: one set for one agent must not be sent with the next agent's call.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    async def post(self, body: bytes, token: str) -> bytes:
        """Returns the body of a response with status 200. Raises ModuleFailed for anything else."""
        reply = await self.send(body, token)
        if reply.status != HTTPStatus.OK:
            raise ModuleFailed(f"it answered with status {reply.status}")
        return reply.body

    async def send(self, body: bytes, token: str | None) -> Reply:
        headers = dict(headers_of_call())
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        try:
            async with self._client.stream("POST", self._url, content=body, headers=headers) as response:
                return Reply(response.status_code, await _bounded(response))
        except httpx.HTTPError as error:
            raise ModuleFailed(f"the call failed ({type(error).__name__})") from None

    async def aclose(self) -> None:
        await self._client.aclose()


async def _bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_BYTES:
            error = AnswerTooLarge if response.status_code == HTTPStatus.OK else ModuleFailed
            raise error(f"it sent more than {MAX_BYTES} bytes")
    return bytes(body)
