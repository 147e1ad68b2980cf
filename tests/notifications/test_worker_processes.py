"""`internal-chat worker` as a process that is killed, and several of them at once. What is lost and repeated is counted
at a real mail server."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.notifications.fault_counts import count_deliveries
from tests.notifications.mail_server import MailServer, running_mail_server
from tests.notifications.office import Office
from tests.notifications.worker_process import WorkerProcess
from tests.support.waiting import until, until_true

READERS = [f"reader-{number}" for number in range(40)]


@pytest.fixture
def mail_server(tmp_path: Path) -> Iterator[MailServer]:
    folder = tmp_path / "mail"
    folder.mkdir()
    with running_mail_server(folder) as server:
        yield server


@pytest.fixture
async def workers(database_url: str, tmp_path: Path, mail_server: MailServer) -> AsyncIterator[list[WorkerProcess]]:
    """Two workers, which are not started yet."""
    smtp_url = f"smtp://127.0.0.1:{mail_server.port}?starttls=never"
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    workers = [WorkerProcess(folder, database_url, smtp_url) for folder in folders]
    yield workers
    for worker in workers:
        if hasattr(worker, "process"):
            await worker.stop()


async def test_killed_before_the_e_mail_is_transmitted(
    office: Office, mail_server: MailServer, workers: list[WorkerProcess]
) -> None:
    await office.move("bruno", f"hang+{office.address('bruno')}")
    await _mention_bruno(office)
    await workers[0].start()
    await until_true(lambda: _is_claimed(office), "a claimed e-mail")
    await asyncio.sleep(0.5)
    await workers[0].end_by(signal.SIGKILL)
    await office.move("bruno", office.address("bruno"))
    await _send_the_rest(office, workers[1])
    assert _count(office, mail_server, "worker killed before the 250, recipient not confirmed") == (0, 0)


async def test_killed_before_the_answer_of_the_mail_server(
    office: Office, mail_server: MailServer, workers: list[WorkerProcess]
) -> None:
    """The mail server has received the e-mail and not answered. It discards it, because the connection is lost."""
    await _mention_bruno(office)
    mail_server.hold()
    await workers[0].start()
    await until(lambda: len(_held(office, mail_server)) == 1, "an e-mail at the mail server")
    await workers[0].end_by(signal.SIGKILL)
    mail_server.release()
    await _send_the_rest(office, workers[1])
    assert _count(office, mail_server, "worker killed before the 250, e-mail transmitted") == (0, 0)


async def test_killed_between_the_250_and_the_commit(
    office: Office, mail_server: MailServer, workers: list[WorkerProcess]
) -> None:
    await _mention_bruno(office)
    mail_server.hold()
    await workers[0].start()
    await until(lambda: len(_held(office, mail_server)) == 1, "an e-mail at the mail server")
    async with _locked_emails(office):
        mail_server.release()
        await until(lambda: len(_accepted(office, mail_server)) == 1, "an accepted e-mail")
        await until_true(lambda: _waits_for_a_lock(office), "a worker that records the e-mail")
        await workers[0].end_by(signal.SIGKILL)
        await _end_waiting_statements(office)
    await _send_the_rest(office, workers[1])
    assert _count(office, mail_server, "worker killed between the 250 and the commit") == (0, 1)


async def test_stopped_while_the_mail_server_accepts_the_e_mail(
    office: Office, mail_server: MailServer, workers: list[WorkerProcess]
) -> None:
    """A worker that is asked to stop waits for the answer."""
    await _mention_bruno(office)
    mail_server.hold()
    await workers[0].start()
    await until(lambda: len(_held(office, mail_server)) == 1, "an e-mail at the mail server")
    workers[0].send(signal.SIGTERM)
    await asyncio.sleep(1)
    mail_server.release()
    assert await workers[0].process.wait() == 0
    await _send_the_rest(office, workers[1])
    assert _count(office, mail_server, "worker stopped while the mail server accepts") == (0, 0)


async def test_two_workers_at_once(office: Office, mail_server: MailServer, workers: list[WorkerProcess]) -> None:
    await _announce(office)
    for worker in workers:
        await worker.start()
    await until_true(lambda: _are_sent(office, len(READERS) + 3), "all e-mails", patience=60)
    addresses = [office.address(id) for id in (*READERS, "bruno", "carla", "davi")]
    assert count_deliveries("two workers at once", mail_server.accepted(), addresses) == (0, 0)


async def test_one_of_two_workers_is_killed(
    office: Office, mail_server: MailServer, workers: list[WorkerProcess]
) -> None:
    await _announce(office)
    for worker in workers:
        await worker.start()
    await until(lambda: len(mail_server.accepted()) >= 5, "the first e-mails", patience=60)
    await workers[0].end_by(signal.SIGKILL)
    await until_true(lambda: _nothing_waits_unclaimed(office), "the other worker's e-mails", patience=60)
    await office.make_due()
    await until_true(lambda: _are_sent(office, len(READERS) + 3), "all e-mails", patience=60)
    addresses = [office.address(id) for id in (*READERS, "bruno", "carla", "davi")]
    lost, repeated = count_deliveries("one of two workers killed", mail_server.accepted(), addresses)
    assert lost == 0
    assert repeated <= 4, "more than the e-mails that the killed worker was sending"


async def test_the_log_contains_no_address_and_no_text(
    office: Office, mail_server: MailServer, workers: list[WorkerProcess]
) -> None:
    await office.move("carla", f"permanent+{office.address('carla')}")
    channel = await office.account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno", "carla"])
    body = "A secret for [@Bruno](mention://user/bruno/Bruno) and [@Carla](mention://user/carla/Carla)"
    await office.account.ana.send(channel, body)
    await office.make_due()
    await workers[0].start()
    await until_true(lambda: _are_sent(office, 1), "an e-mail")
    await until(lambda: "emails_failed" in workers[0].log() and "emails_sent" in workers[0].log(), "log lines")
    for hidden in (office.account.account_id + ".example", "secret", "Equipe"):
        assert hidden not in workers[0].log()


async def _mention_bruno(office: Office) -> None:
    channel = await office.account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno"])
    await office.account.ana.send(channel, "[@Bruno](mention://user/bruno/Bruno)")
    await office.make_due()


async def _announce(office: Office) -> None:
    await office.account.sync(agents=[{"id": id, "name": id, "email": office.address(id)} for id in READERS])
    channel = await office.account.ana.create_channel("Avisos", "ANNOUNCEMENT")
    await office.account.ana.send(channel, "Bom dia")
    await office.make_due()


async def _send_the_rest(office: Office, worker: WorkerProcess) -> None:
    """Ends the lease of the worker that has died, and waits until another one has sent what it has left."""
    await office.make_due()
    await worker.start()
    await until_true(lambda: _are_sent(office, 1), "a sent e-mail", patience=30)


async def _is_claimed(office: Office) -> bool:
    return [state for state, *_ in await office.email_rows()] == ["WAITING"]


async def _are_sent(office: Office, amount: int) -> bool:
    return [state for state, *_ in await office.email_rows()].count("SENT") == amount


async def _nothing_waits_unclaimed(office: Office) -> bool:
    """Whether each notification is in an e-mail, and one worker sends no more of them."""
    ((waiting,),) = await office.rows(
        "SELECT count(*) FROM notifications WHERE account_id = :account_id AND email_state = 'WAITING'"
        " AND email_id IS NULL"
    )
    before = await office.email_rows()
    await asyncio.sleep(1)
    return waiting == 0 and before == await office.email_rows()


async def _waits_for_a_lock(office: Office) -> bool:
    return await office.account.api.waiting_statements() > 0


@asynccontextmanager
async def _locked_emails(office: Office) -> AsyncIterator[None]:
    """Locks the account's e-mails, so that their outcomes cannot be recorded."""
    async with office.account.api.engine.begin() as connection:
        await connection.execute(
            text("SELECT FROM emails WHERE account_id = :account_id FOR UPDATE"),
            {"account_id": office.account.account_id},
        )
        yield


async def _end_waiting_statements(office: Office) -> None:
    """Ends the statements of a killed worker. PostgreSQL would execute them when they get their locks."""
    await office.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock' AND :account_id <> ''"
    )
    await until_true(lambda: _nothing_waits_for_a_lock(office), "the end of the worker's statements")


async def _nothing_waits_for_a_lock(office: Office) -> bool:
    return await office.account.api.waiting_statements() == 0


def _held(office: Office, server: MailServer) -> list[EmailMessage]:
    return [email for email in server.held() if email["X-Envelope-To"] == office.address("bruno")]


def _accepted(office: Office, server: MailServer) -> list[EmailMessage]:
    return [email for email in server.accepted() if email["X-Envelope-To"] == office.address("bruno")]


def _count(office: Office, server: MailServer, fault: str) -> tuple[int, int]:
    return count_deliveries(fault, server.accepted(), [office.address("bruno")])
