"""The answers of the file endpoints while the database fails: JSON, like every other error."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx
import pytest
from asyncpg.exceptions import InterfaceError
from starlette.applications import Starlette

from chat.ports import FilesUnavailable
from models.database import Connection, Database
from schema.context import Services
from server.file_store import open_files
from server.http.file_routes import file_routes
from server.settings import Settings
from tests.support.api import Account, path_of


@dataclass
class FailingDatabase:
    """A database of which only the first uses succeed."""

    database: Database
    error: Exception
    successes: int = 0

    @asynccontextmanager
    async def connection(self, account_id: str | None) -> AsyncIterator[Connection]:
        self._count()
        async with self.database.connection(account_id) as connection:
            yield connection

    @asynccontextmanager
    async def transaction(self, account_id: str | None) -> AsyncIterator[Connection]:
        self._count()
        async with self.database.transaction(account_id) as connection:
            yield connection

    def _count(self) -> None:
        if not self.successes:
            raise self.error
        self.successes -= 1


def _client(account: Account, app: Starlette, database: Database) -> httpx.AsyncClient:
    services: Services = app.state.services
    settings = account.api.settings
    routes = file_routes(replace(services.chat, database=database), open_files(settings), services.links, settings)
    return httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=routes)), base_url="http://chat.test")


def _outcome(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize("error", [TimeoutError(), ConnectionRefusedError(), InterfaceError("closed")])  # type: ignore[no-untyped-call]
@pytest.mark.parametrize("successes", [0, 1, 2], ids=["the link", "the upload", "the received file"])
async def test_a_failure_of_the_database_during_an_upload(
    account: Account, app: Starlette, error: Exception, successes: int
) -> None:
    _, path = await account.bruno.create_upload(3)
    database = FailingDatabase(app.state.pool, error, successes)
    async with _client(account, app, database) as http:
        assert _outcome(await http.put(path, content=b"abc")) == (503, "DATABASE_UNAVAILABLE")
        database.successes = 3
        assert (await http.put(path, content=b"abc")).status_code == 204


async def test_a_failure_of_the_database_during_a_download(account: Account, app: Starlette) -> None:
    channel = await account.bruno.create_channel()
    message = await account.bruno.send(channel, attachmentIds=[await account.bruno.upload(b"abc")])
    (found,) = await account.bruno.attachments(message)
    database = FailingDatabase(app.state.pool, TimeoutError())
    async with _client(account, app, database) as http:
        assert _outcome(await http.get(path_of(found["url"]))) == (503, "DATABASE_UNAVAILABLE")
        database.successes = 1
        assert (await http.get(path_of(found["url"]))).content == b"abc"


async def test_a_file_that_the_storage_has_lost_is_a_failure_of_the_storage(settings: Settings) -> None:
    files = open_files(settings)
    await files.put("kept", b"text")
    assert (await files.inspect("kept", 4, "text/plain", "a.txt")).facts.content_type == "text/plain"
    await files.delete(["kept"])
    with pytest.raises(FilesUnavailable):
        await files.inspect("kept", 4, "text/plain", "a.txt")
