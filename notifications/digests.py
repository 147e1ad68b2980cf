"""The facts of one e-mail, without any wording."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from models.enums import ItemKind, NotificationType
from notifications.mailboxes import Mailbox

EXCERPTS_LIMIT = 20
"""An e-mail shows at most this many messages."""


@dataclass(frozen=True)
class MessageExcerpt:
    """A message that notifies the recipient. `text` is its Markdown; None if the account leaves contents out of
    e-mails, which hides the files and cards too. `sent_at` is in UTC."""

    author_name: str
    sent_at: datetime
    text: str | None
    filenames: tuple[str, ...]
    card_kinds: tuple[ItemKind, ...]
    link: str
    type: NotificationType


@dataclass(frozen=True)
class Digest:
    """One e-mail: to one agent, about one channel. `channel_name` is None for a direct message, which has the name of
    the peer instead. `locale` is a language tag; other languages than Portuguese mean English."""

    recipient: Mailbox
    locale: str | None
    account_id: str
    account_name: str
    channel_id: str
    channel_name: str | None
    peer_name: str
    """Empty, except for a direct message."""

    excerpts: tuple[MessageExcerpt, ...]
    """In the order of the channel, 1 to EXCERPTS_LIMIT."""

    omitted: int
    """The number of further messages, which are not shown."""

    channel_link: str
    unsubscribe_link: str
    message_id: str
    thread_root: str
    time_zone: tzinfo = UTC
    """The zone in which times are shown."""

    def __post_init__(self) -> None:
        if not 1 <= len(self.excerpts) <= EXCERPTS_LIMIT:
            raise ValueError(f"an e-mail shows 1 to {EXCERPTS_LIMIT} messages")

    @property
    def title(self) -> str:
        return self.peer_name if self.channel_name is None else f"#{self.channel_name}"

    @property
    def subject(self) -> str:
        """The same for all e-mails about the channel: mail clients also compare the subjects of a thread."""
        return f"{self.title} · {self.account_name}"
