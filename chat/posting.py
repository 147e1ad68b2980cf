"""Writing messages into a channel. The caller holds the channel's lock, so each statement can take the next `seq`.

A post (a person's message) is counted as unread, moves its author's read marker, marks the author's notifications in
the channel as read, and can be searched for. A system message reports a change of the channel and does none of this.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

import orjson
from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import JSONB
from uuid_utils.compat import uuid7

from chat.bell import IS_UNREAD, MARK_READ
from chat.changes import NewChange
from chat.operation import Transaction
from chat.search_index import INSERT_ENTRY
from models.columns import IDENTIFIER, TIMESTAMPTZ
from models.enums import ChangeKind, SystemEvent
from models.rows import MessageRow
from models.statements import sql

_INSERT_POST = sql(
    f"""
    WITH channel AS (
        UPDATE channels
           SET last_seq = last_seq + 1, post_count = post_count + 1, last_activity_at = :now
         WHERE account_id = :account_id AND channel_id = :channel_id
     RETURNING last_seq, post_count
    ), marker AS (
        UPDATE members
           SET read_seq = channel.last_seq, read_posts = channel.post_count
          FROM channel
         WHERE account_id = :account_id AND channel_id = :channel_id AND agent_id = :agent_id
     RETURNING agent_id
    ), bell AS (
        UPDATE notifications SET {MARK_READ}
         WHERE {IS_UNREAD} AND channel_id = :channel_id AND (SELECT count(*) FROM marker) >= 0
    ), found_by AS ({INSERT_ENTRY})
    INSERT INTO messages (
        account_id, message_id, channel_id, seq, post_number, author_id, body, reply_to_id, client_key, payload_hash,
        created_at, revision
    )
    SELECT :account_id, :message_id, :channel_id, last_seq, post_count, :agent_id, :body, :reply_to_id,
           :client_key, :payload_hash, :now, 1
      FROM channel
    RETURNING seq, post_number
    """,  # noqa: S608
    account_id=Text,
    agent_id=Text,
    channel_id=IDENTIFIER,
    message_id=IDENTIFIER,
    reply_to_id=IDENTIFIER,
    now=TIMESTAMPTZ,
    terms=Text,
)

_INSERT_SYSTEM_MESSAGES = sql(
    """
    WITH posted AS (
        SELECT * FROM jsonb_to_recordset(:messages)
                   AS posted (channel_id uuid, message_id uuid, actor_id text, event text, agent_ids text[],
                              before text, after text, reply_to_id uuid)
    ), channel AS (
        UPDATE channels SET last_seq = last_seq + 1
          FROM posted
         WHERE channels.account_id = :account_id AND channels.channel_id = posted.channel_id
     RETURNING channels.channel_id, last_seq, post_count
    )
    INSERT INTO messages (account_id, message_id, channel_id, seq, post_number, author_id, body,
                          system_event, system_agent_ids, system_before, system_after, reply_to_id, created_at,
                          revision)
    SELECT :account_id, message_id, channel_id, last_seq, post_count, actor_id, '',
           event, agent_ids, before, after, reply_to_id, :now, 1
      FROM posted JOIN channel USING (channel_id)
    """,
    account_id=Text,
    messages=JSONB,
    now=TIMESTAMPTZ,
)


@dataclass(frozen=True)
class Post:
    """A person's message, checked and ready to be written. `terms` are what it is found by (`chat.search_terms`)."""

    channel_id: UUID
    author_id: str
    body: str
    terms: str
    reply_to_id: UUID | None = None
    client_key: str | None = None
    payload_hash: bytes | None = None


@dataclass(frozen=True)
class SystemMessage:
    """A message that the chat itself posts in a channel: what the actor did, to which agents or message, and the value
    before and after."""

    channel_id: UUID
    actor_id: str
    event: SystemEvent
    agent_ids: Sequence[str] = ()
    before: str | None = None
    after: str | None = None
    reply_to_id: UUID | None = None


async def write_post(tx: Transaction, post: Post) -> MessageRow:
    """Writes the post, announces it, and returns it with the `seq` and post number that it was given."""
    message_id = uuid7()
    ((seq, post_number),) = await tx.fetch(_INSERT_POST, message_id=message_id, now=tx.now, **_values(post))
    message = MessageRow(
        message_id=message_id,
        channel_id=post.channel_id,
        seq=seq,
        post_number=post_number,
        author_id=post.author_id,
        body=post.body,
        system_event=None,
        system_agent_ids=None,
        system_before=None,
        system_after=None,
        reply_to_id=post.reply_to_id,
        created_at=tx.now,
        edited_at=None,
        deleted_at=None,
        revision=1,
    )
    tx.announce_message(ChangeKind.MESSAGE_ADDED, message)
    return message


def _values(post: Post) -> dict[str, object]:
    values = asdict(post)
    return {"agent_id": values.pop("author_id"), **values}


async def post_system_messages(tx: Transaction, *messages: SystemMessage) -> None:
    """Writes and announces the messages, at most one per channel, in one statement."""
    if not messages:
        return
    message_ids = [uuid7() for _ in messages]
    rows = [
        {**asdict(message), "message_id": message_id} for message, message_id in zip(messages, message_ids, strict=True)
    ]
    await tx.fetch(_INSERT_SYSTEM_MESSAGES, messages=orjson.dumps(rows, default=str).decode(), now=tx.now)
    tx.changes.extend(
        NewChange(ChangeKind.MESSAGE_ADDED, message.channel_id, message_id, revision=1)
        for message, message_id in zip(messages, message_ids, strict=True)
    )
