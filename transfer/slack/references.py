"""What a text can refer to: people, channels and messages of the workspace."""

from typing import Protocol


class References(Protocol):
    """Returns references as Markdown. `label` is what the text itself calls the object, or empty."""

    def person(self, user_id: str, label: str) -> str: ...

    def person_name(self, user_id: str, label: str) -> str:
        """Returns the name as plain text."""

    def everybody(self) -> str: ...

    def channel(self, channel_id: str, label: str) -> str: ...

    def channel_name(self, channel_id: str, label: str) -> str:
        """Returns the name as plain text."""

    def address(self, url: str) -> str:
        """Returns the address to link to: for a link to a message that is imported, that of the message here."""
