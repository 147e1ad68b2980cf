"""The database stops while a server sends e-mails, and starts again."""

import asyncio
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from server.addresses import async_url
from server.postgres.migrate import upgrade
from server.settings import Settings
from tests.notifications.fault_counts import count_deliveries
from tests.notifications.mail_server import MailServer, running_mail_server
from tests.notifications.office import Office, open_office
from tests.support.api import Account, Api
from tests.support.services import SECRET, Postgres, ServerProcess
from tests.support.waiting import until_true

READERS = [f"reader-{number}" for number in range(20)]


@pytest.fixture
async def postgres() -> AsyncIterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="internal-chat-e-mail-") as folder:
        server = Postgres(Path(folder))
        await server.start()
        await asyncio.to_thread(upgrade, server.url)
        yield server
        await server.stop()


async def test_the_database_stops_while_e_mails_are_sent(postgres: Postgres, tmp_path: Path) -> None:
    """The mail server accepts some e-mails while the outcome cannot be recorded. The server waits for the database, so
    they are not sent again."""
    with running_mail_server(tmp_path) as mail_server:
        server = ServerProcess(tmp_path, postgres.url, "memory://", **_settings(mail_server))
        await server.start()
        engine = create_async_engine(async_url(postgres.url), pool_pre_ping=True)
        async with httpx.AsyncClient(base_url=server.url, timeout=10) as http:
            api = Api(http, Settings(data_dir=tmp_path, jwt_secret=SECRET), engine)
            office = await open_office(await _account(api))
            mail_server.hold()
            await _announce(office)
            await mail_server.until_held(4)
            await postgres.end_by(signal.SIGQUIT)
            mail_server.release()
            await asyncio.sleep(2)
            await postgres.start()
            await until_true(lambda: _all_are_sent(office), "all e-mails", patience=60)
        await server.stop()
        await engine.dispose()
        addresses = [office.address(id) for id in (*READERS, "bruno", "carla", "davi")]
        assert count_deliveries("database stopped while sending", mail_server.accepted(), addresses) == (0, 0)


def _settings(mail_server: MailServer) -> dict[str, str]:
    return {
        "CHAT_SMTP_URL": f"smtp://127.0.0.1:{mail_server.port}?starttls=never",
        "CHAT_EMAIL_FROM": "chat@example.com",
        "CHAT_EMAIL_DELAY_SECONDS": "0",
    }


async def _account(api: Api) -> Account:
    account = Account(api, "1")
    await account.sync(agents=[{"id": "ana", "name": "Ana", "role": "ADMINISTRATOR"}])
    await account.ana.mutate("updateChatAccountSettings", "settings { chatEnabled }", chatEnabled=True)
    return account


async def _announce(office: Office) -> None:
    await office.account.sync(agents=[{"id": id, "name": id, "email": office.address(id)} for id in READERS])
    channel = await office.account.ana.create_channel("Avisos", "ANNOUNCEMENT")
    await office.account.ana.send(channel, "Bom dia")


async def _all_are_sent(office: Office) -> bool:
    states = [state for state, *_ in await office.email_rows()]
    return states == ["SENT"] * (len(READERS) + 3)
