"""Tokens signed with keys of a key server: the key determines the algorithm, and the keys are fetched rarely."""

import asyncio
import json

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from chat.errors import DenialCode, Denied
from chat.identity import AgentToken, Identity
from server.identity import jwks
from server.identity.sign_in import SignIn
from server.settings import Settings
from tests.server.identity.key_server import KeyServer, PrivateKey, jwk
from tests.server.identity.test_sign_in import assemble, claims
from tests.support.waiting import until_true

ISSUER = "https://id.example"
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
EDWARDS = ed25519.Ed25519PrivateKey.generate()
FOREIGN = rsa.generate_private_key(65537, 2048)
KEYS: dict[str, PrivateKey] = {"RS256": RSA, "ES256": EC, "EdDSA": EDWARDS}


@pytest.fixture
def sign_in(key_server: KeyServer) -> SignIn:
    key_server.keys = [jwk(key, algorithm) for algorithm, key in KEYS.items()]
    return SignIn(Settings(jwks_url=key_server.url, jwt_issuer=ISSUER))


@pytest.fixture
def no_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "FETCH_INTERVAL", 0.0)


def signed(key: PrivateKey, algorithm: str, key_id: str | None) -> str:
    headers = {} if key_id is None else {"kid": key_id}
    return jwt.encode(claims(iss=ISSUER), key, algorithm=algorithm, headers=headers)


async def identified(sign_in: SignIn, token: str) -> Identity | None:
    return await sign_in.identify(f"Bearer {token}")


async def refused(sign_in: SignIn, token: str) -> str:
    with pytest.raises(Denied) as denied:
        await identified(sign_in, token)
    assert denied.value.code is DenialCode.UNAUTHENTICATED
    assert token not in denied.value.message
    return denied.value.message


async def is_refused(sign_in: SignIn, token: str) -> bool:
    try:
        await identified(sign_in, token)
    except Denied:
        return True
    return False


@pytest.mark.parametrize("algorithm", KEYS)
async def test_every_supported_kind_of_key_is_accepted(sign_in: SignIn, key_server: KeyServer, algorithm: str) -> None:
    for key_id in (algorithm, None):
        assert isinstance(await identified(sign_in, signed(KEYS[algorithm], algorithm, key_id)), AgentToken)
    assert len(key_server.requests) == 1


async def test_a_token_signed_with_an_unpublished_key_is_refused(sign_in: SignIn) -> None:
    assert await identified(sign_in, signed(RSA, "RS256", "RS256")) is not None
    for key_id in ("RS256", "ES256", "unknown", None):
        await refused(sign_in, signed(FOREIGN, "RS256", key_id))


async def test_an_algorithm_other_than_that_of_the_key_is_refused(sign_in: SignIn) -> None:
    assert await identified(sign_in, signed(RSA, "RS256", "RS256")) is not None
    for algorithm in ("PS256", "RS512"):
        await refused(sign_in, signed(RSA, algorithm, "RS256"))
    await refused(sign_in, signed(EC, "ES256", "RS256"))
    await refused(sign_in, assemble({"alg": "none", "kid": "RS256"}, json.dumps(claims(iss=ISSUER)).encode()))


async def test_a_public_key_used_as_an_hs256_secret_is_refused(sign_in: SignIn) -> None:
    """The forger signs with HS256 and the published key as its secret."""
    assert await identified(sign_in, signed(RSA, "RS256", "RS256")) is not None
    public = RSA.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    unsigned = assemble({"alg": "HS256", "kid": "RS256"}, json.dumps(claims(iss=ISSUER)).encode()).rstrip(".")
    signature = jwt.get_algorithm_by_name("HS256").sign(unsigned.encode(), public)
    await refused(sign_in, f"{unsigned}.{jwt.utils.base64url_encode(signature).decode()}")


