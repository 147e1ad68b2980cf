"""The root fields of notifications."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from chat.access import Seat
from chat.notification_rules import Decision, decide, recipient_of
from chat.operations.bell import mark_notifications_read, update_notification_preference
from execution import root_field
from loaders.pages import PAGE_DEFAULT, page_request
from models.rows import MessageRow
from resolvers.drafts import required
from resolvers.mutation import mutation
from schema.connections import After, Connection, First
from schema.context import RequestInfo
from schema.costs import PAGE
from schema.ids import Prefix, notification_ids, parse_id
from schema.notification_inputs import MarkNotificationsReadInput, UpdateNotificationPreferenceInput
from schema.notifications import Notification, NotificationDecision, bell_of
from schema.payloads import MarkNotificationsReadPayload, UpdateNotificationPreferencePayload
from schema.viewer import Viewer


@strawberry.type
class NotificationsQuery:
    @root_field(
        description=(
            "The viewer's notifications (the bell), newest first. Reading a message, on any device, marks its"
            " notification as read. A notification is removed when its message is deleted, when an edit means that the"
            " message no longer notifies the viewer, and when the viewer loses access to the channel."
        ),
        directives=PAGE,
    )
    async def chat_notifications(
        self,
        info: RequestInfo,
        unread_only: Annotated[
            bool | None, strawberry.argument(description="True: only unread notifications.")
        ] = False,
        first: First = PAGE_DEFAULT,
        after: After = None,
    ) -> Connection[Notification] | None:
        viewer = await info.context.viewer()
        request = page_request("notifications", first, after, datetime, UUID)
        page = await info.context.loaders.bells.load((viewer.agent_id, bool(unread_only), request))
        return await bell_of(info.context.loaders, viewer, page)

    @root_field(
        description=(
            "Why a message did or did not notify the viewer: the decision that was stored when it was sent or edited."
            " Messages of public and private channels that do not mention the viewer, and messages from before the"
            " viewer joined, have no stored decision. For these, the viewer's present settings decide, or the reason is"
            " NO_ACCESS if the viewer could not read the channel then. Null for system messages, deleted messages, and"
            " messages that the viewer cannot read."
        )
    )
    async def why_notified(
        self, info: RequestInfo, message_id: Annotated[strawberry.ID, strawberry.argument(description="The message.")]
    ) -> NotificationDecision | None:
        viewer = await info.context.viewer()
        loaders, message_uuid = info.context.loaders, parse_id(Prefix.MESSAGE, message_id)
        message = await loaders.messages.load((viewer.agent_id, message_uuid)) if message_uuid else None
        if message is None or message.system_event is not None or message.deleted_at is not None:
            return None
        stored = await loaders.notifications.load((viewer.agent_id, message.message_id))
        if stored is not None:
            return NotificationDecision.of_row(stored)
        seat = await loaders.seats.load((viewer.agent_id, message.channel_id))
        return NotificationDecision.of(await _decided_now(info, seat, message)) if seat is not None else None


@strawberry.type
class NotificationsMutation:
    @mutation(
        MarkNotificationsReadPayload, "Marks the viewer's notifications as read, and cancels their unsent e-mails."
    )
    async def mark_chat_notifications_read(
        self, info: RequestInfo, input: MarkNotificationsReadInput
    ) -> MarkNotificationsReadPayload:
        message_ids = notification_ids(input.notification_ids) if input.notification_ids is not None else None
        await mark_notifications_read(info.context.chat, info.context.token, message_ids)
        info.context.reset_loaders()
        return MarkNotificationsReadPayload(viewer=Viewer(facts=await info.context.viewer()))

    @mutation(UpdateNotificationPreferencePayload, "Changes the viewer's switches for a type of notification.")
    async def update_chat_notification_preference(
        self, info: RequestInfo, input: UpdateNotificationPreferenceInput
    ) -> UpdateNotificationPreferencePayload:
        await update_notification_preference(
            info.context.chat,
            info.context.token,
            input.type,
            required(input.bell, "bell"),
            required(input.email, "email"),
        )
        info.context.reset_loaders()
        return UpdateNotificationPreferencePayload(viewer=Viewer(facts=await info.context.viewer()))


async def _decided_now(info: RequestInfo, seat: Seat, message: MessageRow) -> Decision:
    """Returns the decision about a message for which none is stored, by the viewer's present settings, but as someone
    who was not a member if they joined after the message was sent. Without a stored decision, there is no bell entry
    and no e-mail."""
    quiet = await info.context.loaders.quiet_times.load(seat.agent.agent_id)
    if seat.member is not None and seat.member.joined_at > message.created_at:
        seat = seat._replace(member=None)
    recipient = recipient_of(seat, message, mentioned=False, quiet=quiet, now=info.context.chat.clock.now())
    return decide(recipient)._replace(bell=False, email=False)
