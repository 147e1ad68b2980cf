"""The identifiers of e-mails, and of the threads and lists to which mail clients assign them.

They contain hashes, not ids of the chat: an id can be any text, while these are limited to a few characters.
"""

from hashlib import sha256


def message_id_header(email_id: str, channel_id: str, domain: str) -> str:
    """Returns the Message-ID of the e-mail."""
    return f"<{_digest('message', email_id, channel_id)}@{domain}>"


def thread_root(account_id: str, agent_id: str, channel_id: str, domain: str) -> str:
    """Returns the Message-ID that all e-mails to an agent about a channel reference. No e-mail has it, so any of them
    can be lost or deleted without dividing the thread."""
    return f"<{_digest('thread', account_id, agent_id, channel_id)}@{domain}>"


def list_identifier(account_id: str, channel_id: str, domain: str) -> str:
    """Returns the identifier of RFC 2919 that all e-mails about a channel have, for the filters of mail clients."""
    return f"{_digest('list', account_id, channel_id)}.chat.{domain}"


def _digest(*parts: str) -> str:
    framed = b"".join(len(part.encode()).to_bytes(4) + part.encode() for part in parts)
    return sha256(framed).hexdigest()[:32]
