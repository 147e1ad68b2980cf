"""Composing the e-mails that a worker sends."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC
from email.message import EmailMessage
from typing import Protocol
from uuid import UUID

from chat.ports import Clock
from chat.quiet_hours import known_zone
from models.enums import NotificationType
from notifications.contents import Contents, Envelope, SentMessage
from notifications.digests import Digest, MessageExcerpt
from notifications.emails import compose
from notifications.identifiers import message_id_header, thread_root
from notifications.mailboxes import Mailbox, mailbox


class Links(Protocol):
    """The addresses of pages that e-mails refer to."""

    def channel(self, channel_id: UUID) -> str: ...

    def message(self, channel_id: UUID, message_id: UUID) -> str: ...

    def unsubscribe(self, account_id: str, agent_id: str, types: Collection[NotificationType]) -> str:
        """Returns the link that switches off the agent's e-mail for these types."""


@dataclass(frozen=True)
class DigestComposer:
    sender: Mailbox
    links: Links
    clock: Clock

    def compose(self, contents: Contents) -> EmailMessage:
        """Raises InvalidAddress if the agent's address in the directory is not a valid e-mail address."""
        return compose(self._digest(contents), self.sender, self.clock.now())

    def _digest(self, contents: Contents) -> Digest:
        envelope, domain = contents.envelope, self.sender.domain
        account_id, agent_id, channel_id = envelope.account_id, envelope.agent_id, str(envelope.channel_id)
        return Digest(
            recipient=mailbox(envelope.agent_name, envelope.address),
            locale=envelope.locale,
            account_id=account_id,
            account_name=envelope.account_name,
            channel_id=channel_id,
            channel_name=envelope.channel_name,
            peer_name=envelope.peer_name or "",
            excerpts=tuple(self._excerpt(envelope, each) for each in contents.shown),
            omitted=len(contents.message_ids) - len(contents.shown),
            channel_link=self.links.channel(envelope.channel_id),
            unsubscribe_link=self.links.unsubscribe(account_id, agent_id, contents.types),
            message_id=message_id_header(str(envelope.email_id), channel_id, domain),
            thread_root=thread_root(account_id, agent_id, channel_id, domain),
            time_zone=(known_zone(envelope.time_zone) if envelope.time_zone is not None else None) or UTC,
        )

    def _excerpt(self, envelope: Envelope, message: SentMessage) -> MessageExcerpt:
        return MessageExcerpt(
            author_name=message.author_name,
            sent_at=message.created_at,
            text=message.body,
            filenames=tuple(message.filenames),
            card_kinds=tuple(message.card_kinds),
            link=self.links.message(envelope.channel_id, message.message_id),
            type=message.type,
        )
