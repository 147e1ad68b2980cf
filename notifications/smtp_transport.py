"""Sends e-mails to a mail server by SMTP."""

import asyncio
import re
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from notifications.mailboxes import InvalidAddress, header_address
from notifications.smtp_server import Encryption, SmtpServer
from notifications.transports import PermanentFailure, TemporaryFailure

DELIVERY_SECONDS = 30.0
"""How long the delivery of one e-mail may take in all, from the name lookup to the server's 250."""

CLOSE_SECONDS = 2.0

_STARTTLS = {Encryption.REQUIRED: True, Encryption.IF_OFFERED: None}
_AUTHENTICATION_CODES = (530, 534, 535, 538)
_ENHANCED_CODE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?!\S)")


@dataclass(frozen=True)
class _Envelope:
    sender: str
    recipient: str
    content: bytes


class SmtpTransport:
    """Keeps one connection for the e-mails that follow, and sends one at a time. It checks a connection before it uses
    it again, because the server may have closed it. To send in parallel, use several transports."""

    def __init__(self, server: SmtpServer, delivery_seconds: float = DELIVERY_SECONDS) -> None:
        """Raises OSError if the file of certificates cannot be read."""
        self._server = server
        self._delivery_seconds = delivery_seconds
        self._tls = None if server.encryption is Encryption.NONE else ssl.create_default_context(cafile=server.ca_file)
        self._client: SMTP | None = None
        self._turn = asyncio.Lock()

    async def send(self, message: EmailMessage) -> None:
        envelope = _envelope(message)
        async with self._turn:
            try:
                async with asyncio.timeout(self._delivery_seconds):
                    await self._transmit(await self._connected_client(), envelope)
            except SMTPResponseException as refusal:
                if not 400 <= refusal.code < 600:
                    self._disconnect()
                raise _failure_of(refusal) from None
            except TimeoutError:
                self._disconnect()
                raise TemporaryFailure(f"The delivery took more than {self._delivery_seconds:g} seconds.") from None
            except (SMTPException, OSError) as error:
                self._disconnect()
                raise TemporaryFailure(_reason(error)) from None
            except BaseException:
                self._disconnect()
                raise

    async def close(self) -> None:
        async with self._turn:
            if self._client is not None:
                with suppress(SMTPException, OSError):
                    async with asyncio.timeout(CLOSE_SECONDS):
                        await self._client.quit()
                self._disconnect()

    async def _transmit(self, client: SMTP, envelope: _Envelope) -> None:
        await client.mail(envelope.sender)
        await client.rcpt(envelope.recipient)
        await client.data(envelope.content)

    async def _connected_client(self) -> SMTP:
        if self._client is not None:
            with suppress(SMTPException, OSError):
                await self._client.rset()
                return self._client
            self._disconnect()
        self._client = self._new_client()
        try:
            await self._client.connect()
        except SMTPResponseException as refusal:
            # The server or its configuration is at fault, not this e-mail.
            self._disconnect()
            raise TemporaryFailure(f"The mail server refused the connection ({_codes(refusal)}).") from None
        return self._client

    def _new_client(self) -> SMTP:
        server = self._server
        return SMTP(
            hostname=server.host,
            port=server.port,
            username=server.credentials.user if server.credentials else None,
            password=server.credentials.password if server.credentials else None,
            use_tls=server.encryption is Encryption.IMPLICIT,
            start_tls=_STARTTLS.get(server.encryption, False),
            tls_context=self._tls,
            local_hostname=socket.gethostname(),
            # The client would use asyncio.wait_for, which can swallow a cancellation. `send` has a timeout.
            timeout=None,
        )

    def _disconnect(self) -> None:
        """Drops the connection at once, also if the server does not read."""
        if self._client is not None:
            if isinstance(self._client.transport, asyncio.WriteTransport):
                self._client.transport.abort()
            self._client.close()
            self._client = None


def _envelope(message: EmailMessage) -> _Envelope:
    try:
        sender, recipient = header_address(message, "From"), header_address(message, "To")
    except InvalidAddress:
        raise PermanentFailure("The e-mail does not have one valid sender and one valid recipient.") from None
    return _Envelope(sender, recipient, message.as_bytes())


def _failure_of(refusal: SMTPResponseException) -> TemporaryFailure | PermanentFailure:
    """A reply that asks for authentication concerns the configuration, which can be corrected, not the e-mail."""
    text = f"The mail server refused the e-mail ({_codes(refusal)})."
    if 500 <= refusal.code < 600 and refusal.code not in _AUTHENTICATION_CODES:
        return PermanentFailure(text)
    return TemporaryFailure(text)


def _codes(refusal: SMTPResponseException) -> str:
    """Returns the codes of the reply. Its text may contain addresses."""
    enhanced = _ENHANCED_CODE.match(refusal.message)
    return f"{refusal.code} {enhanced[0]}" if enhanced else str(refusal.code)


def _reason(error: Exception) -> str:
    for each in (error, error.__cause__):
        if isinstance(each, ssl.SSLCertVerificationError):
            return f"The certificate of the mail server is not valid: {each.verify_message.partition(',')[0]}."
        if isinstance(each, ssl.SSLError):
            return "The encrypted connection to the mail server failed."
    if isinstance(error, ConnectionError):
        return "The connection to the mail server could not be made or was lost."
    return "The mail server does not support what the settings require: STARTTLS or authentication."