@pytest.mark.parametrize(
    "unusable",
    [
        {"use": "enc"},
        {"alg": "PS256"},
        {"kty": "oct", "k": "AAAA"},
        {"n": "AAAA"},
        {"kid": 7},
    ],
)
async def test_a_key_for_another_use_is_ignored(
    key_server: KeyServer, sign_in: SignIn, unusable: dict[str, object]
) -> None:
    assert await identified(sign_in, signed(RSA, "RS256", "RS256")) is not None
    key_server.keys = [jwk(RSA, "RS256") | unusable, jwk(EC, "ES256")]
    new_sign_in = SignIn(Settings(jwks_url=key_server.url, jwt_issuer=ISSUER))
    assert await identified(new_sign_in, signed(EC, "ES256", "ES256")) is not None
    await refused(new_sign_in, signed(RSA, "RS256", "RS256"))


@pytest.mark.filterwarnings("ignore:The RSA key is 1024 bits")
async def test_a_short_rsa_key_is_refused(key_server: KeyServer, sign_in: SignIn) -> None:
    short = rsa.generate_private_key(65537, 1024)
    key_server.keys = [jwk(short, "short"), jwk(RSA, "long")]
    assert await identified(sign_in, signed(RSA, "RS256", "long")) is not None
    await refused(sign_in, signed(short, "RS256", "short"))


async def test_concurrent_sign_ins_make_one_request(key_server: KeyServer, sign_in: SignIn) -> None:
    key_server.delay = 0.2
    token = signed(RSA, "RS256", "RS256")
    assert all(await asyncio.gather(*(identified(sign_in, token) for _ in range(50))))
    assert len(key_server.requests) == 1


async def test_unknown_key_ids_do_not_cause_requests(key_server: KeyServer, sign_in: SignIn) -> None:
    assert await identified(sign_in, signed(RSA, "RS256", "RS256")) is not None
    for number in range(20):
        await refused(sign_in, signed(FOREIGN, "RS256", f"unknown-{number}"))
    assert len(key_server.requests) == 1


@pytest.mark.usefixtures("no_interval")
async def test_a_new_key_is_found_and_a_withdrawn_key_is_forgotten(key_server: KeyServer, sign_in: SignIn) -> None:
    assert await identified(sign_in, signed(RSA, "RS256", "RS256")) is not None
    key_server.keys = [jwk(FOREIGN, "next")]
    assert await identified(sign_in, signed(FOREIGN, "RS256", "next")) is not None
    await refused(sign_in, signed(RSA, "RS256", "RS256"))


@pytest.mark.usefixtures("no_interval")
async def test_old_keys_are_refreshed_in_the_background(
    key_server: KeyServer, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = signed(RSA, "RS256", "RS256")
    assert await identified(sign_in, token) is not None
    monkeypatch.setattr(jwks, "REFRESH_AFTER", 0.0)
    key_server.keys, key_server.delay = [], 0.3
    assert await identified(sign_in, token) is not None
    await until_true(lambda: is_refused(sign_in, token), "the refresh of the keys")


@pytest.mark.usefixtures("no_interval")
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 302, "headers": {"location": "/keys"}},
        {"padding": jwks.MAX_BYTES},
        {"keys": 7},
        {"delay": 0.5},
    ],
    ids=str,
)
async def test_known_keys_stay_valid_while_the_key_server_fails(
    key_server: KeyServer, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, fault: dict[str, object]
) -> None:
    assert await identified(sign_in, signed(RSA, "RS256", "RS256")) is not None
    monkeypatch.setattr(jwks, "TIMEOUT", 0.25)
    for name, value in fault.items():
        setattr(key_server, name, value)
    await refused(sign_in, signed(FOREIGN, "RS256", "unknown"))
    assert len(key_server.requests) == 2
    assert await identified(sign_in, signed(RSA, "RS256", "RS256")) is not None


@pytest.mark.usefixtures("no_interval")
async def test_the_error_says_that_the_key_server_has_not_answered_yet(key_server: KeyServer, sign_in: SignIn) -> None:
    key_server.status = 503
    token = signed(RSA, "RS256", "RS256")
    assert "cannot be fetched" in await refused(sign_in, token)
    key_server.status = 200
    assert await identified(sign_in, token) is not None
