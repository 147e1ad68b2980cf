"""Issuing tokens, for the demo and for development. In production, the platform issues them."""

from datetime import UTC, datetime, timedelta

import jwt

from server.misconfigured import Misconfigured
from server.settings import Settings


def issue_token(settings: Settings, account_id: str, agent_id: str, ttl: timedelta, scope: str | None = None) -> str:
    """Returns a signed token. Raises Misconfigured where a key server issues the tokens."""
    secret = settings.hs256_secret()
    if secret is None:
        raise Misconfigured("Tokens come from your key server: with CHAT_JWKS_URL, none can be issued here.")
    now = datetime.now(UTC)
    claims = {
        "iss": settings.issuer,
        "aud": settings.jwt_audience,
        "sub": agent_id,
        "account_id": account_id,
        "iat": now,
        "exp": now + ttl,
    }
    return jwt.encode(claims if scope is None else claims | {"scope": scope}, secret, algorithm="HS256")
