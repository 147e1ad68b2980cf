"""Replacing the secrets of tokens and links: with the old secret as the fallback, what was signed before still works.

Servers with the secrets of each step use the same database and files, one after the other.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from models.enums import NotificationType
from server.app import create_app
from server.identity.tokens import issue_token
from server.links import EmailLinks
from server.settings import Settings
from tests.support.api import Account, AgentClient, path_of

OLD, NEW = "an old secret of thirty-two bytes or so", "a new secret of thirty-two bytes or so"
BEFORE = {"jwt_secret": OLD}
DURING = {"jwt_secret": NEW, "fallback_jwt_secret": OLD}
AFTER = {"jwt_secret": NEW}
CONTENT = b"The file behind the link."
VIEWER = "{ chatViewer { agent { id } } }"


@asynccontextmanager
async def served(database_url: str, folder: Path, secrets: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings.model_validate(secrets | {"data_dir": folder, "email_worker": False})
    app = create_app(settings, database_url)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://chat.test") as http,
    ):
        yield http


def agent(http: httpx.AsyncClient, account: Account, secret: str) -> AgentClient:
    """Returns ana with a token of this secret."""
    token = issue_token(Settings(jwt_secret=secret), account.account_id, "ana", timedelta(hours=1))
    return replace(account.ana, http=http, token=token)


async def accepts(http: httpx.AsyncClient, account: Account, secret: str) -> bool:
    answer = await agent(http, account, secret).execute(VIEWER)
    if "errors" not in answer.body:
        return bool(answer.data["chatViewer"]["agent"]["id"])
    assert answer.code == "UNAUTHENTICATED"
    return False


def unsubscribe_path(account: Account, secret: str) -> str:
    """Returns the path of a link as in an e-mail that a server with this secret has sent."""
    key = Settings(jwt_secret=secret).link_key()
    assert key is not None
    return path_of(EmailLinks("", key).unsubscribe(account.account_id, "ana", [NotificationType.MENTION]))


async def test_tokens_stay_valid_while_their_secret_is_replaced(
    database_url: str, tmp_path: Path, account: Account
) -> None:
    found = {}
    for name, secrets in {"before": BEFORE, "during": DURING, "after": AFTER}.items():
        async with served(database_url, tmp_path, secrets) as http:
            found[name] = [await accepts(http, account, secret) for secret in (OLD, NEW)]
    assert found == {"before": [True, False], "during": [True, True], "after": [False, True]}


async def test_links_stay_valid_while_their_secret_is_replaced(
    database_url: str, tmp_path: Path, account: Account
) -> None:
    async with served(database_url, tmp_path, BEFORE) as http:
        ana = agent(http, account, OLD)
        message = await ana.send(await ana.create_channel(), attachmentIds=[await ana.upload(CONTENT)])
        (attachment,) = await ana.attachments(message)
        _, upload = await ana.create_upload(len(CONTENT))
    file, unsubscribe = path_of(attachment["url"]), unsubscribe_path(account, OLD)
    async with served(database_url, tmp_path, DURING) as http:
        assert (await http.get(file)).content == CONTENT
        assert (await http.put(upload, content=CONTENT)).status_code == 204
        assert (await http.get(unsubscribe)).status_code == 200
        (attachment,) = await agent(http, account, OLD).attachments(message)
        new_file, new_unsubscribe = path_of(attachment["url"]), unsubscribe_path(account, NEW)
    async with served(database_url, tmp_path, AFTER) as http:
        assert (await http.get(file)).status_code == 404
        assert (await http.get(unsubscribe)).status_code == 400
        assert (await http.get(new_file)).content == CONTENT
        assert (await http.get(new_unsubscribe)).status_code == 200


@pytest.mark.parametrize("secrets", [BEFORE, DURING])
async def test_with_the_next_secret_as_the_fallback_servers_accept_each_others_links(
    database_url: str, tmp_path: Path, account: Account, secrets: dict[str, str]
) -> None:
    """While several servers are restarted one after the other, some sign with the old secret and some with the new."""
    prepared = {"jwt_secret": OLD, "fallback_jwt_secret": NEW}
    async with served(database_url, tmp_path, DURING) as http:
        ana = agent(http, account, NEW)
        message = await ana.send(await ana.create_channel(), attachmentIds=[await ana.upload(CONTENT)])
        (attachment,) = await ana.attachments(message)
    path = path_of(attachment["url"])
    async with served(database_url, tmp_path, prepared) as http:
        assert (await http.get(path)).content == CONTENT
        assert await accepts(http, account, NEW)
    async with served(database_url, tmp_path, secrets) as http:
        assert (await http.get(path)).status_code == (404 if secrets is BEFORE else 200)
