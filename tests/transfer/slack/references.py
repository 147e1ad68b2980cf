"""References of a workspace in which everybody is called Ana."""

from transfer.slack.markdown import MENTION_OF_EVERYBODY, escaped, mention


class FakeReferences:
    def person(self, user_id: str, label: str) -> str:
        return mention("Ana", user_id)

    def person_name(self, user_id: str, label: str) -> str:
        return "@Ana"

    def everybody(self) -> str:
        return MENTION_OF_EVERYBODY

    def channel(self, channel_id: str, label: str) -> str:
        return escaped(f"#{label or channel_id}")

    def channel_name(self, channel_id: str, label: str) -> str:
        return f"#{label or channel_id}"

    def address(self, url: str) -> str:
        return url
