"""Header fields that are encoded and folded here, not by the standard library.

The library's folding drops the quotes of a long name with commas, which makes several recipients of one; decodes what
looks like an encoded word, line breaks included; and encodes addresses and ids that are longer than a line.
"""

import re
from email.header import Header
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Self

from chat.naming import clean_name
from notifications.mailboxes import Mailbox

NAME_LENGTH = 200
"""The maximum length of a name or subject. Longer ones are cut."""

FOLD = "\r\n "

_LINE_LENGTH = 76
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_PRINTABLE = re.compile(r"[ -~]*")


class EncodedHeader(str):
    """The value of a header field, encoded and unfolded. `EmailMessage` keeps a value that has a name as it is, and
    calls `fold` when it is sent."""

    __slots__ = ("folded", "name")
    name: str
    folded: str

    @classmethod
    def of(cls, name: str, folded: str) -> Self:
        """Raises ValueError for a value that is not printable ASCII, apart from folds."""
        value = folded.replace(FOLD, " ")
        if not _PRINTABLE.fullmatch(value):
            raise ValueError(f"The value of {name} is not encoded")
        header = cls(value)
        header.name, header.folded = name, folded
        return header

    def fold(self, *, policy: EmailPolicy) -> str:
        return f"{self.name}: {self.folded}{policy.linesep}"


def add_header(message: EmailMessage, name: str, value: str) -> None:
    """Adds a field whose value is in ASCII, and folded where it has to be."""
    message[name] = EncodedHeader.of(name, value)


def add_text(message: EmailMessage, name: str, text: str) -> None:
    """Adds a field of unstructured text, such as the subject."""
    line = clean_name(text)[:NAME_LENGTH]
    plain = _PRINTABLE.fullmatch(line) and "=?" not in line and len(name) + len(line) + 2 <= _LINE_LENGTH
    add_header(message, name, line if plain else _encoded_words(name, line))


def add_mailbox(message: EmailMessage, name: str, mailbox: Mailbox) -> None:
    _add_named(message, name, mailbox.name, f"<{mailbox.address}>")


def add_list_id(message: EmailMessage, list_name: str, identifier: str) -> None:
    _add_named(message, "List-Id", list_name, f"<{identifier}>")


def _add_named(message: EmailMessage, name: str, phrase: str, bracketed: str) -> None:
    """Adds a field that has a phrase before something in angle brackets. A phrase has no quotes: it consists of atoms,
    or it is encoded."""
    line = clean_name(phrase)[:NAME_LENGTH]
    plain = _ATOMS.fullmatch(line) and "=?" not in line and len(name) + len(line) + 2 <= _LINE_LENGTH
    shown = line if plain else _encoded_words(name, line)
    is_one_line = len(name) + len(shown) + len(bracketed) + 3 <= _LINE_LENGTH
    add_header(message, name, f"{shown}{' ' if is_one_line else FOLD}{bracketed}" if shown else bracketed)


def _encoded_words(name: str, line: str) -> str:
    """Returns the line as encoded words of RFC 2047, folded."""
    return Header(line, "utf-8", _LINE_LENGTH, name).encode(linesep="\r\n")
