"""The requests to source modules and their responses. docs/source-modules.md documents the contract.

A response that does not match the contract is rejected as a whole, because the module evidently implements something
else. In a response that matches it, an invalid result affects only its own agent and item.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import jwt
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from chat.cards import CardAccess, Check
from models.enums import ItemKind
from sources.items import granted
from sources.verdicts import FORBIDDEN, REMOVED, Fault, ModuleFailed, Verdict

AUDIENCE = "internal-chat-source"
TOKEN_LIFE = timedelta(seconds=60)
CHECKS_PER_CALL = 500
RESULTS_LIMIT = 20 * CHECKS_PER_CALL
"""Results for other pairs are ignored, but parsing them blocks the event loop."""


class WireCheck(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)

    agent_id: str
    item_id: str


class WireQuestion(BaseModel):
    """The body of a request."""

    model_config = ConfigDict(strict=True, frozen=True)

    account_id: str
    kind: str
    checks: tuple[WireCheck, ...]


class WireResult(BaseModel):
    """`item` is read only with GRANTED. Other fields are ignored."""

    model_config = ConfigDict(strict=True, frozen=True)

    agent_id: str
    item_id: str
    access: str
    item: JsonValue = None


class WireAnswer(BaseModel):
    """The body of a response. Validation stops at the first invalid result, because collecting all errors took
    seconds."""

    model_config = ConfigDict(strict=True, frozen=True)

    results: list[WireResult] = Field(max_length=RESULTS_LIMIT, fail_fast=True)


def token(secret: str, claims: Mapping[str, str] | None = None) -> str:
    """Returns a token for one call. It has no `iat`, so that a module whose clock is slow accepts it."""
    expiry = datetime.now(UTC) + TOKEN_LIFE
    return jwt.encode({**(claims or {}), "aud": AUDIENCE, "exp": expiry}, secret, algorithm="HS256")


def question(account_id: str, kind: ItemKind, checks: Sequence[Check]) -> bytes:
    wired = tuple(WireCheck(agent_id=check.agent_id, item_id=check.item_id) for check in checks)
    return WireQuestion(account_id=account_id, kind=kind.value, checks=wired).model_dump_json().encode()


def verdicts(kind: ItemKind, checks: Sequence[Check], body: bytes) -> dict[Check, Verdict]:
    """Returns a verdict for each check: FORBIDDEN if the response has no result for it."""
    found: dict[Check, Verdict] = {}
    asked = frozenset(checks)
    for result in answer(body).results:
        check = Check(result.agent_id, result.item_id)
        if check in found:
            found[check] = Fault("two results for one pair")
        elif check in asked:
            found[check] = _verdict(kind, result)
    return {check: found.get(check, FORBIDDEN) for check in checks}


def answer(body: bytes) -> WireAnswer:
    """Returns the parsed response. Raises ModuleFailed if it does not match the contract."""
    try:
        return WireAnswer.model_validate_json(body)
    except ValidationError as error:
        raise ModuleFailed(_refusal(error)) from None


def _verdict(kind: ItemKind, result: WireResult) -> Verdict:
    match result.access:
        case CardAccess.GRANTED:
            return granted(kind, result.item)
        case CardAccess.FORBIDDEN:
            return FORBIDDEN
        case CardAccess.REMOVED:
            return REMOVED
    return Fault("an unknown value of `access`")


def _refusal(error: ValidationError) -> str:
    """Returns the path of the error in the contract's field names. Values that the module sent must not be logged."""
    first = error.errors(include_input=False, include_url=False)[0]
    if first["type"] == "json_invalid":
        return "the response is not JSON"
    known = {*WireAnswer.model_fields, *WireResult.model_fields}
    place = ".".join(str(part) for part in first["loc"] if isinstance(part, int) or part in known)
    return f"the response does not match the contract at {place or 'its root'} ({first['type']})"
