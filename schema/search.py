"""Searching messages: the filter, and what is found."""

from datetime import datetime

import strawberry

from chat.drafts import in_utc
from chat.errors import DenialCode, Denied, Refused
from chat.naming import is_storable
from chat.search_terms import MessageContent
from chat.viewer import Viewer
from execution import level_field
from loaders.pages import Page
from loaders.search import FoundMessage, SearchFilter
from models.enums import ItemKind
from schema.connections import Connection
from schema.context import Info
from schema.enums import describe_enum
from schema.ids import Prefix, parse_id
from schema.messages import Message

describe_enum(
    MessageContent,
    "ChatMessageContent",
    "What a message can contain, besides text.",
    {
        MessageContent.FILE: "A file of any kind, also an image, a recording or a video.",
        MessageContent.IMAGE: "An image.",
        MessageContent.AUDIO: "An audio recording.",
        MessageContent.CARD: "A shared item of the platform.",
        MessageContent.LINK: "A link to a web page.",
    },
)


@strawberry.input(
    name="ChatMessageSearchFilter",
    description="Which messages to search. A condition that is omitted, null or an empty list does not apply.",
)
class MessageSearchFilter:
    channel_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Only messages in this channel. For a channel that the viewer cannot read, nothing is found.",
    )
    author_id: strawberry.ID | None = strawberry.field(default=None, description="Only messages of this agent.")
    mentions_viewer: bool | None = strawberry.field(
        default=False,
        description="True: only messages that mention the viewer, by name, as part of a team or with everybody.",
    )
    has: list[MessageContent] | None = strawberry.field(
        default=None, description="Only messages that contain any of these."
    )
    card_kinds: list[ItemKind] | None = strawberry.field(
        default=None, description="Only messages in which an item of one of these kinds was shared."
    )
    after: datetime | None = strawberry.field(
        default=None, description="Only messages that were sent at this time or later, with a time zone."
    )
    before: datetime | None = strawberry.field(
        default=None, description="Only messages that were sent before this time, with a time zone."
    )


@strawberry.type(name="ChatMessageSearchResult", description="A message that was found.")
class MessageSearchResult:
    found: strawberry.Private[FoundMessage]
    reader: strawberry.Private[Viewer]

    @strawberry.field(description="The message.")
    def message(self) -> Message:
        return Message(row=self.found.message, reader=self.reader)

    @level_field(
        description=(
            "HTML: up to 200 characters of the text around the first match; of a forward's quoted text if only that"
            " matches. Matched words are in <mark>, and everything else is escaped. Without a query, the beginning of"
            " the text."
        )
    )
    @staticmethod
    async def snippet(results: list["MessageSearchResult"], info: Info) -> list[str]:
        return await info.context.loaders.snippets.load_many(result.found.snippet for result in results)


@strawberry.type(name="ChatMessageSearchConnection", description="A page of messages that were found.")
class MessageSearchConnection(Connection[MessageSearchResult]):
    pass


def results_for(reader: Viewer, page: Page[FoundMessage]) -> MessageSearchConnection:
    items = [MessageSearchResult(found=found, reader=reader) for found in page.rows]
    return MessageSearchConnection(page=page, items=items)


def search_filter(given: MessageSearchFilter) -> SearchFilter | None:
    """Returns None if the filter selects nothing, because an id cannot exist. Raises Denied BAD_USER_INPUT for a time
    without a time zone."""
    channel_id = parse_id(Prefix.CHANNEL, given.channel_id) if given.channel_id is not None else None
    if given.channel_id is not None and channel_id is None:
        return None
    if given.author_id is not None and not is_storable(given.author_id):
        return None
    return SearchFilter(
        channel_id=channel_id,
        author_id=given.author_id,
        mentions_viewer=bool(given.mentions_viewer),
        contents=frozenset(given.has or ()),
        card_kinds=frozenset(given.card_kinds or ()),
        after=_time(given.after, "after"),
        before=_time(given.before, "before"),
    )


def _time(given: datetime | None, name: str) -> datetime | None:
    try:
        return in_utc(given, f"filter.{name}") if given is not None else None
    except Refused as refused:
        raise Denied(DenialCode.BAD_USER_INPUT, refused.message) from None
