"""The references of a workspace's texts, as they are written here."""

import re
from collections.abc import Mapping
from typing import NamedTuple, Protocol
from uuid import UUID

from transfer.slack.identifiers import Workspace
from transfer.slack.markdown import MENTION_OF_EVERYBODY, escaped, link, mention
from transfer.slack.people import People

_PERMALINK = re.compile(r"https://[\w-]+\.slack\.com/archives/(\w+)(?:/p(\d{10})(\d{6}))?/?(?:[?#].*)?")


class Links(Protocol):
    def channel(self, channel_id: UUID) -> str: ...

    def message(self, channel_id: UUID, message_id: UUID) -> str: ...


class KnownChannel(NamedTuple):
    channel_id: UUID
    name: str


class WorkspaceReferences:
    def __init__(
        self, workspace: Workspace, people: People, channels: Mapping[str, KnownChannel], links: Links
    ) -> None:
        self._workspace = workspace
        self._people = people
        self._channels = channels
        self._links = links

    def person(self, user_id: str, label: str) -> str:
        if agent := self._people.agent(user_id):
            return mention(agent.name, agent.agent_id)
        return escaped(self.person_name(user_id, label))

    def person_name(self, user_id: str, label: str) -> str:
        return f"@{self._people.user(user_id, label).name}"

    def everybody(self) -> str:
        return MENTION_OF_EVERYBODY

    def channel(self, channel_id: str, label: str) -> str:
        name = escaped(self.channel_name(channel_id, label))
        known = self._channels.get(channel_id)
        return link(name, self._links.channel(known.channel_id)) if known else name

    def channel_name(self, channel_id: str, label: str) -> str:
        known = self._channels.get(channel_id)
        return f"#{label or (known.name if known else channel_id)}"

    def address(self, url: str) -> str:
        found = _PERMALINK.fullmatch(url)
        known = self._channels.get(found[1]) if found else None
        if found is None or known is None:
            return url
        if not found[2]:
            return self._links.channel(known.channel_id)
        message_id = self._workspace.message_id(found[1], int(found[2] + found[3]))
        return self._links.message(known.channel_id, message_id)


class PlainReferences(WorkspaceReferences):
    """The same without mentions, for a message with more of them than it can have."""

    def person(self, user_id: str, label: str) -> str:
        return escaped(self.person_name(user_id, label))

    def everybody(self) -> str:
        return "@all"
