"""Signed links that switch off e-mails of an agent without signing in (RFC 8058).

A link does not expire: mail clients show its button for as long as they keep the e-mail.
"""

import base64
import hmac
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from models.enums import NotificationType

KEY_BYTES = 32
"""The minimum length of the key: that of the hash."""

TOKEN_LENGTH = 2_000

_VERSION = "1"
_PURPOSE = b"internal-chat unsubscribe "
"""Keeps a signature that the key makes for another purpose from being valid here."""


@dataclass(frozen=True)
class Unsubscription:
    """Whose e-mails of which types a link switches off."""

    account_id: str
    agent_id: str
    types: frozenset[NotificationType]


class Unsubscriber(Protocol):
    async def switch_off(self, account_id: str, agent_id: str, types: Collection[NotificationType]) -> None:
        """Switches off the agent's e-mails of these types. Does nothing for an agent who does not exist."""


def sign(unsubscription: Unsubscription, key: bytes) -> str:
    """Returns the token, in characters that a path can contain. Raises ValueError if the key is too short."""
    if len(key) < KEY_BYTES:
        raise ValueError(f"the key must have at least {KEY_BYTES} bytes")
    payload = [unsubscription.account_id, unsubscription.agent_id, *sorted(unsubscription.types)]
    signed = f"{_VERSION}.{_encoded(json.dumps(payload, separators=(',', ':')).encode())}"
    return f"{signed}.{_signature(signed, key)}"


def verify(token: str, keys: Collection[bytes]) -> Unsubscription | None:
    """Returns None for a token that none of the keys has signed."""
    signed, _, signature = token.rpartition(".")
    if len(token) > TOKEN_LENGTH or not token.isascii():
        return None
    if not any(hmac.compare_digest(signature, _signature(signed, key)) for key in keys):
        return None
    version, _, payload = signed.partition(".")
    return _unsubscription(payload) if version == _VERSION else None


def _unsubscription(payload: str) -> Unsubscription:
    """The payload is trusted, because its signature is valid. Types that no longer exist are left out."""
    account_id, agent_id, *types = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    known = frozenset(NotificationType(type) for type in types if type in set(NotificationType))
    return Unsubscription(account_id, agent_id, known)


def _signature(signed: str, key: bytes) -> str:
    return _encoded(hmac.digest(key, _PURPOSE + signed.encode(), "sha256"))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
