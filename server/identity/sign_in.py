"""Authentication by bearer token (RFC 8725). The settings fix the issuer, keys and algorithms; the token does not."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import jwt

from chat.errors import DenialCode, Denied
from chat.identity import AgentToken, DirectoryToken, Identity, is_identifier
from server.identity.jwks import ALGORITHMS, KeySet, KeysUnavailable
from server.settings import Settings

LEEWAY = timedelta(seconds=30)
HEADER_LENGTH = 8192
REQUIRED_CLAIMS = ["iss", "aud", "exp", "sub", "account_id"]
DIRECTORY_SCOPE = "directory"
REFUSED_KINDS = frozenset({"contact", "customer"})
KIND_CLAIMS = ("type", "role", "user_type")

Claims = Mapping[str, object]


class SignIn:
    def __init__(self, settings: Settings) -> None:
        self._issuer = settings.issuer
        self._audience = settings.jwt_audience
        self._secret = settings.hs256_secret()
        self._keys = KeySet(settings.jwks_url) if settings.jwks_url else None

    async def identify(self, authorization: str | None) -> Identity | None:
        """Returns None without a token. Raises Denied UNAUTHENTICATED for an invalid token."""
        if authorization is None:
            return None
        claims = await self._verified_claims(_bearer(authorization))
        return _identity(claims)

    async def _verified_claims(self, token: str) -> Claims:
        try:
            key, algorithm = await self._key_for(token)
            return jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY,
                options={"require": REQUIRED_CLAIMS},
            )
        except jwt.ExpiredSignatureError:
            raise _denied("The token has expired.") from None
        except jwt.InvalidAudienceError:
            raise _denied("The token is meant for another audience.") from None
        except jwt.InvalidIssuerError:
            raise _denied("The token comes from another issuer.") from None
        except jwt.MissingRequiredClaimError as error:
            raise _denied(f"The token lacks the claim {error.claim}.") from None
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            raise _denied("The token is not valid.") from None

    async def _key_for(self, token: str) -> tuple[jwt.PyJWK | str, str]:
        if self._keys is None:
            assert self._secret is not None  # ensured by Settings
            return self._secret, "HS256"
        header = jwt.get_unverified_header(token)
        algorithm, key_id = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in ALGORITHMS.values():
            raise jwt.InvalidAlgorithmError
        try:
            found = await self._keys.find(key_id, algorithm)
        except KeysUnavailable:
            raise _denied("The keys that verify tokens cannot be fetched now; try again later.") from None
        if found is None:
            raise jwt.InvalidKeyError
        return found.key, found.algorithm


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip() or len(authorization) > HEADER_LENGTH:
        raise _denied("Sign in with `Authorization: Bearer <token>`.")
    return token.strip()


def _identity(claims: Claims) -> Identity:
    if any(REFUSED_KINDS & _claim_words(claims.get(claim)) for claim in KIND_CLAIMS):
        raise _denied("The team chat is not available to contacts and customers.")
    account_id, subject = _identifier(claims, "account_id"), _identifier(claims, "sub")
    expires_at = _time(claims["exp"])
    if DIRECTORY_SCOPE in _claim_words(claims.get("scope")):
        return DirectoryToken(account_id, expires_at)
    return AgentToken(account_id, subject, expires_at)


def _claim_words(claim: object) -> frozenset[str]:
    """Returns the lower-case words of a claim. Some issuers send a string with spaces, others an array."""
    parts = claim if isinstance(claim, list) else [claim]
    return frozenset(word.lower() for part in parts if isinstance(part, str) for word in part.split())


def _identifier(claims: Claims, claim: str) -> str:
    """Accepts an integer as its digits: many platforms use numeric ids."""
    value = claims[claim]
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not is_identifier(text):
        raise _denied(f"The token's claim {claim} is not an id.")
    return text


def _time(exp: object) -> datetime:
    try:
        assert isinstance(exp, int | float | str)
        return datetime.fromtimestamp(int(exp), UTC)
    except (AssertionError, ValueError, OverflowError, OSError):
        raise _denied("The token's claim exp is not a time.") from None


def _denied(message: str) -> Denied:
    return Denied(DenialCode.UNAUTHENTICATED, message)
