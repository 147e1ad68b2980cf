"""How e-mails leave the process."""

from email.message import EmailMessage
from typing import Protocol


class TemporaryFailure(Exception):
    """The e-mail was not accepted now. It can be sent again."""


class PermanentFailure(Exception):
    """The e-mail will never be accepted."""


class Transport(Protocol):
    async def send(self, message: EmailMessage) -> None:
        """Returns when the e-mail has been accepted. Raises TemporaryFailure or PermanentFailure."""
