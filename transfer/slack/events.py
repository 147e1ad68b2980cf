"""The messages in which Slack reports a change of a channel."""

from collections.abc import Callable

from models.enums import ChannelKind, SystemEvent
from transfer.slack.drafts import Event
from transfer.slack.fields import JsonObject, microseconds_of, object_of, objects_of, text_of
from transfer.slack.people import People

_VALUE_LENGTH = 1_000
"""How many characters of a name or description an event keeps."""

WITHOUT_EQUIVALENT = frozenset(
    {
        "app_conversation_join",
        "app_conversation_leave",
        "bot_add",
        "bot_disable",
        "bot_enable",
        "bot_remove",
        "channel_canvas_updated",
        "channel_posting_permissions",
        "ekm_access_denied",
        "emoji_changed",
        "file_changed",
        "file_created",
        "file_deleted",
        "file_public",
        "file_unshared",
        "huddle_thread",
        "joiner_notification",
        "joiner_notification_for_inviter",
        "message_changed",
        "message_deleted",
        "message_replied",
        "reply_broadcast",
        "sh_room_created",
        "sh_room_shared",
        "tabbed_canvas_updated",
        "unpinned_item",
    }
)
"""The subtypes that are not imported. A message of any other subtype is a message of a person or bot."""


def event_of(source: JsonObject, subtype: str, people: People) -> Event | None:
    """Returns the change that the message reports; None for a message of a person or bot."""
    make = _EVENTS.get(subtype)
    return make(source, people) if make else None


def pinned_message(source: JsonObject) -> int | None:
    """Returns the time of the message that was pinned."""
    item = object_of(source, "item")
    candidates = [item, object_of(item, "message"), *objects_of(source, "attachments")[:1]]
    return next((time for each in candidates if (time := microseconds_of(each.get("ts"))) is not None), None)


def _join(source: JsonObject, people: People) -> Event:
    """The author of an event with an inviter is the inviter: see `actor_of`."""
    if text_of(source, "inviter"):
        return Event(SystemEvent.ADDED, (people.user(text_of(source, "user")),))
    return Event(SystemEvent.JOINED)


def actor_of(source: JsonObject, event: Event) -> str:
    """Returns the id of the person who changed the channel."""
    return text_of(source, "inviter") if event.kind == SystemEvent.ADDED else text_of(source, "user")


def _renamed(source: JsonObject, _: People) -> Event:
    return Event(SystemEvent.RENAMED, (), text_of(source, "old_name"), text_of(source, "name"))


def _described(source: JsonObject, _: People) -> Event:
    after = text_of(source, "topic", "purpose")[:_VALUE_LENGTH]
    return Event(SystemEvent.DESCRIBED, (), None, after or None)


def _simple(
    kind: SystemEvent, before: str | None = None, after: str | None = None
) -> Callable[[JsonObject, People], Event]:
    return lambda source, people: Event(kind, (), before, after)


_CHANGES: dict[str, Callable[[JsonObject, People], Event]] = {
    "join": _join,
    "leave": _simple(SystemEvent.LEFT),
    "name": _renamed,
    "topic": _described,
    "purpose": _described,
    "archive": _simple(SystemEvent.ARCHIVED),
    "unarchive": _simple(SystemEvent.UNARCHIVED),
    "convert_to_private": _simple(SystemEvent.KIND_CHANGED, ChannelKind.PUBLIC, ChannelKind.PRIVATE),
    "convert_to_public": _simple(SystemEvent.KIND_CHANGED, ChannelKind.PRIVATE, ChannelKind.PUBLIC),
}
_EVENTS = {f"{noun}_{name}": make for noun in ("channel", "group") for name, make in _CHANGES.items()} | {
    "pinned_item": _simple(SystemEvent.PINNED)
}
