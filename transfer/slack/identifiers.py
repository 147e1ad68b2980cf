"""The ids of what is imported. They follow from Slack's ids, so importing the same message again finds it."""

import re
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

import orjson

from chat.identity import IMPORTED_PREFIX

_SLACK_ID = re.compile("[A-Za-z0-9]{1,20}")
_PARTS = 4


@dataclass(frozen=True)
class Workspace:
    """A workspace of Slack that is imported into an account."""

    account_id: str
    team_id: str

    def agent_id(self, *names: str) -> str:
        """Returns the id of a person who is not in the directory. No token and no directory can contain it."""
        name = names[0] if len(names) == 1 and _SLACK_ID.fullmatch(names[0]) else _digest(*names).hex()[:20]
        return f"{IMPORTED_PREFIX}{self.team_id}/{name}"

    def channel_id(self, slack_id: str, created: int) -> UUID:
        return _identifier(created, 0, self.account_id, self.team_id, slack_id)

    def creation_id(self, slack_id: str, created: int) -> UUID:
        """Returns the id of the message that reports the creation of the channel."""
        return _identifier(created, 0, self.account_id, self.team_id, slack_id, "created")

    def message_id(self, slack_channel_id: str, microseconds: int, part: int = 0) -> UUID:
        """`part` counts the messages that a long one was split into."""
        names = (self.account_id, self.team_id, slack_channel_id, str(microseconds), str(part))
        return _identifier(microseconds, part, *names)


def attachment_id(message_id: UUID, place: int) -> UUID:
    return UUID(bytes=_digest(str(message_id), str(place))[:16], version=4)


def workspace_of(account_id: str, team_id: str) -> Workspace:
    return Workspace(account_id, team_id if _SLACK_ID.fullmatch(team_id) else _digest(team_id).hex()[:12])


def _digest(*names: str) -> bytes:
    return sha256(orjson.dumps(names)).digest()


def _identifier(microseconds: int, part: int, *names: str) -> UUID:
    """Returns a UUID of version 7 with this time. The ids of the messages of a channel are in their order."""
    milliseconds, rest = divmod(microseconds, 1000)
    order = rest * _PARTS + min(part, _PARTS - 1)
    random = int.from_bytes(_digest(*names)[:8]) & (2**62 - 1)
    return UUID(int=milliseconds << 80 | 7 << 76 | order << 64 | 2 << 62 | random)
