"""Tokens signed with the HS256 secret. Each refused token differs in one thing from an accepted one."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest

from chat.errors import DenialCode, Denied
from chat.identity import AgentToken, DirectoryToken, Identity
from server.identity import sign_in as sign_in_module
from server.identity.sign_in import SignIn
from server.identity.tokens import issue_token
from server.misconfigured import Misconfigured
from server.settings import Settings

SECRET = "a secret of thirty-two bytes or more"
OTHER_SECRET = "another secret, of as many bytes as that"
Claims = dict[str, object]


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    return Settings.model_validate({"jwt_secret": SECRET, "data_dir": data_dir})


@pytest.fixture
def sign_in(settings: Settings) -> SignIn:
    return SignIn(settings)


def claims(**changed: object) -> Claims:
    good: Claims = {
        "iss": "internal-chat",
        "aud": "internal-chat",
        "sub": "2",
        "account_id": "1",
        "exp": in_seconds(),
    }
    return {name: value for name, value in (good | changed).items() if value is not None}


def in_seconds(seconds: float = 60) -> int:
    return int((datetime.now(UTC) + timedelta(seconds=seconds)).timestamp())


def signed(content: Claims, secret: str = SECRET, algorithm: str = "HS256") -> str:
    return jwt.encode(content, secret, algorithm=algorithm)


def assemble(header: Mapping[str, object], content: bytes, signature: bytes = b"") -> str:
    parts = json.dumps(header).encode(), content, signature
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


async def identified(sign_in: SignIn, token: str) -> Identity | None:
    return await sign_in.identify(f"Bearer {token}")


async def refusal(sign_in: SignIn, token: str) -> str:
    """Returns the message with which the token is refused, after a valid token was accepted."""
    assert await identified(sign_in, signed(claims())) is not None
    with pytest.raises(Denied) as denied:
        await identified(sign_in, token)
    assert denied.value.code is DenialCode.UNAUTHENTICATED
    assert token not in denied.value.message
    assert denied.value.__suppress_context__ or denied.value.__context__ is None
    return denied.value.message


async def test_the_token_of_an_agent_is_accepted(sign_in: SignIn) -> None:
    expires = in_seconds()
    identity = await identified(sign_in, signed(claims(exp=expires)))
    assert identity == AgentToken("1", "2", datetime.fromtimestamp(expires, UTC))


async def test_the_token_of_the_directory_service_is_accepted(sign_in: SignIn) -> None:
    for scope in ("directory", "openid directory", ["openid", "directory"]):
        assert isinstance(await identified(sign_in, signed(claims(scope=scope))), DirectoryToken)
    assert isinstance(await identified(sign_in, signed(claims(scope="directory.read"))), AgentToken)


async def test_a_request_without_a_token_has_no_identity(sign_in: SignIn) -> None:
    assert await sign_in.identify(None) is None


@pytest.mark.parametrize("form", ["", "Bearer", "Bearer ", "Basic {}", "{}", "Bearer {} {}", "Bearer " + "a" * 9000])
async def test_a_header_that_is_not_a_bearer_token_is_refused(sign_in: SignIn, form: str) -> None:
    token = signed(claims())
    for control in ("Bearer {}", "bearer {}", " Bearer   {} "):
        assert await sign_in.identify(control.format(token)) is not None
    with pytest.raises(Denied) as denied:
        await sign_in.identify(form.format(token, token))
    assert denied.value.code is DenialCode.UNAUTHENTICATED
    assert token not in denied.value.message


@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "sub", "account_id"])
async def test_a_missing_claim_is_refused(sign_in: SignIn, claim: str) -> None:
    assert claim in await refusal(sign_in, signed(claims(**{claim: None})))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"exp": in_seconds(-31)}, "The token has expired."),
        ({"aud": "another-service"}, "The token is meant for another audience."),
        ({"aud": ["another-service"]}, "The token is meant for another audience."),
        ({"iss": "internal-chat-demo"}, "The token comes from another issuer."),
        ({"nbf": in_seconds(3600)}, "The token is not valid."),
        ({"exp": "tomorrow"}, "The token is not valid."),
        ({"exp": 1e300}, "The token's claim exp is not a time."),
        ({"sub": 2}, "The token's claim sub is not a string."),
        ({"sub": ["2"]}, "The token's claim sub is not a string."),
        ({"sub": ""}, "The token's claim sub is not an id."),
        ({"sub": "2" * 65}, "The token's claim sub is not an id."),
        ({"sub": "2\x00"}, "The token's claim sub is not an id."),
        ({"sub": "\ud800"}, "The token's claim sub is not an id."),
        ({"account_id": ["1"]}, "The token's claim account_id is not an id."),
        ({"account_id": True}, "The token's claim account_id is not an id."),
        ({"account_id": " 1"}, "The token's claim account_id is not an id."),
    ],
)
async def test_an_invalid_claim_is_refused(sign_in: SignIn, changed: Claims, sentence: str) -> None:
    assert await refusal(sign_in, signed(claims(**changed))) == sentence


async def test_clocks_can_differ_by_30_seconds(sign_in: SignIn) -> None:
    assert await identified(sign_in, signed(claims(exp=in_seconds(-25)))) is not None
    assert await identified(sign_in, signed(claims(nbf=in_seconds(25)))) is not None


async def test_a_token_that_was_accepted_before_is_refused_once_it_has_expired(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = signed(claims(exp=in_seconds(-10)))
    assert await identified(sign_in, token) == await identified(sign_in, token)
    monkeypatch.setattr(sign_in_module, "LEEWAY", timedelta(0))
    assert await refusal(sign_in, token) == "The token has expired."


async def test_only_the_latest_tokens_are_remembered(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in_module, "VERIFIED_TOKENS", 2)
    for sub in ("1", "2", "3", "1"):
        identity = await identified(sign_in, signed(claims(sub=sub)))
        assert isinstance(identity, AgentToken)
        assert identity.agent_id == sub
    assert len(sign_in._verified) == 2


async def test_the_audience_can_be_a_list_and_the_account_a_number(sign_in: SignIn) -> None:
    identity = await identified(sign_in, signed(claims(aud=["crm", "internal-chat"], account_id=1, sub="2" * 64)))
    assert identity is not None
    assert identity.account_id == "1"


@pytest.mark.parametrize("claim", ["type", "role", "user_type"])
@pytest.mark.parametrize("kind", ["contact", "customer", "Customer", ["agent", "contact"]])
@pytest.mark.parametrize("scope", [None, "directory"])
async def test_tokens_of_contacts_and_customers_are_refused(
    sign_in: SignIn, claim: str, kind: object, scope: str | None
) -> None:
    assert await identified(sign_in, signed(claims(**{claim: "agent"}))) is not None
    assert "contacts and customers" in await refusal(sign_in, signed(claims(**{claim: kind}, scope=scope)))


async def test_a_wrong_signature_is_refused(sign_in: SignIn) -> None:
    header, payload, signature = signed(claims()).split(".")
    _, other_payload, _ = signed(claims(sub="1")).split(".")
    content = json.dumps(claims()).encode()
    for token in (
        signed(claims(), OTHER_SECRET),
        f"{header}.{other_payload}.{signature}",
        f"{header}.{payload}.",
        f"{header}.{payload}",
        assemble({"alg": "none", "typ": "JWT"}, content),
        assemble({"alg": "None"}, content),
        assemble({"alg": "none"}, content, b"x"),
        assemble({}, content),
        assemble({"alg": ["HS256"]}, content),
        "a.b.c",
        "\u00e9\u00e9.\u00e9.\u00e9",
    ):
        assert await refusal(sign_in, token) == "The token is not valid."


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
async def test_another_algorithm_with_the_right_secret_is_refused(sign_in: SignIn, algorithm: str) -> None:
    longer = SECRET * 2
    doubled = SignIn(Settings.model_validate({"jwt_secret": longer}))
    assert await identified(doubled, signed(claims(), longer)) is not None
    with pytest.raises(Denied):
        await identified(doubled, signed(claims(), longer, algorithm))


async def test_malformed_json_is_refused(sign_in: SignIn) -> None:
    deep = b"[" * 3000 + b"]" * 3000
    header = {"alg": "HS256", "typ": "JWT"}
    algorithm = jwt.get_algorithm_by_name("HS256")
    no_numbers = [json.dumps(claims(exp=value)).encode() for value in (float("nan"), float("inf"))]
    for content in (deep, b"[]", b"1", b"\xff", b"", *no_numbers):
        unsigned = assemble(header, content).rpartition(".")[0]
        signature = algorithm.sign(unsigned.encode(), SECRET.encode())
        token = f"{unsigned}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
        assert await refusal(sign_in, token) == "The token is not valid."


async def test_an_issued_token_is_accepted(settings: Settings, sign_in: SignIn) -> None:
    token = issue_token(settings, "1", "2", timedelta(minutes=5))
    identity = await identified(sign_in, token)
    assert isinstance(identity, AgentToken)
    assert timedelta(minutes=4) < identity.expires_at - datetime.now(UTC) <= timedelta(minutes=5)
    service = issue_token(settings, "1", "sync", timedelta(minutes=5), scope="directory")
    assert isinstance(await identified(sign_in, service), DirectoryToken)


async def test_a_token_of_the_demo_is_refused_outside_the_demo(data_dir: Path, sign_in: SignIn) -> None:
    demo = Settings(data_dir=data_dir)
    token = issue_token(demo, "1", "2", timedelta(minutes=5))
    assert await identified(SignIn(demo), token) is not None
    await refusal(sign_in, token)
    elsewhere = Settings(data_dir=data_dir / "elsewhere")
    with pytest.raises(Denied):
        await identified(SignIn(elsewhere), token)


def test_issuing_a_token_is_refused_with_a_key_server() -> None:
    settings = Settings(jwks_url="https://id.example/keys", jwt_issuer="https://id.example")
    with pytest.raises(Misconfigured, match="key server"):
        issue_token(settings, "1", "2", timedelta(minutes=5))
