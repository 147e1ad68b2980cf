"""The search index: in which slice a message is, and how its entry is written and changed.

A slice is a range of the account's changes, of which each message is one. Its key is the same for all of its messages
and different for nearly all other slices of the database. Where two keys are equal, the account and the slice of an
entry tell them apart. Because every lexeme begins with the key, the entries of a slice are next to each other in the
index: a search reads the words of one account and of one period, and a new message is written to a few pages.
"""

import asyncio
from uuid import UUID

from sqlalchemy import Text

from chat.operation import Transaction
from chat.search_terms import MessageFacts, lexemes
from chat.search_text import LONG_TEXT
from models.columns import IDENTIFIER
from models.statements import sql

SLICE_BITS = 13
"""8,192 changes. A search reads that many messages in a few milliseconds, even if all of them match."""

CURRENT_SLICE = f"(SELECT change >> {SLICE_BITS} FROM account_clocks WHERE account_id = :account_id)"  # noqa: S608


def in_slice(written: str, slice_: str) -> str:
    """Returns an SQL expression for lexemes or a condition in which SLICE is replaced by the slice's key."""
    return f"replace({written}, chr(1), left(md5(:account_id || '/' || {slice_}), 6))"


INSERT_ENTRY = f"""
    INSERT INTO search_entries (account_id, message_id, channel_id, slice, created_at, terms)
    SELECT :account_id, :message_id, :channel_id, slice, :now, {in_slice(":terms", "slice")}::tsvector
      FROM (SELECT {CURRENT_SLICE} AS slice) AS current
"""  # noqa: S608
"""Part of the statement that inserts the message."""

_UPDATE_ENTRY = sql(
    f"""
    UPDATE search_entries SET terms = {in_slice(":terms", "slice")}::tsvector
     WHERE account_id = :account_id AND message_id = :message_id
    """,  # noqa: S608
    account_id=Text,
    message_id=IDENTIFIER,
    terms=Text,
)


async def made_lexemes(facts: MessageFacts) -> str:
    """Returns the lexemes of the message. Those of a long text are made in a thread."""
    if len(facts.body) + len(facts.quoted) <= LONG_TEXT:
        return lexemes(facts)
    return await asyncio.to_thread(lexemes, facts)


async def update_entry(tx: Transaction, message_id: UUID, facts: MessageFacts) -> None:
    """Replaces the terms of a message that was changed. The caller has updated the message in an earlier statement,
    and so waited for a backfill that was about to insert the entry. A message without an entry is left to the
    backfill."""
    await tx.fetch(_UPDATE_ENTRY, message_id=message_id, terms=await made_lexemes(facts))
