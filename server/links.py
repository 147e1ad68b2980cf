"""The addresses of pages of the chat's front end."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from models.enums import NotificationType
from schema.ids import Prefix, public_id


@dataclass(frozen=True)
class FrontEndLinks:
    public_url: str

    def channel(self, channel_id: UUID) -> str:
        return f"{self.public_url}/channels/{public_id(Prefix.CHANNEL, channel_id)}"

    def message(self, channel_id: UUID, message_id: UUID) -> str:
        return f"{self.channel(channel_id)}/messages/{public_id(Prefix.MESSAGE, message_id)}"

    def unsubscribe(self, account_id: str, agent_id: str, types: Collection[NotificationType]) -> str:
        return f"{self.public_url}/unsubscribe"
