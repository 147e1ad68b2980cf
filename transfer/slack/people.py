"""The authors of what is imported. A person who is not in the directory becomes an inactive agent, which has only a
name and an id. No token and no directory can contain this id."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chat.directory import NAME_LENGTH
from chat.naming import directory_name
from transfer.slack.agents import DirectoryPerson
from transfer.slack.export import SlackUser
from transfer.slack.identifiers import Workspace
from transfer.slack.report import Reason, Report

NAMES_PER_BOT = 100
"""How many of the names that a bot gives itself are kept. Its further messages are under its own name."""


class Person(NamedTuple):
    agent_id: str
    name: str
    in_directory: bool


class People:
    def __init__(
        self,
        workspace: Workspace,
        users: Sequence[SlackUser],
        agents: Mapping[str, DirectoryPerson],
        report: Report,
    ) -> None:
        self._workspace = workspace
        self._users = {user.id: user.name for user in users}
        self._humans = {user.id for user in users if not user.is_bot}
        self._agents = agents
        self._report = report
        self._people: dict[tuple[str, ...], Person] = {}
        self._bot_names: dict[str, set[str]] = defaultdict(set)

    @property
    def importer(self) -> Person:
        """The creator of a channel that has not been imported completely."""
        return self._outside("Slack import", "import", "")

    @property
    def unknown(self) -> Person:
        """The author of messages and events for which the export names nobody."""
        return self._outside("Slack", "unknown", "")

    def user(self, user_id: str, name: str = "") -> Person:
        """Returns the person. `name` is used for somebody of another workspace, whom the list of people lacks."""
        if agent := self._agents.get(user_id):
            return Person(agent.agent_id, agent.name, in_directory=True)
        if not user_id:
            return self.unknown
        is_new = (user_id,) not in self._people
        person = self._outside(self._users.get(user_id) or name or user_id, user_id)
        if is_new:
            self._report.add(Reason.PERSON_OUTSIDE, user_id, person.name)
        return person

    def agent(self, user_id: str) -> DirectoryPerson | None:
        """Returns the agent of the directory that the person is."""
        return self._agents.get(user_id)

    def is_human(self, user_id: str) -> bool:
        return user_id in self._humans

    def bot(self, bot_id: str, own_name: str, name: str) -> Person:
        """Returns a bot under the name that it used for a message."""
        id = bot_id or "bot"
        names = self._bot_names[id]
        if not name or name == own_name or (name not in names and len(names) >= NAMES_PER_BOT):
            return self._outside(own_name or id, id) if bot_id else self._outside(own_name or "Bot", id, "")
        names.add(name)
        return self._outside(name, id, name)

    def _outside(self, name: str, *key: str) -> Person:
        person = self._people.get(key)
        if person is None:
            agent_id = self._workspace.agent_id(*key)
            shown = directory_name(name[:NAME_LENGTH], key[0])
            person = self._people[key] = Person(agent_id, shown, in_directory=False)
        return person
