"""Every fault of a mail server is reported as temporary or permanent, and in time."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifications.smtp_server import Credentials, Encryption, SmtpServer
from notifications.smtp_transport import SmtpTransport
from notifications.transports import PermanentFailure, TemporaryFailure
from tests.notifications.certificates import (
    Authority,
    certificate_of_another_name,
    expired_certificate,
    new_authority,
    valid_certificate,
)
from tests.notifications.mail_server import PASSWORD, MailServer, running_mail_server
from tests.notifications.samples import email_to

SECONDS = 3.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    with running_mail_server(tmp_path) as server:
        yield server


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("certificates"))


def transport_to(server: MailServer, seconds: float = 10) -> SmtpTransport:
    return SmtpTransport(SmtpServer("127.0.0.1", server.port, Encryption.NONE), seconds)


@pytest.mark.parametrize(
    ("fault", "failure", "text"),
    [
        ("temporary", TemporaryFailure, "The mail server refused the e-mail (451 4.3.0)."),
        ("permanent", PermanentFailure, "The mail server refused the e-mail (550 5.1.1)."),
        ("temporary-data", TemporaryFailure, "The mail server refused the e-mail (452 4.3.1)."),
        ("permanent-data", PermanentFailure, "The mail server refused the e-mail (554 5.7.1)."),
        ("unavailable", TemporaryFailure, "The mail server refused the e-mail (421 4.3.2)."),
        ("garbage", TemporaryFailure, "The mail server refused the e-mail (-1)."),
        ("drop", TemporaryFailure, "The connection to the mail server could not be made or was lost."),
        ("hang", TemporaryFailure, "The delivery took more than 3 seconds."),
        ("hang-data", TemporaryFailure, "The delivery took more than 3 seconds."),
    ],
)
async def test_a_fault_concerns_one_email(server: MailServer, fault: str, failure: type[Exception], text: str) -> None:
    transport = transport_to(server, SECONDS)
    await transport.send(email_to("before@example.com", "1"))
    started = time.monotonic()
    with pytest.raises(failure) as failed:
        await transport.send(email_to(f"{fault}@example.com", "2"))
    assert time.monotonic() - started < SECONDS + 5
    assert str(failed.value) == text
    await transport.send(email_to("after@example.com", "3"))
    await transport.close()
    assert [each["X-Envelope-To"] for each in server.accepted()] == ["before@example.com", "after@example.com"]


async def test_an_email_that_was_accepted_before_the_connection_was_lost_is_repeated_with_its_id(
    server: MailServer,
) -> None:
    transport, email = transport_to(server), email_to("drop-accepted@example.com")
    for _ in range(2):
        with pytest.raises(TemporaryFailure):
            await transport.send(email)
    assert [each["Message-ID"] for each in server.accepted()] == [email["Message-ID"]] * 2


async def test_a_server_that_is_killed_before_its_250_is_a_temporary_failure(tmp_path: Path) -> None:
    with running_mail_server(tmp_path) as server:
        transport = transport_to(server)
        server.hold()
        sending = asyncio.create_task(transport.send(email_to("ana@example.com")))
        await server.until_held(1)
        assert not sending.done()
        server.kill()
        with pytest.raises(TemporaryFailure):
            await sending
        assert server.accepted() == []
    server.release()
    with running_mail_server(tmp_path, "--port", str(server.port)) as restarted:
        await transport.send(email_to("ana@example.com", "2"))
        assert len(restarted.accepted()) == 1


async def test_a_cancelled_delivery_leaves_nothing_behind(server: MailServer) -> None:
    transport = transport_to(server)
    sending = asyncio.create_task(transport.send(email_to("hang@example.com", "1")))
    await asyncio.sleep(0.3)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await transport.send(email_to("ana@example.com", "2"))
    assert [each["X-Envelope-To"] for each in server.accepted()] == ["ana@example.com"]


async def test_a_connection_that_the_server_closed_is_replaced(tmp_path: Path) -> None:
    with running_mail_server(tmp_path) as server:
        transport = transport_to(server)
        await transport.send(email_to("ana@example.com", "1"))
        server.kill()
    with running_mail_server(tmp_path, "--port", str(server.port)) as restarted:
        await transport.send(email_to("ana@example.com", "2"))
        assert len(restarted.accepted()) == 2


async def test_a_server_that_limits_the_emails_of_a_connection_gets_a_new_one(tmp_path: Path) -> None:
    with running_mail_server(tmp_path, "--messages-per-connection", "1") as server:
        transport = transport_to(server)
        await transport.send(email_to("ana@example.com", "1"))
        with pytest.raises(TemporaryFailure, match="421"):
            await transport.send(email_to("ana@example.com", "2"))
        await transport.send(email_to("ana@example.com", "2"))
        assert len(server.accepted()) == 2


@pytest.mark.parametrize(
    ("tls", "encryption"),
    [("implicit", Encryption.IMPLICIT), ("starttls", Encryption.REQUIRED), ("starttls", Encryption.IF_OFFERED)],
)
async def test_a_password_is_sent_encrypted(
    authority: Authority, tmp_path: Path, tls: str, encryption: Encryption
) -> None:
    options = ("--tls", tls, "--certificate", str(valid_certificate(authority)), "--password", PASSWORD)
    with running_mail_server(tmp_path, *options) as server:
        relay = SmtpServer("127.0.0.1", server.port, encryption, Credentials("relay", PASSWORD), authority.file)
        transport = SmtpTransport(relay)
        await transport.send(email_to("ana@example.com", "1"))
        await transport.send(email_to("ana@example.com", "2"))
        await transport.close()
        assert len(server.accepted()) == 2


async def test_a_wrong_password_is_a_temporary_failure_that_does_not_contain_it(
    authority: Authority, tmp_path: Path
) -> None:
    options = ("--tls", "implicit", "--certificate", str(valid_certificate(authority)), "--password", PASSWORD)
    with running_mail_server(tmp_path, *options) as server:
        relay = SmtpServer("127.0.0.1", server.port, Encryption.IMPLICIT, Credentials("relay", "wrong"), authority.file)
        with pytest.raises(TemporaryFailure, match=r"refused the connection \(535 5\.7\.8\)\.$"):
            await SmtpTransport(relay).send(email_to("ana@example.com"))
        without = SmtpServer("127.0.0.1", server.port, Encryption.IMPLICIT, None, authority.file)
        with pytest.raises(TemporaryFailure, match=r"refused the e-mail \(530 5\.7\.0\)\.$"):
            await SmtpTransport(without).send(email_to("ana@example.com"))
        assert server.accepted() == []


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
@pytest.mark.parametrize(
    ("certificate", "reason"),
    [(expired_certificate, "certificate has expired"), (certificate_of_another_name, "IP address mismatch")],
)
async def test_an_invalid_certificate_is_refused(
    authority: Authority, tmp_path: Path, tls: str, certificate: object, reason: str
) -> None:
    assert callable(certificate)
    with running_mail_server(tmp_path, "--tls", tls, "--certificate", str(certificate(authority))) as server:
        encryption = Encryption.IMPLICIT if tls == "implicit" else Encryption.IF_OFFERED
        transport = SmtpTransport(SmtpServer("127.0.0.1", server.port, encryption, None, authority.file))
        with pytest.raises(TemporaryFailure, match=f"^The certificate of the mail server is not valid: {reason}"):
            await transport.send(email_to("ana@example.com"))
        assert server.accepted() == []


async def test_a_certificate_of_an_unknown_authority_is_refused(authority: Authority, tmp_path: Path) -> None:
    with running_mail_server(
        tmp_path, "--tls", "starttls", "--certificate", str(valid_certificate(authority))
    ) as server:
        transport = SmtpTransport(SmtpServer("127.0.0.1", server.port, Encryption.REQUIRED))
        with pytest.raises(TemporaryFailure, match=r"^The certificate of the mail server is not valid: "):
            await transport.send(email_to("ana@example.com"))
        assert server.accepted() == []


async def test_required_encryption_is_never_left_out(server: MailServer) -> None:
    transport = SmtpTransport(SmtpServer("127.0.0.1", server.port, Encryption.REQUIRED))
    with pytest.raises(TemporaryFailure, match="does not support"):
        await transport.send(email_to("ana@example.com"))
    assert server.accepted() == []


async def test_a_host_that_does_not_exist_is_a_temporary_failure() -> None:
    transport = SmtpTransport(SmtpServer("mail.invalid", 25, Encryption.NONE))
    with pytest.raises(TemporaryFailure, match="could not be made"):
        await transport.send(email_to("ana@example.com"))
