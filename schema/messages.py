"""Messages, as the viewer reads them."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from chat.access import Seat
from chat.errors import DenialCode, Denied
from chat.policies import (
    allowed,
    check_see_readers,
)
from chat.viewer import Viewer
from execution import level_field
from loaders import Loaders
from loaders.pages import PAGE_DEFAULT, Page, page_request
from loaders.readers import MessagePlace
from models.rows import MessageRow
from schema.agents import Agent, agents, agents_of_each
from schema.attachments import Attachment
from schema.connections import After, Connection, First, connect, connection_of
from schema.context import Context, Info
from schema.costs import PAGE, assumed
from schema.ids import Prefix, parse_id, public_id
from schema.message_details import Mention, MessagePermissions, Reaction, SystemEventDetails

if TYPE_CHECKING:
    from schema.cards import SharedCard
    from schema.channels import Channel
    from schema.forwards import ForwardedFrom


@strawberry.federation.type(
    name="ChatMessage",
    keys=["id"],
    description="A message from an agent or, if it has a `systemEvent`, a system message.",
)
class Message:
    row: strawberry.Private[MessageRow]
    reader: strawberry.Private[Viewer]

    @staticmethod
    async def resolve_references(loaders: Loaders, reader: Viewer, ids: Sequence[str]) -> list["Message | None"]:
        message_ids = [parse_id(Prefix.MESSAGE, id) for id in ids]
        return await messages_by_id(loaders, [(reader, message_id) for message_id in message_ids])

    @strawberry.field(description="An opaque id: msg_…")
    def id(self) -> strawberry.ID:
        return public_id(Prefix.MESSAGE, self.row.message_id)

    @level_field(description="The channel of the message.")
    @staticmethod
    async def channel(
        messages: list["Message"], info: Info
    ) -> list[Annotated["Channel", strawberry.lazy("schema.channels")] | Denied]:
        # Channel and Message refer to each other, so one of the two modules must be imported here.
        from schema.channels import channels_of

        return await channels_of(messages, info)

    @level_field(description="Who sent it. In a system message: the agent who did what it reports.")
    @staticmethod
    async def author(messages: list["Message"], info: Info) -> list[Agent]:
        return await agents(info.context.loaders, (message.row.author_id for message in messages))

    @strawberry.field(description="The number of the message in its channel: 1, 2, 3 … without gaps.")
    def seq(self) -> int:
        return self.row.seq

    @strawberry.field(description="The text, in Markdown. Empty in system messages and after deletion.")
    def body(self) -> str:
        return self.row.body

    @strawberry.field(description="What a system message reports. Null in messages from agents.")
    def system_event(self) -> SystemEventDetails | None:
        return SystemEventDetails(row=self.row) if self.row.system_event is not None else None

    @level_field(
        description=(
            "The message to which this one replies. It is in the same channel. In a system message of the kind PINNED:"
            " the message that was pinned. Null also if that message was removed because of its age."
        )
    )
    @staticmethod
    async def reply_to(messages: list["Message"], info: Info) -> list["Message | None"]:
        replied_to = [(message.reader, message.row.reply_to_id) for message in messages]
        return await messages_by_id(info.context.loaders, replied_to)

    @level_field(description="The files of the message, in the order in which they were sent.", directives=assumed(5))
    @staticmethod
    async def attachments(messages: list["Message"], info: Info) -> list[list[Attachment]]:
        found = await info.context.loaders.attachments.load_many(message.row.message_id for message in messages)
        # All readers of a message get the same list, which is then completed once.
        made = {
            id(rows): [Attachment(account_id=message.reader.account_id, row=row) for row in rows]
            for message, rows in zip(messages, found, strict=True)
        }
        return [made[id(rows)] for rows in found]

    @level_field(description="The items shared in the message, as the viewer may see them.", directives=assumed(5))
    @staticmethod
    async def cards(
        messages: list["Message"], info: Info
    ) -> list[list[Annotated["SharedCard", strawberry.lazy("schema.cards")]]]:
        # SharedCard and Message also refer to each other.
        from schema.cards import SharedCard

        found = await info.context.loaders.cards.load_many(message.row.message_id for message in messages)
        return [
            [SharedCard.of(row, message.reader) for row in rows] for message, rows in zip(messages, found, strict=True)
        ]

    @level_field(
        description="The mentions in the text, without duplicates, in order of appearance.", directives=assumed(10)
    )
    @staticmethod
    async def mentions(messages: list["Message"], info: Info) -> list[list[Mention]]:
        found = await info.context.loaders.mentions.load_many(message.row.message_id for message in messages)
        # All readers of a message get the same list, which is then completed once.
        distinct = {id(mentions): mentions for mentions in found}
        made = {
            key: [Mention(row=each.mention, mentioned_agent=each.agent) for each in mentions]
            for key, mentions in distinct.items()
        }
        return [made[id(mentions)] for mentions in found]

    @level_field(
        description="The reactions to it, in the order in which each emoji was first used.", directives=assumed(10)
    )
    @staticmethod
    async def reactions(messages: list["Message"], info: Info) -> list[list[Reaction]]:
        found = await info.context.loaders.reactions.load_many(
            (message.reader.agent_id, message.row.message_id) for message in messages
        )
        return [
            [Reaction(message=message.row, tally=tally) for tally in tallies]
            for message, tallies in zip(messages, found, strict=True)
        ]

    @strawberry.field(description="When it was sent.")
    def created_at(self) -> datetime:
        return self.row.created_at

    @strawberry.field(description="When it was last edited. Null if it was never edited.")
    def edited_at(self) -> datetime | None:
        return self.row.edited_at

    @strawberry.field(description="When it was deleted; a tombstone remains. Null if it is not deleted.")
    def deleted_at(self) -> datetime | None:
        return self.row.deleted_at

    @level_field(description="When it was last pinned. Null if it is not pinned.")
    @staticmethod
    async def pinned_at(messages: list["Message"], info: Info) -> list[datetime | None]:
        return await info.context.loaders.pin_times.load_many(message.row.message_id for message in messages)

    @level_field(description="What the message quotes if it is a forward. Null for every other message.")
    @staticmethod
    async def forwarded_from(
        messages: list["Message"], info: Info
    ) -> list[Annotated["ForwardedFrom", strawberry.lazy("schema.forwards")] | None]:
        # ForwardedFrom and Message also refer to each other.
        from schema.forwards import ForwardedFrom

        found = await info.context.loaders.forwards.load_many(message.row.message_id for message in messages)
        return [
            ForwardedFrom(row=row, reader=message.reader) if row is not None else None
            for message, row in zip(messages, found, strict=True)
        ]

    @level_field(description="Whether the viewer has saved it. Nobody else sees that.")
    @staticmethod
    async def saved(messages: list["Message"], info: Info) -> list[bool]:
        return await info.context.loaders.saved.load_many(
            (message.reader.agent_id, message.row.message_id) for message in messages
        )

    @strawberry.field(description="A link to the message, for agents who can read it.")
    def permalink(self, info: Info) -> str:
        channel = public_id(Prefix.CHANNEL, self.row.channel_id)
        message = public_id(Prefix.MESSAGE, self.row.message_id)
        return f"{info.context.services.public_url}/channels/{channel}/messages/{message}"

    @level_field(
        description=(
            "In an announcement, for its authors and managers: the active members who have read the message, without"
            " its author, ordered by id. An agent has read it if their read marker is at it or after it. Null in other"
            " channels and for other viewers."
        ),
        directives=PAGE,
    )
    @staticmethod
    async def read_by(
        messages: list["Message"], info: Info, first: First = PAGE_DEFAULT, after: After = None
    ) -> list[Connection[Agent] | None]:
        request = page_request("readers", first, after, str)
        sent = await _places_with_visible_readers(messages, info)
        pages = await info.context.loaders.readers.load_many((each, request) for each in sent if each is not None)
        readers = await agents_of_each(info.context.loaders, [page.rows for page in pages])
        found = map(connection_of, readers, pages)
        return [next(found) if each is not None else None for each in sent]

    @level_field(
        description="How many agents `readBy` has, for those who can see it. Null in other channels and for others."
    )
    @staticmethod
    async def read_count(messages: list["Message"], info: Info) -> list[int | None]:
        sent = await _places_with_visible_readers(messages, info)
        counts = iter(await info.context.loaders.read_counts.load_many(each for each in sent if each is not None))
        return [next(counts) if each is not None else None for each in sent]

    @level_field(description="What the viewer may do with the message now.")
    @staticmethod
    async def viewer_can(messages: list["Message"], info: Info) -> list[MessagePermissions | Denied]:
        return [
            seat if isinstance(seat, Denied) else MessagePermissions(seat=seat, row=message.row, reader=message.reader)
            for message, seat in zip(messages, await seats_of(messages, info), strict=True)
        ]


async def message_of(context: Context, row: MessageRow) -> Message:
    """Returns the message as the viewer sees it."""
    return Message(row=row, reader=await context.viewer())


async def messages_by_id(loaders: Loaders, wanted: Sequence[tuple[Viewer, UUID | None]]) -> list[Message | None]:
    """Returns each message as its reader sees it; None without an id, and if the reader cannot read it."""
    keys = [(reader.agent_id, message_id) for reader, message_id in wanted if message_id is not None]
    rows = iter(await loaders.messages.load_many(keys))
    return [
        Message(row=row, reader=reader) if message_id is not None and (row := next(rows)) is not None else None
        for reader, message_id in wanted
    ]


def messages_for(reader: Viewer, page: Page[MessageRow]) -> Connection[Message]:
    return connect(page, lambda row: Message(row=row, reader=reader))


async def _places_with_visible_readers(messages: Sequence[Message], info: Info) -> list[MessagePlace | None]:
    """Returns None for a message whose readers its own reader may not see."""
    rows = [message.row for message in messages]
    return [
        MessagePlace(row.channel_id, row.seq, row.created_at, row.author_id)
        if isinstance(seat, Seat) and allowed(check_see_readers, seat)
        else None
        for row, seat in zip(rows, await seats_of(messages, info), strict=True)
    ]


async def seats_of(messages: Sequence[Message], info: Info) -> list[Seat | Denied]:
    """Returns the reader's seat in each message's channel. Denied ACCESS_LOST stands in the place of a seat whose
    reader lost access after the message was read."""
    seats = await info.context.loaders.seats.load_many(
        (message.reader.agent_id, message.row.channel_id) for message in messages
    )
    return [seat or Denied(DenialCode.ACCESS_LOST, "You cannot read this channel.") for seat in seats]
