"""The links in e-mails."""

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from models.enums import NotificationType
from notifications.unsubscribe import Unsubscription, sign
from schema.ids import Prefix, public_id
from server.http.unsubscribe import unsubscribe_link


@dataclass(frozen=True)
class EmailLinks:
    """Links to channels and messages, in the same form as the API's permalinks, and to the unsubscribe page."""

    public_url: str
    key: bytes = field(repr=False)

    def channel(self, channel_id: UUID) -> str:
        return f"{self.public_url}/channels/{public_id(Prefix.CHANNEL, channel_id)}"

    def message(self, channel_id: UUID, message_id: UUID) -> str:
        return f"{self.channel(channel_id)}/messages/{public_id(Prefix.MESSAGE, message_id)}"

    def unsubscribe(self, account_id: str, agent_id: str, types: Collection[NotificationType]) -> str:
        token = sign(Unsubscription(account_id, agent_id, frozenset(types)), self.key)
        return unsubscribe_link(self.public_url, token)
