"""Faults of the mail server: no e-mail is lost, and none is repeated, except one that the server has accepted without
an answer. Then both have the same Message-ID.

bruno's address selects the fault, and changes before the next attempt. carla's e-mail shows that the server works."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from notifications.smtp_server import Encryption, SmtpServer
from notifications.smtp_transport import SmtpTransport
from tests.notifications.fault_counts import count_deliveries
from tests.notifications.mail_server import MailServer, running_mail_server
from tests.notifications.office import Office

READ_CONNECTIONS = 20
"""How many connections the pool has for statements that are not in a transaction."""

BODY = "[@Bruno](mention://user/bruno/Bruno) [@Carla](mention://user/carla/Carla)"


@pytest.fixture
async def mail_server(office: Office, tmp_path: Path) -> AsyncIterator[MailServer]:
    with running_mail_server(tmp_path) as server:
        smtp = SmtpServer("127.0.0.1", server.port, Encryption.NONE)
        office.transports = [SmtpTransport(smtp, delivery_seconds=1.0) for _ in range(4)]
        yield server
        for transport in office.transports:
            await transport.close()


async def test_accepted(office: Office, mail_server: MailServer) -> None:
    await _mention_both(office)
    await office.work_after()
    assert _count(office, mail_server, "mail server: accepts") == (0, 0)
    assert await office.states(office.account.bruno) == ["SENT"]


@pytest.mark.parametrize(
    ("fault", "repeated", "error"),
    [
        ("temporary", 0, "451"),
        ("temporary-data", 0, "452"),
        ("unavailable", 0, "421"),
        ("garbage", 0, "-1"),
        ("hang", 0, "more than 1 second"),
        ("hang-data", 0, "more than 1 second"),
        ("drop", 0, "lost"),
        ("drop-accepted", 1, "lost"),
    ],
)
async def test_temporary(office: Office, mail_server: MailServer, fault: str, repeated: int, error: str) -> None:
    await office.move("bruno", f"{fault}+{office.address('bruno')}")
    await _mention_both(office)
    await office.work_after()
    ((attempts, last_error),) = [
        (attempts, last_error) for state, attempts, _, last_error in await office.email_rows() if state == "WAITING"
    ]
    assert attempts == 1
    assert error in str(last_error)
    assert "@" not in str(last_error)
    await office.move("bruno", office.address("bruno"))
    await office.work_after(timedelta(minutes=1))
    assert _count(office, mail_server, f"mail server: {fault}, then accepts") == (0, repeated)
    assert await office.states(office.account.bruno) == ["SENT"]


@pytest.mark.parametrize("fault", ["permanent", "permanent-data"])
async def test_permanent(office: Office, mail_server: MailServer, fault: str) -> None:
    await office.move("bruno", f"{fault}+{office.address('bruno')}")
    await _mention_both(office)
    await office.work_after()
    await office.move("bruno", office.address("bruno"))
    await office.work_after(timedelta(days=1))
    states = sorted((state, attempts) for state, attempts, *_ in await office.email_rows())
    assert states == [("FAILED", 1), ("SENT", 1)]
    assert [email["To"] for email in office.own(mail_server.accepted())] == [office.address("carla")]


async def test_a_mail_server_that_is_down_for_a_while(office: Office, mail_server: MailServer) -> None:
    await _mention_both(office)
    mail_server.kill()
    await office.work_after()
    assert await office.states(office.account.bruno) == ["WAITING"]
    with running_mail_server(mail_server.folder, "--port", str(mail_server.port)):
        await office.work_after(timedelta(minutes=1))
        assert _count(office, mail_server, "mail server: down, then accepts") == (0, 0)


async def test_a_hanging_mail_server_holds_no_connection_to_the_database(
    office: Office, mail_server: MailServer
) -> None:
    smtp = SmtpServer("127.0.0.1", mail_server.port, Encryption.NONE)
    office.transports = [SmtpTransport(smtp) for _ in range(4)]
    for agent_id in ("bruno", "carla"):
        await office.move(agent_id, f"hang+{office.address(agent_id)}")
    await _mention_both(office)
    office.clock.advance(timedelta(minutes=3))
    sending = asyncio.create_task(office.worker().send_due())
    await asyncio.sleep(0.5)
    assert not sending.done()
    async with asyncio.timeout(5), AsyncExitStack() as stack:
        for number in range(READ_CONNECTIONS):
            await stack.enter_async_context(office.account.api.pool.connection(f"other-{number}"))
    assert not sending.done()
    sending.cancel()


def _count(office: Office, server: MailServer, fault: str) -> tuple[int, int]:
    return count_deliveries(fault, server.accepted(), [office.address("bruno"), office.address("carla")])


async def _mention_both(office: Office) -> None:
    channel = await office.account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno", "carla"])
    await office.account.ana.send(channel, BODY)
