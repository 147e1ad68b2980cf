"""The parts of a message, whatever their kind: its text, and what is stored beside it in a table of its own.

A further kind of part is an entry in `STORED_PARTS`, a field of `PartKinds` in the same place that `stored_part_kinds`
fills, and a `Part` of `MessageDraft.parts`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple, Protocol

from sqlalchemy import Text

from chat.drafts import InputPaths
from chat.message_text import nothing_visible
from chat.operation import Transaction
from models.columns import IDENTIFIER
from models.enums import AttachmentKind, ItemKind
from models.rows import MessageRow
from models.statements import sql


class Part(Protocol):
    """What a draft contains of one kind of part."""

    @property
    def can_stand_alone(self) -> bool:
        """Whether a message can consist of this part alone."""

    def check(self, paths: InputPaths, /) -> None:
        """Raises Refused INVALID, with the path of the first invalid element, for a part that cannot be stored or has
        too many elements."""

    def hash_input(self) -> Sequence[object]:
        """Returns what the hash of the payload contains of the part. Nothing, if it is empty and of a kind that earlier
        versions did not have: a client key that was used before an update keeps its hash."""


def deletion(table: str) -> str:
    """Returns the DELETE of the table's rows that belong to the messages `message_ids`. It looks up each message, for
    the reason given at `models.statements.one_row`. A row that another transaction is updating would be missed, so the
    caller has locked the rows that can be."""
    return f"""
        DELETE FROM {table} USING (
            SELECT found.place
              FROM unnest(:message_ids) AS message (id)
                   CROSS JOIN LATERAL (
                    SELECT ctid FROM {table} WHERE account_id = :account_id AND message_id = message.id OFFSET 0
                   ) AS found (place)
        ) AS found
         WHERE {table}.ctid = found.place
    """  # noqa: S608


@dataclass(frozen=True)
class StoredPart:
    """A kind of part that is stored in a table of its own, with the message's id."""

    table: str
    kind: str = "kind"
    """The SQL expression for the kind of such a part."""

    file_columns: tuple[str, ...] = ()
    """The columns with the keys of stored files, which are deleted too."""

    @property
    def kinds(self) -> str:
        """The SQL expression for the kinds of such parts that the message has, as an array."""
        condition = "account_id = :account_id AND message_id = :message_id"
        return f"ARRAY(SELECT {self.kind} FROM {self.table} WHERE {condition})"  # noqa: S608

    @property
    def removal(self) -> str:
        """The CTEs that remove such parts of the messages `message_ids`, and list their files as unused."""
        removed = f"removed_{self.table} AS ({deletion(self.table)} RETURNING {self.table}.*)"
        return f"{removed}, {self._unused_files}" if self.file_columns else removed

    @property
    def _unused_files(self) -> str:
        return f"""
        unused_{self.table} AS (
            INSERT INTO unused_files (account_id, storage_key, delete_at)
            SELECT account_id, storage_key.value, :now
              FROM removed_{self.table}, unnest(ARRAY[{", ".join(self.file_columns)}]) AS storage_key (value)
             WHERE storage_key.value IS NOT NULL
        )
        """  # noqa: S608


STORED_PARTS = (
    StoredPart("cards"),
    StoredPart("attachments", file_columns=("storage_key", "thumbnail_key")),
    StoredPart("forwards", kind="'MESSAGE'"),
)


class PartKinds(NamedTuple):
    """The kinds of a message's stored parts, in the order of `STORED_PARTS`."""

    cards: frozenset[ItemKind] = frozenset()
    attachments: frozenset[AttachmentKind] = frozenset()
    forwards: frozenset[str] = frozenset()


_KINDS = sql(
    f"SELECT {', '.join(part.kinds for part in STORED_PARTS)}",
    account_id=Text,
    message_id=IDENTIFIER,
)


def check_parts(parts: Sequence[Part], paths: InputPaths) -> None:
    """Raises Refused INVALID for parts that are not a message together, or that cannot be stored."""
    for part in parts:
        part.check(paths)
    if not any(part.can_stand_alone for part in parts):
        raise nothing_visible()


def hashed_parts(parts: Iterable[Part]) -> list[object]:
    """Returns what the hash of the payload contains of the parts."""
    return list(chain.from_iterable(part.hash_input() for part in parts))


async def stored_part_kinds(tx: Transaction, message: MessageRow) -> PartKinds:
    """Returns the kinds of everything that the message has but its text. If there is any, its text may be empty."""
    ((cards, attachments, forwards),) = await tx.fetch(_KINDS, message_id=message.message_id)
    return PartKinds(frozenset(map(ItemKind, cards)), frozenset(map(AttachmentKind, attachments)), frozenset(forwards))
