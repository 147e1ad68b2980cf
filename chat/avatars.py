"""The avatars of channels. An image becomes a square one of its own before the channel is locked, so the upload that it
was made from can expire, or be sent in a message."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from chat.drafts import Avatar, IconAvatar, ImageAvatar, check_icon
from chat.errors import RefusalCode, Refused
from chat.identity import Identity
from chat.operation import Transaction, operation
from chat.ports import Chat, FilesUnavailable
from chat.unused_files import NewFiles, keep_new_files, list_new_files, list_unused_files
from chat.uploads import find_own_upload, unknown_upload
from chat.viewer import require_agent

IMAGE_PATH = ("avatar", "imageId")

Rule = Callable[[Transaction], Awaitable[object]]
"""Raises Refused or Denied unless the viewer may set the avatar."""


@dataclass(frozen=True)
class PreparedAvatar:
    """What is stored of an avatar: an icon and its colour, an image, or nothing."""

    icon: str | None = None
    color: str | None = None
    image: NewFiles | None = None

    @property
    def storage_key(self) -> str | None:
        return self.image.storage_keys[0] if self.image is not None else None


async def prepare_avatar(chat: Chat, identity: Identity, avatar: Avatar | None, rule: Rule) -> PreparedAvatar:
    """Raises Refused INVALID for an impossible icon. For an image, applies the rule before anything is decoded or
    written: the caller applies it again when it stores the avatar. Then raises Refused NOT_FOUND unless the image is a
    complete upload of the viewer, UNSUPPORTED_TYPE if it cannot be read, and SOURCE_UNAVAILABLE if the storage does not
    answer."""
    match avatar:
        case None:
            return PreparedAvatar()
        case IconAvatar():
            check_icon(avatar)
            return PreparedAvatar(avatar.icon, avatar.color)
        case ImageAvatar(attachment_id):
            return await _prepare_image(chat, identity, attachment_id, rule)


async def use_avatar(tx: Transaction, avatar: PreparedAvatar, replaced_key: str | None = None) -> None:
    """Keeps the image of the avatar that the transaction stores, and lists the one that it replaces as unused."""
    if avatar.image is not None and not await keep_new_files(tx, avatar.image):
        raise unknown_upload(*IMAGE_PATH)
    if replaced_key is not None:
        await list_unused_files(tx, [replaced_key])


async def _prepare_image(chat: Chat, identity: Identity, attachment_id: UUID | None, rule: Rule) -> PreparedAvatar:
    uploaded_key, image = await _begin_image(chat, identity, attachment_id, rule)
    try:
        square = await chat.files.square_thumbnail(uploaded_key)
        if square is None:
            raise Refused(RefusalCode.UNSUPPORTED_TYPE, "The file is not an image that can be shown.", *IMAGE_PATH)
        await chat.files.put(image.storage_keys[0], square)
    except FilesUnavailable:
        message = "The storage of files does not answer. Try again later."
        raise Refused(RefusalCode.SOURCE_UNAVAILABLE, message, *IMAGE_PATH) from None
    return PreparedAvatar(image=image)


@operation
async def _begin_image(tx: Transaction, attachment_id: UUID | None, rule: Rule) -> tuple[str, NewFiles]:
    """Returns the key of the uploaded image, and that of the square one."""
    await rule(tx)
    if attachment_id is None:
        raise unknown_upload(*IMAGE_PATH)
    upload = await find_own_upload(tx, attachment_id, require_agent(tx.identity).agent_id, *IMAGE_PATH)
    if upload.storage_key is None:
        raise unknown_upload(*IMAGE_PATH)
    return upload.storage_key, await list_new_files(tx, 1)
