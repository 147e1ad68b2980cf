"""The interface for sending an e-mail, and its failures."""

from email.message import EmailMessage
from typing import Protocol


class TemporaryFailure(Exception):
    """The e-mail may be accepted later. The text gives the reason, without addresses and secrets.

    If the connection was lost after the e-mail was transmitted, the server may have accepted it all the same. Send it
    again with the same Message-ID.
    """


class PermanentFailure(Exception):
    """The e-mail will never be accepted. The text gives the reason, without addresses and secrets."""


class Transport(Protocol):
    async def send(self, message: EmailMessage) -> None:
        """Delivers the e-mail from its only sender to its only recipient. Calls may overlap. Raises TemporaryFailure or
        PermanentFailure."""

    async def close(self) -> None:
        """Ends the connection that `send` keeps for the next e-mail. The transport can be used again."""
