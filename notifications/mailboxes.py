"""Mailboxes: an e-mail address with a name, as in `Ana Souza <ana@example.com>`."""

import re
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

ADDRESS_LENGTH = 254
"""RFC 5321, 4.5.3.1.3, without the angle brackets."""

_ADDRESS = re.compile(r"[^\s@<>(),:;\"\\\[\]]{1,64}@[^\s@<>(),:;\"\\\[\]]+")
_NAMED = re.compile(r"\s*(?P<name>[^<>]*?)\s*<(?P<address>[^<>]*)>\s*")


class InvalidAddress(ValueError):
    """The text is not an e-mail address. The message does not contain the text."""


@dataclass(frozen=True)
class Mailbox:
    """`address` is valid, in ASCII, without comments or quotes. `name` can be any text, or empty."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def mailbox(name: str, address: str) -> Mailbox:
    """Returns the mailbox. A domain in other scripts is encoded. Raises InvalidAddress, also for an address that needs
    quotes, or one whose part before the @ is not in ASCII, which many servers do not accept."""
    local, _, domain = address.strip().rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
        parsed = Address(addr_spec=f"{local}@{ascii_domain}").addr_spec
    except (ValueError, IndexError, MessageError):
        raise InvalidAddress("it must be an e-mail address, such as chat@example.com") from None
    if len(parsed) > ADDRESS_LENGTH or not _ADDRESS.fullmatch(parsed) or parsed != f"{local}@{ascii_domain}":
        raise InvalidAddress("it must be an e-mail address, such as chat@example.com")
    return Mailbox(name, parsed)


def parse_mailbox(text: str) -> Mailbox:
    """Returns the mailbox of `address` or `Name <address>`, where the name can be in double quotes. Raises
    InvalidAddress."""
    named = _NAMED.fullmatch(text)
    if named is None:
        return mailbox("", text)
    name = named["name"]
    quoted = len(name) >= 2 and name[0] == name[-1] == '"'
    return mailbox(re.sub(r"\\(.)", r"\1", name[1:-1]) if quoted else name, named["address"])


def header_address(message: EmailMessage, header: str) -> str:
    """Returns the only address of a header. Raises InvalidAddress if it has none or several."""
    parsed = SMTP.header_factory(header, str(message.get(header, "")))
    addresses = [each.addr_spec for each in parsed.addresses]
    if len(addresses) != 1:
        raise InvalidAddress(f"{header} must have exactly one address")
    return mailbox("", addresses[0]).address
