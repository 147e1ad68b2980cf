"""Composes an e-mail."""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from notifications.digests import Digest
from notifications.headers import add_header, add_list_id, add_mailbox, add_text
from notifications.identifiers import list_identifier
from notifications.mailboxes import Mailbox
from notifications.rendering import bodies

_POLICY = SMTP.clone(cte_type="7bit")


def compose(digest: Digest, sender: Mailbox, written_at: datetime) -> EmailMessage:
    """Returns the e-mail, in ASCII with lines of at most 998 bytes. It takes some milliseconds: call it in a thread."""
    message = EmailMessage(policy=_POLICY)
    add_mailbox(message, "From", sender)
    add_mailbox(message, "To", digest.recipient)
    add_text(message, "Subject", digest.subject)
    add_header(message, "Date", format_datetime(written_at))
    add_header(message, "Message-ID", digest.message_id)
    add_header(message, "In-Reply-To", digest.thread_root)
    add_header(message, "References", digest.thread_root)
    list_id = list_identifier(digest.account_id, digest.channel_id, sender.domain)
    add_list_id(message, digest.subject, list_id)
    add_header(message, "List-Unsubscribe", f"<{digest.unsubscribe_link}>")
    add_header(message, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
    add_header(message, "Auto-Submitted", "auto-generated")
    add_header(message, "X-Auto-Response-Suppress", "OOF, AutoReply")
    _add_bodies(message, digest)
    return message


def _add_bodies(message: EmailMessage, digest: Digest) -> None:
    both = bodies(digest)
    message.set_content(both.text, cte="quoted-printable")
    message.add_alternative(both.html, subtype="html", cte="quoted-printable")
