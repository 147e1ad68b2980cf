"""Sending a message: once per client key, in the channel's order, counted for everybody else's unread."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

import orjson
from sqlalchemy import and_, or_, select
from sqlmodel import col

from chat.access import Seat
from chat.cards import ItemRef
from chat.entering import enter_channel, take_seat, unknown
from chat.errors import RefusalCode, Refused
from chat.identity import Identity
from chat.mentions import resolve_mentions, write_mentions
from chat.naming import checked_text, is_visible
from chat.operation import Transaction, operation
from chat.policies import check_post, check_read
from chat.ports import Chat
from chat.posting import Post, write_post
from chat.sharing import CardPath, SharedItem, ask_for_items, check_refs, write_cards
from chat.viewer import agent_of
from models import Message

BODY_LENGTH = 20_000
CLIENT_KEY_LENGTH = 200


@dataclass(frozen=True)
class MessageDraft:
    channel_id: UUID
    body: str
    reply_to_id: UUID | None = None
    client_key: str | None = None
    cards: tuple[ItemRef, ...] = ()

    @property
    def payload_hash(self) -> bytes:
        """Tells whether the same client key came with the same message."""
        cards = [[ref.kind, ref.item_id] for ref in self.cards]
        return sha256(orjson.dumps([str(self.channel_id), self.body, self.reply_to_id, cards])).digest()


@dataclass(frozen=True)
class InputPaths:
    """Where the asker gave what a refusal may be about."""

    channel: tuple[str, ...]
    card: CardPath


SENDING = InputPaths(channel=("channelId",), card=lambda place: ("cards", str(place)))


async def send_message(chat: Chat, identity: Identity, draft: MessageDraft, paths: InputPaths = SENDING) -> Message:
    """Returns the new message, or, for a client key used before with the same payload, that message as it is now.

    Raises Refused INVALID, NOT_FOUND, CONFLICT, what `check_post` says, SHARE_DENIED or SOURCE_UNAVAILABLE.
    """
    check_content(draft.body, draft.cards, draft.client_key, paths)
    if not draft.cards:
        return await write_message(chat, identity, draft, [], paths)
    return await find_sent_or_check_post(chat, identity, draft, paths) or await write_message(
        chat, identity, draft, await ask_for_items(chat.cards, agent_of(identity), draft.cards, paths.card), paths
    )


async def sent_or_may_post(tx: Transaction, draft: MessageDraft, paths: InputPaths) -> Message | None:
    """Returns what the client key sent before; raises Refused where the asker may not post. Nothing is locked, so
    modules can be asked afterwards; who writes then checks again."""
    seat = await take_seat(tx, draft.channel_id, "channel", *paths.channel)
    sent, _ = await _earlier_messages(tx, seat, draft)
    if sent is not None:
        return check_same_payload(seat, sent, draft.payload_hash)
    check_post(seat)
    return None


async def written(tx: Transaction, draft: MessageDraft, items: Sequence[SharedItem], paths: InputPaths) -> Message:
    """Returns the message as `send_message` does, with the items that the sharer was found to see."""
    seat = await enter_channel(tx, draft.channel_id, "channel", *paths.channel)
    sent, replied_to = await _earlier_messages(tx, seat, draft)
    if sent is not None:
        return check_same_payload(seat, sent, draft.payload_hash)
    check_post(seat)
    if draft.reply_to_id is not None and replied_to is None:
        raise unknown("message", "replyToId")
    mentions = await resolve_mentions(tx, seat, draft.body)
    message = await write_post(tx, _post(seat, draft))
    await write_mentions(tx, message, mentions)
    await write_cards(tx, message, items)
    return message


find_sent_or_check_post = operation(sent_or_may_post)
write_message = operation(written)


def check_content(body: str, cards: Sequence[ItemRef], client_key: str | None, paths: InputPaths) -> None:
    """Raises Refused INVALID for what could not be stored; beside a card the text may be empty."""
    check_body(body)
    if not cards:
        check_says_something(body)
    check_refs(cards, paths.card)
    check_client_key(client_key)


def check_body(body: str) -> None:
    checked_text(body, "body")
    if len(body) > BODY_LENGTH:
        raise Refused(RefusalCode.INVALID, f"A message has at most {BODY_LENGTH} characters.", "body")


def check_says_something(body: str) -> None:
    """Raises Refused INVALID for a text that nobody would see, which only stands beside something else."""
    if not is_visible(body):
        raise Refused(RefusalCode.INVALID, "A message needs some text.", "body")


def check_client_key(client_key: str | None) -> None:
    if client_key is not None and not 1 <= len(checked_text(client_key, "clientKey")) <= CLIENT_KEY_LENGTH:
        message = f"A client key has 1 to {CLIENT_KEY_LENGTH} characters."
        raise Refused(RefusalCode.INVALID, message, "clientKey")


def check_same_payload(seat: Seat, sent: Message, payload_hash: bytes) -> Message:
    """Returns what was sent before; raises Refused CONFLICT for another message, FORBIDDEN where the sender can no
    longer read it."""
    check_read(seat)
    if sent.payload_hash != payload_hash:
        raise _conflict()
    return sent


async def check_unused(tx: Transaction, author_id: str, client_key: str | None) -> None:
    """Raises Refused CONFLICT for a key of another message: what is still without a channel was never sent before."""
    if client_key is None:
        return
    used = select(col(Message.message_id)).where(
        col(Message.account_id) == tx.account_id,
        col(Message.author_id) == author_id,
        col(Message.client_key) == client_key,
    )
    if await tx.session.scalar(used) is not None:
        raise _conflict()


async def _earlier_messages(tx: Transaction, seat: Seat, draft: MessageDraft) -> tuple[Message | None, Message | None]:
    """Returns what this client key sent before, and the message replied to, each if there is one."""
    conditions = []
    if draft.client_key is not None:
        conditions.append(
            and_(
                col(Message.author_id) == seat.agent.agent_id,
                col(Message.client_key) == draft.client_key,
            )
        )
    if draft.reply_to_id is not None:
        conditions.append(
            and_(
                col(Message.message_id) == draft.reply_to_id,
                col(Message.channel_id) == draft.channel_id,
            )
        )
    if not conditions:
        return None, None
    found = await tx.session.scalars(select(Message).where(col(Message.account_id) == tx.account_id, or_(*conditions)))
    sent = replied_to = None
    for message in found:
        own = message.author_id == seat.agent.agent_id
        if own and draft.client_key is not None and message.client_key == draft.client_key:
            sent = message
        if message.message_id == draft.reply_to_id:
            replied_to = message
    return sent, replied_to


def _post(seat: Seat, draft: MessageDraft) -> Post:
    return Post(
        channel_id=draft.channel_id,
        author_id=seat.agent.agent_id,
        body=draft.body,
        reply_to_id=draft.reply_to_id,
        client_key=draft.client_key,
        payload_hash=draft.payload_hash if draft.client_key is not None else None,
    )


def _conflict() -> Refused:
    return Refused(RefusalCode.CONFLICT, "This client key was used for another message.", "clientKey")
