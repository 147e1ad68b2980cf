"""From a bearer token to an identity (RFC 8725): settings say who may sign and how, never the token."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import jwt

from chat.errors import DenialCode, Denied
from chat.identity import AgentToken, DirectoryToken, Identity, is_identifier
from server.identity.jwks import ALGORITHMS, KeySet, KeysUnavailable
from server.settings import Settings

LEEWAY = timedelta(seconds=30)
HEADER_LENGTH = 8192
REQUIRED = ["iss", "aud", "exp", "sub", "account_id"]
DIRECTORY_SCOPE = "directory"
OUTSIDERS = frozenset({"contact", "customer"})
KIND_CLAIMS = ("type", "role", "user_type")

Claims = Mapping[str, object]


class SignIn:
    def __init__(self, settings: Settings) -> None:
        self._issuer = settings.issuer
        self._audience = settings.jwt_audience
        self._secret = settings.hs256_secret()
        self._keys = KeySet(settings.jwks_url) if settings.jwks_url else None

    async def identify(self, authorization: str | None) -> Identity | None:
        """None when nobody claims to be anybody; a claim that does not hold is denied, not taken for none."""
        if authorization is None:
            return None
        claims = await self._verified(_bearer(authorization))
        return _identity(claims)

    async def _verified(self, token: str) -> Claims:
        try:
            key, algorithm = await self._key_for(token)
            return jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY,
                options={"require": REQUIRED},
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
            assert self._secret is not None  # settings: without a key server there is a secret
            return self._secret, "HS256"
        header = jwt.get_unverified_header(token)
        algorithm, key_id = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in ALGORITHMS.values():
            raise jwt.InvalidAlgorithmError
        try:
            found = await self._keys.find(key_id, algorithm)
        except KeysUnavailable:
            raise _denied("The keys that tokens are checked with cannot be fetched now; try again.") from None
        if found is None:
            raise jwt.InvalidKeyError
        return found.key, found.algorithm


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip() or len(authorization) > HEADER_LENGTH:
        raise _denied("Sign in with `Authorization: Bearer <token>`.")
    return token.strip()


def _identity(claims: Claims) -> Identity:
    if any(OUTSIDERS & _words(claims.get(claim)) for claim in KIND_CLAIMS):
        raise _denied("The chat is for the team: contacts and customers have no access.")
    account_id, subject = _identifier(claims, "account_id"), _identifier(claims, "sub")
    expires_at = _instant(claims["exp"])
    if DIRECTORY_SCOPE in _words(claims.get("scope")):
        return DirectoryToken(account_id, expires_at)
    return AgentToken(account_id, subject, expires_at)


def _words(claim: object) -> frozenset[str]:
    """Lists of words come as one string with spaces or as an array, by the taste of the issuer."""
    parts = claim if isinstance(claim, list) else [claim]
    return frozenset(word.lower() for part in parts if isinstance(part, str) for word in part.split())


def _identifier(claims: Claims, claim: str) -> str:
    """A whole number is as good as its digits: many platforms number their accounts."""
    value = claims[claim]
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not is_identifier(text):
        raise _denied(f"The token's claim {claim} is not an id.")
    return text


def _instant(exp: object) -> datetime:
    try:
        assert isinstance(exp, int | float | str)
        return datetime.fromtimestamp(int(exp), UTC)
    except (AssertionError, ValueError, OverflowError, OSError):
        raise _denied("The token's claim exp is not a time.") from None


def _denied(message: str) -> Denied:
    return Denied(DenialCode.UNAUTHENTICATED, message)
