"""The steps of sending a message, shared by several operations. Each runs in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import and_, bindparam, or_, select
from sqlmodel import col

from chat.access import Seat
from chat.attaching import AttachmentsPart, attach_uploads, read_kinds
from chat.cards import ItemRef
from chat.copied_files import CopiedFiles, write_copies
from chat.drafts import InputPaths
from chat.errors import RefusalCode, Refused
from chat.forwarding import ForwardPart, read_original, write_forward
from chat.locking import lock_channel, not_found, read_seat
from chat.mentions import ResolvedMentions, check_mentions, resolve_mentions, write_mentions
from chat.message_text import TextPart
from chat.naming import checked_text
from chat.operation import Transaction
from chat.parts import Part, PartKinds, check_parts, hashed_parts
from chat.policies import check_not_deleted, check_post, check_read
from chat.posting import Post, write_post
from chat.recipients import notify_of_new
from chat.search_index import made_lexemes
from chat.search_terms import MessageFacts
from chat.sharing import CardsPart, SharedItem, write_cards
from models import Message
from models.columns import ACCOUNT_ID
from models.enums import AttachmentKind
from models.rows import MessageRow, columns, to_row
from models.statements import Statement

CLIENT_KEY_LENGTH = 200


@dataclass(frozen=True)
class MessageDraft:
    channel_id: UUID
    body: str
    reply_to_id: UUID | None = None
    client_key: str | None = None
    cards: tuple[ItemRef, ...] = ()
    attachment_ids: tuple[UUID, ...] = ()
    forwarded_id: UUID | None = None
    """The message that this one quotes. It then also has the original's cards and files, which `cards` and
    `attachment_ids` do not list."""

    copied_files: CopiedFiles | None = None
    """The original's files. They follow from `forwarded_id`, so the payload's hash leaves them out."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """The text, and then the other parts."""
        return (
            TextPart(self.body),
            CardsPart(self.cards),
            AttachmentsPart(self.attachment_ids),
            ForwardPart(self.forwarded_id),
        )

    @property
    def payload_hash(self) -> bytes:
        """Equal for two drafts exactly if they would send the same message."""
        text, *others = self.parts
        payload = [str(self.channel_id), *text.hash_input(), self.reply_to_id, *hashed_parts(others)]
        return sha256(orjson.dumps(payload)).digest()


class SentMessage(NamedTuple):
    """A message that was sent with a client key, and the hash of its payload."""

    message: MessageRow
    payload_hash: bytes


# A client key or a reply that is null finds nothing.
_was_sent = and_(col(Message.author_id) == bindparam("author_id"), col(Message.client_key) == bindparam("client_key"))
_is_replied_to = and_(
    col(Message.message_id) == bindparam("reply_to_id"), col(Message.channel_id) == bindparam("channel_id")
)
_EARLIER_MESSAGES = Statement(
    select(_was_sent, _is_replied_to, col(Message.payload_hash), *columns(MessageRow)).where(
        col(Message.account_id) == ACCOUNT_ID, or_(_was_sent, _is_replied_to)
    )
)
_SENT_WITH_KEY = Statement(select(col(Message.message_id)).where(col(Message.account_id) == ACCOUNT_ID, _was_sent))


async def find_sent_message(tx: Transaction, draft: MessageDraft, paths: InputPaths) -> MessageRow | None:
    """Returns the message that this client key sent before, if any. Raises Refused where the viewer cannot post, or
    cannot mention everybody.

    Locks nothing, because the caller queries the source modules or copies files next. `write_message` checks everything
    again."""
    seat = await read_seat(tx, draft.channel_id, "channel", *paths.channel)
    sent, _ = await _earlier_messages(tx, seat, draft)
    if sent is not None:
        return _check_same_payload(seat, sent, draft.payload_hash)
    check_post(seat)
    check_mentions(seat, draft.body)
    return None


async def write_message(
    tx: Transaction, draft: MessageDraft, items: Sequence[SharedItem], paths: InputPaths
) -> MessageRow:
    """Writes the message with cards for the items, which the viewer may see, and returns it; or returns the message
    that this client key sent before. Raises Refused NOT_FOUND, CONFLICT, or what `check_post` raises."""
    seat = await lock_channel(tx, draft.channel_id, "channel", *paths.channel)
    sent, replied_to = await _earlier_messages(tx, seat, draft)
    if sent is not None:
        return _check_same_payload(seat, sent, draft.payload_hash)
    check_post(seat)
    if draft.reply_to_id is not None:
        if replied_to is None:
            raise not_found("message", "replyToId")
        check_not_deleted(replied_to, "replyToId")
    forwarded_id = draft.forwarded_id
    original = await read_original(tx, seat.agent.agent_id, forwarded_id) if forwarded_id is not None else None
    mentions = await resolve_mentions(tx, seat, draft.body)
    kinds = PartKinds(frozenset(item.ref.kind for item in items), await _attachment_kinds(tx, seat, draft, paths))
    quoted = original.body if original is not None else ""
    terms = await made_lexemes(search_facts(seat, draft.body, quoted, mentions, kinds))
    message = await write_post(tx, _post(seat, draft, terms))
    await _attach(tx, message, draft, paths)
    await write_mentions(tx, message, mentions)
    await notify_of_new(tx, seat, message, mentions.reaches_agents, mentions.unreachable_ids)
    await write_cards(tx, message, items)
    if original is not None:
        await write_forward(tx, message, original)
    return message


def check_content(parts: Sequence[Part], client_key: str | None, paths: InputPaths) -> None:
    """Raises Refused INVALID for a message that cannot be stored. Beside another part, the text may be empty."""
    check_parts(parts, paths)
    check_client_key(client_key)


async def is_client_key_used(tx: Transaction, author_id: str, client_key: str | None) -> bool:
    """Returns whether the author has sent a message with the key, in any channel."""
    if client_key is None:
        return False
    return await tx.fetch_row(_SENT_WITH_KEY, author_id=author_id, client_key=client_key) is not None


def check_client_key(client_key: str | None) -> None:
    """Raises Refused INVALID for a key that is empty, too long or cannot be stored."""
    if client_key is not None and not 1 <= len(checked_text(client_key, "clientKey")) <= CLIENT_KEY_LENGTH:
        message = f"A client key must have 1 to {CLIENT_KEY_LENGTH} characters."
        raise Refused(RefusalCode.INVALID, message, "clientKey")


def _check_same_payload(seat: Seat, sent: SentMessage, payload_hash: bytes) -> MessageRow:
    """Returns the earlier message. Raises Refused CONFLICT if the draft differs from it, FORBIDDEN if its sender can
    no longer read it."""
    check_read(seat)
    if sent.payload_hash != payload_hash:
        raise client_key_conflict()
    return sent.message


async def _earlier_messages(
    tx: Transaction, seat: Seat, draft: MessageDraft
) -> tuple[SentMessage | None, MessageRow | None]:
    """Returns the message that this client key sent before and the message replied to, each if there is one."""
    if draft.client_key is None and draft.reply_to_id is None:
        return None, None
    found = await tx.fetch(
        _EARLIER_MESSAGES,
        author_id=seat.agent.agent_id,
        client_key=draft.client_key,
        reply_to_id=draft.reply_to_id,
        channel_id=draft.channel_id,
    )
    sent = replied_to = None
    for was_sent, is_replied_to, payload_hash, *values in found:
        message = to_row(MessageRow, values)
        sent = SentMessage(message, payload_hash) if was_sent else sent
        replied_to = message if is_replied_to else replied_to
    return sent, replied_to


async def _attachment_kinds(
    tx: Transaction, seat: Seat, draft: MessageDraft, paths: InputPaths
) -> frozenset[AttachmentKind]:
    """Returns the kinds of the files that the message will have."""
    if draft.copied_files is not None:
        return draft.copied_files.kinds
    return await read_kinds(tx, seat.agent.agent_id, draft.attachment_ids, paths)


async def _attach(tx: Transaction, message: MessageRow, draft: MessageDraft, paths: InputPaths) -> None:
    if draft.copied_files is not None:
        await write_copies(tx, message, draft.copied_files)
    else:
        await attach_uploads(tx, message, draft.attachment_ids, paths)


def search_facts(seat: Seat, body: str, quoted: str, mentions: ResolvedMentions, kinds: PartKinds) -> MessageFacts:
    """Returns what a message of the seat's agent is found by."""
    return MessageFacts(
        channel_id=seat.channel.channel_id,
        author_id=seat.agent.agent_id,
        body=body,
        quoted=quoted,
        card_kinds=kinds.cards,
        attachment_kinds=kinds.attachments,
        mentioned_ids=mentions.named_ids,
        mentions_group=mentions.names_group,
    )


def _post(seat: Seat, draft: MessageDraft, terms: str) -> Post:
    return Post(
        channel_id=draft.channel_id,
        author_id=seat.agent.agent_id,
        body=draft.body,
        terms=terms,
        reply_to_id=draft.reply_to_id,
        client_key=draft.client_key,
        payload_hash=draft.payload_hash if draft.client_key is not None else None,
    )


def client_key_conflict() -> Refused:
    return Refused(RefusalCode.CONFLICT, "This client key was used for a different message.", "clientKey")
