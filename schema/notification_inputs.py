"""Inputs of the mutations of notifications."""

import strawberry

from models.enums import NotificationType


@strawberry.input(name="MarkChatNotificationsReadInput", description="The notifications to mark as read.")
class MarkNotificationsReadInput:
    notification_ids: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description=(
            "The ids of the notifications, at most 1,000. If omitted or null, all are marked; an empty list marks none."
            " Unknown ids are ignored."
        ),
    )


@strawberry.input(
    name="UpdateChatNotificationPreferenceInput",
    description="The changes to the switches for a type of notification. Only the given fields change.",
)
class UpdateNotificationPreferenceInput:
    type: NotificationType = strawberry.field(description="The type of notification.")
    bell: strawberry.Maybe[bool | None] = strawberry.field(
        default=None, description="Whether such messages appear in the bell."
    )
    email: strawberry.Maybe[bool | None] = strawberry.field(
        default=None, description="Whether such messages are sent by e-mail if they are not read."
    )
