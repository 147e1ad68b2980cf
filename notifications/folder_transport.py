"""Writes e-mails into a folder instead of sending them."""

import asyncio
import os
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp

from notifications.transports import TemporaryFailure


class FolderTransport:
    """Each e-mail is a file that only the user of the process can read. An e-mail that is sent twice, with the same
    Message-ID, is one file. Readers of the folder never see an incomplete file that ends with `.eml`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def send(self, message: EmailMessage) -> None:
        try:
            await asyncio.to_thread(self._write, message)
        except OSError as error:
            raise TemporaryFailure(f"The e-mail could not be written to its folder: {error.strerror}.") from None

    async def close(self) -> None:
        """There is no connection."""

    def _write(self, message: EmailMessage) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, draft = mkstemp(dir=self.folder, prefix=".", suffix=".draft")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(message.as_bytes())
            Path(draft).replace(self.folder / _file_name(message))
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise


def _file_name(message: EmailMessage) -> str:
    return f"{sha256(str(message['Message-ID']).encode()).hexdigest()[:32]}.eml"
