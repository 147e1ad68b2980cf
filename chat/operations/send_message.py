"""Sending a message, once per client key."""

from chat.drafts import InputPaths
from chat.identity import Identity
from chat.operation import operation
from chat.ports import Chat
from chat.sending import MessageDraft, check_content, find_sent_message, write_message
from chat.sharing import ask_for_items
from chat.viewer import require_agent
from models.rows import MessageRow

SEND_PATHS = InputPaths(channel=("channelId",), card=lambda place: ("cards", str(place)))

_find_sent_message = operation(find_sent_message)
_write_message = operation(write_message)


async def send_message(
    chat: Chat, identity: Identity, draft: MessageDraft, paths: InputPaths = SEND_PATHS
) -> MessageRow:
    """Returns the new message or, for a client key used before with the same payload, that message as it is now.

    With cards, the source modules are queried between two transactions, so that no lock is held meanwhile. Raises
    Refused INVALID, NOT_FOUND, CONFLICT, SHARE_DENIED, SOURCE_UNAVAILABLE, or what `check_post` raises.
    """
    check_content(draft.parts, draft.client_key, paths)
    if not draft.cards:
        return await _write_message(chat, identity, draft, [], paths)
    sent = await _find_sent_message(chat, identity, draft, paths)
    if sent is not None:
        return sent
    items = await ask_for_items(chat.cards, require_agent(identity), draft.cards, paths.card)
    return await _write_message(chat, identity, draft, items, paths)
