"""Writing into a channel: one statement takes the next `seq`, counts the post, moves the author's marker and stores
the message. The caller holds the channel's lock."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Text, bindparam, text
from uuid_utils.compat import uuid7

from chat.operation import Transaction
from models import Message
from models.columns import IDENTIFIER, MOMENT, TEXTS
from models.enums import ChangeKind, SystemEvent

_WRITE = text(
    """
    WITH channel AS (
        UPDATE channels
           SET last_seq = last_seq + 1,
               post_count = post_count + :posts,
               last_activity_at = CASE WHEN :posts = 1 THEN :now ELSE last_activity_at END
         WHERE account_id = :account_id AND channel_id = :channel_id
     RETURNING last_seq, post_count
    ), marker AS (
        UPDATE members
           SET read_seq = channel.last_seq, read_posts = channel.post_count
          FROM channel
         WHERE account_id = :account_id AND channel_id = :channel_id AND agent_id = :author_id AND :posts = 1
    )
    INSERT INTO messages (
        account_id, message_id, channel_id, seq, post_number, author_id, body, reply_to_id, client_key, payload_hash,
        system_event, system_agent_ids, system_before, system_after, created_at, revision
    )
    SELECT :account_id, :message_id, :channel_id, last_seq, post_count, :author_id, :body, :reply_to_id,
           :client_key, :payload_hash, :system_event, :system_agent_ids, :system_before, :system_after, :now, 1
      FROM channel
    RETURNING seq, post_number
    """
).bindparams(
    bindparam("account_id", type_=Text),
    bindparam("author_id", type_=Text),
    bindparam("channel_id", type_=IDENTIFIER),
    bindparam("message_id", type_=IDENTIFIER),
    bindparam("reply_to_id", type_=IDENTIFIER),
    bindparam("system_agent_ids", type_=TEXTS),
    bindparam("now", type_=MOMENT),
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


async def write_post(tx: Transaction, post: Post) -> Message:
    """Returns the stored message, announced to the account."""
    return await _write(
        tx,
        Message(
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
        ),
    )


async def write_system_message(
    tx: Transaction,
    channel_id: UUID,
    actor_id: str,
    event: SystemEvent,
    *,
    agent_ids: list[str] | None = None,
    before: str | None = None,
    after: str | None = None,
) -> Message:
    """Returns the stored message: what the actor did, to which agents, from what to what. It counts as no post."""
    return await _write(
        tx,
        Message(
            account_id=tx.account_id,
            message_id=uuid7(),
            channel_id=channel_id,
            seq=0,
            post_number=0,
            author_id=actor_id,
            system_event=event,
            system_agent_ids=agent_ids or [],
            system_before=before,
            system_after=after,
            created_at=tx.now,
        ),
    )


async def _write(tx: Transaction, message: Message) -> Message:
    """Stores the message under the numbers that the channel's row hands out."""
    written = await tx.session.execute(
        _WRITE,
        {
            "account_id": message.account_id,
            "message_id": message.message_id,
            "channel_id": message.channel_id,
            "author_id": message.author_id,
            "body": message.body,
            "reply_to_id": message.reply_to_id,
            "client_key": message.client_key,
            "payload_hash": message.payload_hash,
            "system_event": message.system_event,
            "system_agent_ids": message.system_agent_ids,
            "system_before": message.system_before,
            "system_after": message.system_after,
            "posts": 1 if message.system_event is None else 0,
            "now": tx.now,
        },
    )
    message.seq, message.post_number = written.one()
    tx.announce_message(ChangeKind.MESSAGE_ADDED, message)
    return message
