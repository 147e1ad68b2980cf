"""Indexing the messages of an imported account for the search."""

import asyncio

from asyncpg import Connection

from chat.identity import DirectoryToken
from chat.operations.index_messages import index_messages
from chat.ports import Chat
from transfer.progress import Progress

POLL_SECONDS = 0.2
"""How often to look whether a server has completed its batch."""

_IS_UNFINISHED = "SELECT EXISTS (SELECT FROM search_backfills WHERE account_id = $1)"


async def index_account(connection: Connection, chat: Chat, account_id: str, messages: int, progress: Progress) -> None:
    """Returns when all messages of the account are indexed. A running server may do a part of the work."""
    progress.stage("Indexing messages", messages)
    while await connection.fetchval(_IS_UNFINISHED, account_id):
        indexed = await index_messages(chat, DirectoryToken(account_id, expires_at=chat.clock.now()))
        progress.advance(indexed)
        if indexed == 0:
            await asyncio.sleep(POLL_SECONDS)
