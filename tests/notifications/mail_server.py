"""Mail servers of tests. `smtp_program` lists the recipients' addresses that cause faults."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from tests.notifications.smtp_program import HOLD
from tests.support.waiting import until

PASSWORD = "the password of the relay"


@dataclass(frozen=True)
class MailServer:
    port: int
    folder: Path
    process: subprocess.Popen[str]

    def accepted(self) -> list[EmailMessage]:
        """Returns the e-mails in the order of their arrival, with the fields X-Envelope-From and X-Envelope-To."""
        return [_read(file) for file in sorted(self.folder.glob("*.eml"))]

    def held(self) -> list[EmailMessage]:
        """Returns the e-mails that have arrived and are not answered yet."""
        return [_read(file) for file in sorted(self.folder.glob("*.held"))]

    def hold(self) -> None:
        """Delays each 250 until `release`."""
        (self.folder / HOLD).touch()

    def release(self) -> None:
        (self.folder / HOLD).unlink()

    async def until_held(self, count: int) -> None:
        await until(lambda: len(self.held()) == count, f"{count} e-mails at the mail server")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def running_mail_server(folder: Path, *options: str) -> Iterator[MailServer]:
    """Runs a mail server until the block ends. The options are those of `smtp_program`. A server on the folder of one
    that ended continues its numbers."""
    command = [sys.executable, "-m", "tests.notifications.smtp_program", str(folder), *options]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield MailServer(int(process.stdout.readline()), folder, process)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _read(file: Path) -> EmailMessage:
    message = message_from_bytes(file.read_bytes(), policy=SMTP)
    assert isinstance(message, EmailMessage)
    return message
