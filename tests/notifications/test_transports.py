"""What every transport guarantees. The SMTP transport sends to a real server in a process of its own."""

import asyncio
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import NamedTuple

import pytest

from notifications.folder_transport import FolderTransport
from notifications.smtp_server import Encryption, SmtpServer
from notifications.smtp_transport import SmtpTransport
from notifications.transports import TemporaryFailure, Transport
from tests.notifications.mail_server import running_mail_server
from tests.notifications.samples import email_to
from tests.support.processes import free_port


class Delivery(NamedTuple):
    """A transport, what arrives through it, and a transport of the same kind that cannot deliver."""

    transport: Transport
    delivered: Callable[[], list[EmailMessage]]
    broken: Transport


@pytest.fixture(params=["smtp", "folder"])
def delivery(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Delivery]:
    if request.param == "folder":
        yield _folder_delivery(tmp_path)
        return
    with running_mail_server(tmp_path) as server:
        transports = (
            SmtpTransport(SmtpServer("127.0.0.1", port, Encryption.NONE)) for port in (server.port, free_port())
        )
        yield Delivery(next(transports), server.accepted, next(transports))


def _folder_delivery(folder: Path) -> Delivery:
    def delivered() -> list[EmailMessage]:
        return [message_from_bytes(file.read_bytes(), policy=SMTP) for file in (folder / "emails").iterdir()]

    (folder / "a file").touch()
    return Delivery(FolderTransport(folder / "emails"), delivered, FolderTransport(folder / "a file"))


async def test_an_email_arrives_as_it_was_composed(delivery: Delivery) -> None:
    sent = email_to("ana@example.com")
    await delivery.transport.send(sent)
    await delivery.transport.close()
    [arrived] = delivery.delivered()
    for part in ("plain", "html"):
        assert _content(arrived, part) == _content(sent, part)
    for name, value in sent.items():
        if name != "Content-Type":
            assert str(arrived[name]) == str(SMTP.header_factory(name, str(value))), name


async def test_emails_can_be_sent_together_and_after_closing(delivery: Delivery) -> None:
    for batch in range(2):
        await asyncio.gather(
            *(delivery.transport.send(email_to("ana@example.com", f"{batch}-{number}")) for number in range(5))
        )
        await delivery.transport.close()
        await delivery.transport.close()
    assert len({str(arrived["Message-ID"]) for arrived in delivery.delivered()}) == 10


async def test_what_cannot_be_delivered_now_is_a_temporary_failure(delivery: Delivery) -> None:
    with pytest.raises(TemporaryFailure) as failure:
        await delivery.broken.send(email_to("ana@example.com"))
    assert str(failure.value).endswith(".")
    assert "ana" not in str(failure.value)
    await delivery.broken.close()


def _content(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")
