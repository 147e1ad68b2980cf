"""The bell: notifications, what was decided about a message, and the settings that decide."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time

import strawberry

from chat.errors import Denied, RefusalCode, Refused
from chat.notification_rules import Decision
from chat.viewer import Viewer
from execution import level_field
from loaders import Loaders
from loaders.pages import Page
from models.enums import EmailState, NotificationReason, NotificationType, Weekday
from models.rows import MessageRow, NotificationRow, QuietHoursRow
from schema.agents import Agent, agents
from schema.channels import Channel, channels_of
from schema.connections import Connection, connection_of
from schema.context import Info
from schema.ids import Prefix, public_id
from schema.messages import Message

TIME_FORMAT = "%H:%M"
TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


@strawberry.type(name="ChatNotification", description="An entry in the viewer's bell: a message that notified them.")
class Notification:
    row: strawberry.Private[NotificationRow]
    message_row: strawberry.Private[MessageRow]
    reader: strawberry.Private[Viewer]

    @strawberry.field(description="An opaque id: ntf_…")
    def id(self) -> strawberry.ID:
        return public_id(Prefix.NOTIFICATION, self.row.message_id)

    @strawberry.field(description="The type of notification.")
    def type(self) -> NotificationType:
        assert self.row.type is not None
        return self.row.type

    @strawberry.field(description="The message as it is now.")
    def message(self) -> Message:
        return Message(row=self.message_row, reader=self.reader)

    @level_field(description="The channel of the message.")
    @staticmethod
    async def channel(notifications: list["Notification"], info: Info) -> list[Channel | Denied]:
        return await channels_of([Message(row=each.message_row, reader=each.reader) for each in notifications], info)

    @level_field(description="Who sent the message.")
    @staticmethod
    async def actor(notifications: list["Notification"], info: Info) -> list[Agent]:
        return await agents(info.context.loaders, (each.message_row.author_id for each in notifications))

    @strawberry.field(description="When the message notified the viewer: when it was sent, or edited to mention them.")
    def created_at(self) -> datetime:
        return self.row.created_at

    @strawberry.field(description="When the viewer read the message or marked the notification read. Null if unread.")
    def read_at(self) -> datetime | None:
        return self.row.read_at


@strawberry.type(
    name="ChatNotificationDecision", description="What was decided about notifying the viewer of a message, and why."
)
class NotificationDecision:
    alert: bool = strawberry.field(
        description="Whether clients should have alerted the viewer: rung, or shown a desktop notification."
    )
    bell: bool = strawberry.field(description="Whether the message has an entry in the bell.")
    email: bool = strawberry.field(
        description="Whether the rules allow an e-mail. `emailState` says what became of it."
    )
    reason: NotificationReason = strawberry.field(description="The condition that decided.")
    email_state: EmailState = strawberry.field(description="The state of the e-mail.")
    email_at: datetime | None = strawberry.field(
        description=(
            "The earliest time at which the e-mail is sent; afterwards, when it was sent, cancelled or failed. Null if"
            " there is no e-mail."
        )
    )

    @classmethod
    def of_row(cls, row: NotificationRow) -> "NotificationDecision":
        return cls(
            alert=row.alert,
            bell=row.bell,
            email=row.email,
            reason=row.reason,
            email_state=row.email_state,
            email_at=row.email_at,
        )

    @classmethod
    def of(cls, decision: Decision) -> "NotificationDecision":
        """Returns the decision about a message for which no notification was stored."""
        return cls(
            alert=decision.alert,
            bell=decision.bell,
            email=decision.email,
            reason=decision.reason,
            email_state=EmailState.NONE,
            email_at=None,
        )


@strawberry.type(name="ChatNotificationPreference", description="The viewer's switches for a type of notification.")
class NotificationPreference:
    @strawberry.field(description="An opaque id: prf_… It is the same for all agents' preferences for a type.")
    def id(self) -> strawberry.ID:
        return strawberry.ID(f"{Prefix.PREFERENCE}_{self.type.lower()}")

    type: NotificationType = strawberry.field(description="The type of notification.")
    bell: bool = strawberry.field(description="Whether such messages appear in the bell.")
    email: bool = strawberry.field(description="Whether such messages are sent by e-mail if they are not read.")


@strawberry.type(
    name="ChatQuietHours",
    description=(
        "The hours of the week during which notifications arrive without an alert, and e-mails wait. If `to` is not"
        " later than `from`, they end on the following day."
    ),
)
class QuietHours:
    row: strawberry.Private[QuietHoursRow]

    @strawberry.field(description="The time zone of the times, such as America/Sao_Paulo.")
    def time_zone(self) -> str:
        return self.row.time_zone

    @strawberry.field(description="The days on which the quiet hours begin, in the order of the week.")
    def days(self) -> list[Weekday]:
        return [day for day in Weekday if day in self.row.days]

    @strawberry.field(name="from", description="The local time at which they begin, such as 22:00.")
    def from_(self) -> str:
        return self.row.from_time.strftime(TIME_FORMAT)

    @strawberry.field(description="The local time at which they end, such as 07:00.")
    def to(self) -> str:
        return self.row.until_time.strftime(TIME_FORMAT)


@strawberry.input(name="ChatQuietHoursInput", description="Weekly quiet hours.")
class QuietHoursInput:
    time_zone: str = strawberry.field(description="A time zone of the IANA database, such as America/Sao_Paulo.")
    days: list[Weekday] = strawberry.field(description="The days on which the quiet hours begin, at least one.")
    from_: str = strawberry.field(name="from", description="The local time at which they begin: HH:MM, 00:00 to 23:59.")
    to: str = strawberry.field(
        description=(
            "The local time at which they end: HH:MM. If it is not later than `from`, they end on the following day:"
            " 00:00 to 00:00 is the whole day."
        )
    )

    def hours(self) -> QuietHoursRow:
        """Raises Refused INVALID for a text that is not a time."""
        days = [day.value for day in Weekday if day in self.days]
        return QuietHoursRow(self.time_zone, days, _time(self.from_, "from"), _time(self.to, "to"))


async def with_messages(loaders: Loaders, reader: Viewer, rows: Sequence[NotificationRow]) -> list[Notification]:
    """Returns the notifications with their messages, without those that the reader cannot read any more."""
    messages = await loaders.messages.load_many((reader.agent_id, row.message_id) for row in rows)
    return [
        Notification(row=row, message_row=message, reader=reader)
        for row, message in zip(rows, messages, strict=True)
        if message is not None
    ]


async def bell_of(loaders: Loaders, reader: Viewer, page: Page[NotificationRow]) -> Connection[Notification]:
    """Returns the page without the notifications whose messages the reader cannot read any more."""
    messages = await loaders.messages.load_many((reader.agent_id, row.message_id) for row in page.rows)
    readable = [place for place, message in enumerate(messages) if message is not None]
    kept = replace(
        page, rows=[page.rows[place] for place in readable], key_at=lambda index: page.key_at(readable[index])
    )
    return connection_of(await with_messages(loaders, reader, kept.rows), kept)


def _time(text: str, path: str) -> time:
    if TIME.fullmatch(text) is None:
        raise Refused(RefusalCode.INVALID, "A time must have the form HH:MM, from 00:00 to 23:59.", "quietHours", path)
    return time.fromisoformat(text)
