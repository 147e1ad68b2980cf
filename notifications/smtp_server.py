"""Which mail server (SMTP relay) the chat uses. This module imports nothing that takes long to load."""

from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path


class Encryption(Enum):
    IMPLICIT = auto()
    """TLS from the first byte."""

    REQUIRED = auto()
    """STARTTLS. A server that does not offer it gets no e-mail."""

    IF_OFFERED = auto()
    """STARTTLS, if the server offers it."""

    NONE = auto()


@dataclass(frozen=True)
class Credentials:
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class SmtpServer:
    """`ca_file` has the certificates that may sign the server's, instead of those of the system."""

    host: str
    port: int
    encryption: Encryption
    credentials: Credentials | None = None
    ca_file: Path | None = None
