"""A mail server with faults, in a process of its own: `tests.notifications.mail_server` starts it.

It prints its port. The part of the recipient's address before the @ selects what happens, up to the first `+`: see
`Fault`. Each e-mail that it accepts is a file `N.eml` in the folder. While the folder contains the file `hold`, an
e-mail that has arrived completely is a file `N.held`, and the 250 waits.
"""

import argparse
import asyncio
import itertools
import ssl
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from weakref import WeakKeyDictionary

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HOLD = "hold"


class Fault(StrEnum):
    TEMPORARY = "temporary"
    """The recipient is refused with 451."""

    PERMANENT = "permanent"
    """The recipient is refused with 550, in a reply that contains the address."""

    TEMPORARY_DATA = "temporary-data"
    PERMANENT_DATA = "permanent-data"
    UNAVAILABLE = "unavailable"
    """421, and the connection ends."""

    GARBAGE = "garbage"
    """A reply that is not SMTP."""

    HANG = "hang"
    """No reply to RCPT."""

    HANG_DATA = "hang-data"
    """The e-mail arrives, and there is no reply."""

    DROP = "drop"
    """The connection is lost after the e-mail has arrived. It is not accepted."""

    DROP_ACCEPTED = "drop-accepted"
    """The e-mail is accepted, and the connection is lost before the 250."""


RCPT_REPLIES = {
    Fault.TEMPORARY: "451 4.3.0 Try again later, {address}",
    Fault.PERMANENT: "550 5.1.1 {address} does not exist",
    Fault.GARBAGE: "hello there",
}
DATA_REPLIES = {
    Fault.TEMPORARY_DATA: "452 4.3.1 Insufficient storage",
    Fault.PERMANENT_DATA: "554 5.7.1 Refused by policy",
}


@dataclass(frozen=True)
class Options:
    folder: Path
    tls: str
    certificate: Path | None
    password: str | None
    messages_per_connection: int
    port: int


class Handler:
    def __init__(self, options: Options) -> None:
        self.options = options
        self.numbers = itertools.count(len([*options.folder.glob("*.eml"), *options.folder.glob("*.held")]) + 1)
        self.messages: WeakKeyDictionary[SMTP, int] = WeakKeyDictionary()
        """The number of e-mails of each connection."""

    async def handle_RCPT(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        fault = fault_of(address)
        if fault == Fault.HANG:
            await asyncio.Event().wait()
        if fault == Fault.UNAVAILABLE or self._is_used_up(server):
            await server.push("421 4.3.2 Service not available")
            disconnect(server)
        if fault in RCPT_REPLIES:
            return RCPT_REPLIES[fault].format(address=address)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        fault = fault_of(envelope.rcpt_tos[0])
        if fault in DATA_REPLIES:
            return DATA_REPLIES[fault]
        if fault == Fault.HANG_DATA:
            await asyncio.Event().wait()
        if fault != Fault.DROP:
            await self._accept(envelope)
        if fault in (Fault.DROP, Fault.DROP_ACCEPTED):
            disconnect(server)
        return "250 2.0.0 OK"

    def _is_used_up(self, server: SMTP) -> bool:
        count = self.messages[server] = self.messages.get(server, 0) + 1
        return count > self.options.messages_per_connection

    async def _accept(self, envelope: Envelope) -> None:
        number = next(self.numbers)
        held, accepted = (self.options.folder / f"{number:06}.{state}" for state in ("held", "eml"))
        head = f"X-Envelope-From: {envelope.mail_from}\r\nX-Envelope-To: {envelope.rcpt_tos[0]}\r\n"
        assert isinstance(envelope.content, bytes)
        held.write_bytes(head.encode() + envelope.content)
        while (self.options.folder / HOLD).exists():  # noqa: ASYNC110 (other processes cannot set an event)
            await asyncio.sleep(0.02)
        held.rename(accepted)


def fault_of(address: str) -> Fault | None:
    local = address.partition("@")[0].partition("+")[0]
    return Fault(local) if local in set(Fault) else None


def disconnect(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.WriteTransport)
    server.transport.abort()


def tls_context(certificate: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


def connection(handler: Handler, options: Options) -> SMTP:
    def authenticate(_smtp: SMTP, _session: Session, _envelope: Envelope, _name: str, data: object) -> AuthResult:
        is_right = isinstance(data, LoginPassword) and data.password == (options.password or "").encode()
        return AuthResult(success=is_right, handled=is_right)

    return SMTP(
        handler,
        hostname="mail.example",
        tls_context=tls_context(options.certificate) if options.tls == "starttls" else None,
        authenticator=authenticate if options.password else None,
        auth_required=options.password is not None,
        auth_require_tls=options.tls == "starttls",
        enable_SMTPUTF8=False,
    )


async def serve(options: Options) -> None:
    handler = Handler(options)
    loop = asyncio.get_running_loop()
    context = tls_context(options.certificate) if options.tls == "implicit" else None
    server = await loop.create_server(lambda: connection(handler, options), "127.0.0.1", options.port, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tls", choices=("none", "starttls", "implicit"), default="none")
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--password")
    parser.add_argument("--messages-per-connection", type=int, default=1_000_000)
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    asyncio.run(serve(Options(**vars(parser.parse_args()))))


if __name__ == "__main__":
    main()
