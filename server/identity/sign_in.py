"""Authentication by bearer token (RFC 8725). The settings fix the issuer, keys and algorithms; the token does not."""

from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import jwt
from jwt.exceptions import InvalidSubjectError

from chat.errors import DenialCode, Denied
from chat.identity import AgentToken, DirectoryToken, Identity, is_identifier
from server.identity.jwks import ALGORITHMS, KeySet, KeysUnavailable, VerificationKey
from server.settings import Settings

LEEWAY = timedelta(seconds=30)
HEADER_LENGTH = 8192
REQUIRED_CLAIMS = ["iss", "aud", "exp", "sub", "account_id"]
DIRECTORY_SCOPE = "directory"
REFUSED_KINDS = frozenset({"contact", "customer"})
KIND_CLAIMS = ("type", "role", "user_type")

VERIFIED_TOKENS = 10_000
"""How many verified tokens are kept in memory."""

INVALID = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)
NOT_VALID = "The token is not valid."

Claims = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _VerifiedToken:
    identity: Identity
    key: VerificationKey | None
    """The published key that verified it; None for a secret."""


class SignIn:
    def __init__(self, settings: Settings) -> None:
        self._issuer = settings.issuer
        self._audience = settings.jwt_audience
        self._secrets = settings.accepted_hs256_secrets()
        self._keys = KeySet(settings.jwks_url) if settings.jwks_url else None
        self._verified: OrderedDict[bytes, _VerifiedToken] = OrderedDict()
        """The latest tokens that were verified, by the hash of their `Authorization` header."""

    async def identify(self, authorization: str | None) -> Identity | None:
        """Returns None without a token. Raises Denied UNAUTHENTICATED for an invalid token."""
        if authorization is None:
            return None
        digest = sha256(authorization.encode(errors="replace")).digest()
        known = self._verified.get(digest)
        if known is not None and await self._is_valid(known):
            self._verified.move_to_end(digest)
            return known.identity
        token = _bearer(authorization)
        key = await self._key_for(token)
        verified = _VerifiedToken(_identity(self._verified_claims(token, key)), key)
        self._keep(digest, verified)
        return verified.identity

    async def _is_valid(self, token: "_VerifiedToken") -> bool:
        """Returns whether a token that was verified earlier has not expired and its key is still published."""
        if datetime.now(UTC) > token.identity.expires_at + LEEWAY:
            return False
        key = token.key
        return key is None or (self._keys is not None and await self._keys.find(key.key_id, key.algorithm) is key)

    def _keep(self, digest: bytes, token: "_VerifiedToken") -> None:
        self._verified[digest] = token
        if len(self._verified) > VERIFIED_TOKENS:
            self._verified.popitem(last=False)

    def _verified_claims(self, token: str, key: VerificationKey | None) -> Claims:
        """Verifies the token with the key or, without one, with one of the secrets."""
        algorithm = key.algorithm if key is not None else "HS256"
        for verification in (key.key,) if key is not None else self._secrets:
            with suppress(jwt.InvalidSignatureError):
                return self._claims(token, verification, algorithm)
        raise _denied(NOT_VALID)

    def _claims(self, token: str, verification: jwt.PyJWK | str, algorithm: str) -> Claims:
        """Raises jwt.InvalidSignatureError, or Denied for a token that is not valid for another reason."""
        try:
            return jwt.decode(
                token,
                verification,
                algorithms=[algorithm],
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY,
                options={"require": REQUIRED_CLAIMS},
            )
        except jwt.InvalidSignatureError:
            raise
        except jwt.ExpiredSignatureError:
            raise _denied("The token has expired.") from None
        except jwt.InvalidAudienceError:
            raise _denied("The token is meant for another audience.") from None
        except jwt.InvalidIssuerError:
            raise _denied("The token comes from another issuer.") from None
        except jwt.MissingRequiredClaimError as error:
            raise _denied(f"The token lacks the claim {error.claim}.") from None
        except InvalidSubjectError:
            raise _denied("The token's claim sub is not a string.") from None
        except INVALID:
            raise _denied(NOT_VALID) from None

    async def _key_for(self, token: str) -> VerificationKey | None:
        """Returns the published key with which the token must be verified; None if tokens are verified with
        secrets."""
        if self._keys is None:
            return None
        try:
            header = jwt.get_unverified_header(token)
            algorithm, key_id = header.get("alg"), header.get("kid")
            if not isinstance(algorithm, str) or algorithm not in ALGORITHMS.values():
                raise jwt.InvalidAlgorithmError
            found = await self._keys.find(key_id, algorithm)
        except KeysUnavailable:
            raise _denied("The keys that verify tokens cannot be fetched now; try again later.") from None
        except INVALID:
            raise _denied(NOT_VALID) from None
        if found is None:
            raise _denied(NOT_VALID)
        return found


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
