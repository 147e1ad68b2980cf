"""Asking a module over HTTP, and taking no more from it than is good for us."""

from dataclasses import dataclass
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from sources.verdicts import AnswerTooLarge, ModuleFailed

MAX_BYTES = 2_000_000
MAX_CONCURRENT_CALLS = 8
"""Of one kind, from one process. Whoever asks takes a place first; here it is the number of connections."""

_HEADERS = {
    "accept": "application/json",
    "accept-encoding": "identity",  # so that the limit is one on what is held in memory
    "content-type": "application/json",
    "user-agent": "internal-chat",
}


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes


class Endpoint:
    """One module's address, with connections of its own, so that none waits for another module.

    How long an answer may take is for the caller to say: a timeout here would begin anew with every byte.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = httpx.AsyncClient(
            headers=_HEADERS,
            timeout=None,  # noqa: S113
            follow_redirects=False,
            # HTTP_PROXY and the like are not meant for modules: tokens and items would go through it. SSL_CERT_FILE is.
            trust_env=False,
            verify=httpx.create_ssl_context(),
            limits=httpx.Limits(max_connections=MAX_CONCURRENT_CALLS),
            # A cookie set for one agent's question must not travel with the next agent's.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    async def post(self, body: bytes, token: str) -> bytes:
        """Returns the body of a 200; anything else is ModuleFailed."""
        reply = await self.send(body, token)
        if reply.status != HTTPStatus.OK:
            raise ModuleFailed(f"it answered {reply.status}")
        return reply.body

    async def send(self, body: bytes, token: str | None) -> Reply:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        try:
            async with self._client.stream("POST", self._url, content=body, headers=headers) as response:
                return Reply(response.status_code, await _bounded(response))
        except httpx.HTTPError as error:
            raise ModuleFailed(f"it could not be asked ({type(error).__name__})") from None

    async def aclose(self) -> None:
        await self._client.aclose()


async def _bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_BYTES:
            large = AnswerTooLarge if response.status_code == HTTPStatus.OK else ModuleFailed
            raise large(f"it sent more than {MAX_BYTES} bytes")
    return bytes(body)
