"""E-mails and their facts."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

from models.enums import ItemKind, NotificationType
from notifications.digests import Digest, MessageExcerpt
from notifications.emails import compose
from notifications.identifiers import message_id_header, thread_root
from notifications.mailboxes import Mailbox, mailbox

SENDER = Mailbox("ConversaLabs", "chat@example.com")
WRITTEN_AT = datetime(2026, 3, 5, 14, 32, tzinfo=UTC)
CHANNEL_ID = "chn_0197"


def message(
    text: str | None = "Can you look at this, [@Ana](mention://user/12/Ana)?",
    author: str = "Bruno Lima",
    type: NotificationType = NotificationType.MENTION,
    card_kinds: Sequence[ItemKind] = (),
    filenames: Sequence[str] = (),
) -> MessageExcerpt:
    sent_at = WRITTEN_AT - timedelta(minutes=5)
    link = "https://chat.example/m/msg_0197"
    return MessageExcerpt(author, sent_at, text, tuple(filenames), tuple(card_kinds), link, type)


def digest(
    *excerpts: MessageExcerpt,
    recipient: Mailbox | None = None,
    locale: str | None = "en",
    channel: str | None = "support",
    peer: str = "",
    omitted: int = 0,
    batch: str = "b1",
) -> Digest:
    return Digest(
        recipient=recipient or mailbox("Ana Souza", "ana@example.com"),
        locale=locale,
        account_id="1",
        account_name="ConversaLabs",
        channel_id=CHANNEL_ID,
        channel_name=channel,
        peer_name=peer,
        excerpts=excerpts or (message(),),
        omitted=omitted,
        channel_link="https://chat.example/c/chn_0197",
        unsubscribe_link="https://chat.example/unsubscribe/1.abc.def",
        message_id=message_id_header(batch, CHANNEL_ID, SENDER.domain),
        thread_root=thread_root("1", "12", CHANNEL_ID, SENDER.domain),
    )


def email_to(address: str, batch: str = "b1") -> EmailMessage:
    return compose(digest(recipient=mailbox("Ana", address), batch=batch), SENDER, WRITTEN_AT)
