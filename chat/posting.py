"""Writing into a channel: one statement takes the next `seq` and stores the message, one for what people say, which is
counted and moves the author's marker, and one for what the chat tells, which is neither. The caller holds the lock of
each channel."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from uuid_utils.compat import uuid7

from chat.changes import NewChange
from chat.operation import Transaction
from models import Message
from models.columns import IDENTIFIER, MOMENT
from models.enums import ChangeKind, SystemEvent

_POST = text(
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
    bindparam("now", type_=MOMENT),
)

_TELL = text(
    """
    WITH told AS (
        SELECT * FROM jsonb_to_recordset(:told)
                   AS told (channel_id uuid, message_id uuid, actor_id text, event text, agent_ids text[],
                            before text, after text)
    ), channel AS (
        UPDATE channels SET last_seq = last_seq + 1
          FROM told
         WHERE channels.account_id = :account_id AND channels.channel_id = told.channel_id
     RETURNING channels.channel_id, last_seq, post_count
    )
    INSERT INTO messages (account_id, message_id, channel_id, seq, post_number, author_id, body,
                          system_event, system_agent_ids, system_before, system_after, created_at, revision)
    SELECT :account_id, message_id, channel_id, last_seq, post_count, actor_id, '',
           event, agent_ids, before, after, :now, 1
      FROM told JOIN channel USING (channel_id)
    """
).bindparams(
    bindparam("account_id", type_=Text),
    bindparam("told", type_=JSONB),
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


@dataclass(frozen=True)
class Told:
    """What the chat tells in a channel: what the actor did, to which agents, from what to what."""

    channel_id: UUID
    actor_id: str
    event: SystemEvent
    agent_ids: Sequence[str] = ()
    before: str | None = None
    after: str | None = None


async def write_post(tx: Transaction, post: Post) -> Message:
    """Returns the stored message, announced to the account, under the numbers that the channel's row hands out."""
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
        _POST, {"account_id": tx.account_id, "message_id": message.message_id, "now": tx.now, **asdict(post)}
    )
    message.seq, message.post_number = written.one()
    tx.announce_message(ChangeKind.MESSAGE_ADDED, message)
    return message


async def tell(tx: Transaction, *told: Told) -> None:
    """Writes what the chat tells, at most one message for each channel, in one statement for all; announces each."""
    if not told:
        return
    message_ids = [uuid7() for _ in told]
    rows = [
        {**asdict(each), "channel_id": str(each.channel_id), "message_id": str(message_id)}
        for each, message_id in zip(told, message_ids, strict=True)
    ]
    await tx.session.execute(_TELL, {"account_id": tx.account_id, "told": rows, "now": tx.now})
    tx.changes.extend(
        NewChange(ChangeKind.MESSAGE_ADDED, each.channel_id, message_id, revision=1, agent_id=each.actor_id)
        for each, message_id in zip(told, message_ids, strict=True)
    )
