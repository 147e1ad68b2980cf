"""Writing messages into a channel. The caller holds the channel's lock, so each statement can take the next `seq`.

A post (a person's message) is counted as unread and moves its author's read marker. A system message reports a change
of the channel and does neither.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from uuid_utils.compat import uuid7

from chat.changes import NewChange
from chat.operation import Transaction
from models import Message
from models.columns import IDENTIFIER, TIMESTAMPTZ
from models.enums import ChangeKind, SystemEvent

_INSERT_POST = text(
    """
    WITH channel AS (
        UPDATE channels
           SET last_seq = last_seq + 1, post_count = post_count + 1, last_activity_at = :now
         WHERE account_id = :account_id AND channel_id = :channel_id
     RETURNING last_seq, post_count
    ), marker AS (
        UPDATE members
           SET read_seq = channel.last_seq, read_posts = channel.post_count
          FROM channel
         WHERE account_id = :account_id AND channel_id = :channel_id AND agent_id = :author_id
    )
    INSERT INTO messages (
        account_id, message_id, channel_id, seq, post_number, author_id, body, reply_to_id, client_key, payload_hash,
        created_at, revision
    )
    SELECT :account_id, :message_id, :channel_id, last_seq, post_count, :author_id, :body, :reply_to_id,
           :client_key, :payload_hash, :now, 1
      FROM channel
    RETURNING seq, post_number
    """
).bindparams(
    bindparam("account_id", type_=Text),
    bindparam("author_id", type_=Text),
    bindparam("channel_id", type_=IDENTIFIER),
    bindparam("message_id", type_=IDENTIFIER),
    bindparam("reply_to_id", type_=IDENTIFIER),
    bindparam("now", type_=TIMESTAMPTZ),
)

_INSERT_SYSTEM_MESSAGES = text(
    """
    WITH posted AS (
        SELECT * FROM jsonb_to_recordset(:messages)
                   AS posted (channel_id uuid, message_id uuid, actor_id text, event text, agent_ids text[],
                              before text, after text)
    ), channel AS (
        UPDATE channels SET last_seq = last_seq + 1
          FROM posted
         WHERE channels.account_id = :account_id AND channels.channel_id = posted.channel_id
     RETURNING channels.channel_id, last_seq, post_count
    )
    INSERT INTO messages (account_id, message_id, channel_id, seq, post_number, author_id, body,
                          system_event, system_agent_ids, system_before, system_after, created_at, revision)
    SELECT :account_id, message_id, channel_id, last_seq, post_count, actor_id, '',
           event, agent_ids, before, after, :now, 1
      FROM posted JOIN channel USING (channel_id)
    """
).bindparams(
    bindparam("account_id", type_=Text),
    bindparam("messages", type_=JSONB),
    bindparam("now", type_=TIMESTAMPTZ),
)


@dataclass(frozen=True)
class Post:
    """A person's message, checked and ready to be written."""

    channel_id: UUID
    author_id: str
    body: str
    reply_to_id: UUID | None = None
    client_key: str | None = None
    payload_hash: bytes | None = None


@dataclass(frozen=True)
class SystemMessage:
    """A message that the chat itself posts in a channel: what the actor did, to which agents, and the value before
    and after."""

    channel_id: UUID
    actor_id: str
    event: SystemEvent
    agent_ids: Sequence[str] = ()
    before: str | None = None
    after: str | None = None


async def write_post(tx: Transaction, post: Post) -> Message:
    """Writes the post, announces it, and returns it with the `seq` and post number that it was given."""
    message = Message(
        account_id=tx.account_id,
        message_id=uuid7(),
        channel_id=post.channel_id,
        seq=0,
        post_number=0,
        author_id=post.author_id,
        body=post.body,
        reply_to_id=post.reply_to_id,
        client_key=post.client_key,
        payload_hash=post.payload_hash,
        created_at=tx.now,
    )
    written = await tx.session.execute(
        _INSERT_POST, {"account_id": tx.account_id, "message_id": message.message_id, "now": tx.now, **asdict(post)}
    )
    message.seq, message.post_number = written.one()
    tx.announce_message(ChangeKind.MESSAGE_ADDED, message)
    return message


async def post_system_messages(tx: Transaction, *messages: SystemMessage) -> None:
    """Writes and announces the messages, at most one per channel, in one statement."""
    if not messages:
        return
    message_ids = [uuid7() for _ in messages]
    rows = [
        {**asdict(message), "channel_id": str(message.channel_id), "message_id": str(message_id)}
        for message, message_id in zip(messages, message_ids, strict=True)
    ]
    await tx.session.execute(_INSERT_SYSTEM_MESSAGES, {"account_id": tx.account_id, "messages": rows, "now": tx.now})
    tx.changes.extend(
        NewChange(ChangeKind.MESSAGE_ADDED, message.channel_id, message_id, revision=1, agent_id=message.actor_id)
        for message, message_id in zip(messages, message_ids, strict=True)
    )
