"""What the lists of an export contain: people and conversations."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from transfer.slack.fields import JsonObject, microseconds_of, number_of, object_of, objects_of, text_of, texts_of


class ConversationKind(Enum):
    """The kinds of conversations, and the files that list them."""

    PUBLIC = "channels.json"
    PRIVATE = "groups.json"
    GROUP_MESSAGE = "mpims.json"
    DIRECT_MESSAGE = "dms.json"


@dataclass(frozen=True)
class SlackUser:
    id: str
    name: str
    email: str
    team_id: str
    is_bot: bool


@dataclass(frozen=True)
class Conversation:
    kind: ConversationKind
    id: str
    name: str
    created: int
    """In microseconds since 1970, as all times of an export here."""

    creator_id: str
    member_ids: tuple[str, ...]
    is_archived: bool
    topic: str
    purpose: str
    pins: Mapping[int, int]
    """When each pinned message was pinned."""

    @property
    def place(self) -> str:
        """How reports name the conversation."""
        return f"#{self.name}" if self.kind in (ConversationKind.PUBLIC, ConversationKind.PRIVATE) else self.id


def user_of(source: JsonObject) -> SlackUser | None:
    """Returns the person; None without an id."""
    id, profile = text_of(source, "id"), object_of(source, "profile")
    if not id:
        return None
    name = name_of(profile) or text_of(source, "real_name", "name") or id
    email = text_of(profile, "email") or text_of(source, "email")
    return SlackUser(id, name, email, text_of(source, "team_id"), source.get("is_bot") is True)


def name_of(profile: JsonObject) -> str:
    """Returns the full name of a profile, otherwise the name that the person chose to be shown; an empty text if there
    is none."""
    return text_of(profile, "real_name", "real_name_normalized", "display_name", "display_name_normalized", "name")


def conversation_of(kind: ConversationKind, source: JsonObject) -> Conversation | None:
    """Returns the conversation; None without an id."""
    id = text_of(source, "id")
    if not id:
        return None
    return Conversation(
        kind=kind,
        id=id,
        name=text_of(source, "name") or id,
        created=microseconds_of(source.get("created")) or 0,
        creator_id=text_of(source, "creator"),
        member_ids=tuple(dict.fromkeys(texts_of(source, "members"))),
        is_archived=source.get("is_archived") is True,
        topic=text_of(object_of(source, "topic"), "value"),
        purpose=text_of(object_of(source, "purpose"), "value"),
        pins=_pins(source),
    )


def _pins(source: JsonObject) -> dict[int, int]:
    pins = ((microseconds_of(pin.get("id")), number_of(pin, "created")) for pin in objects_of(source, "pins"))
    return {message: created * 1_000_000 or message for message, created in pins if message is not None}


def team_of(users: Sequence[SlackUser]) -> str:
    """Returns the id of the workspace: people of other workspaces, who share channels with it, are fewer."""
    teams = Counter(user.team_id for user in users if user.team_id)
    return min(teams, key=lambda team_id: (-teams[team_id], team_id)) if teams else "unknown"
