"""What goes over the wire between the chat and a source module: see docs/source-modules.md.

Two strictnesses, on purpose. An answer that does not have the contract's shape is refused whole: the module evidently
speaks something else. In one that has it, a pair that cannot be shown costs only that pair.
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
"""Results that were not asked for are passed over, but reading them costs time that others wait."""


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
    """`item` is looked at only with GRANTED. What a module says beside these fields is not looked at."""

    model_config = ConfigDict(strict=True, frozen=True)

    agent_id: str
    item_id: str
    access: str
    item: JsonValue = None


class WireAnswer(BaseModel):
    """The body of a response. The first wrong result ends the reading: to list them all took seconds."""

    model_config = ConfigDict(strict=True, frozen=True)

    results: list[WireResult] = Field(max_length=RESULTS_LIMIT, fail_fast=True)


def token(secret: str, claims: Mapping[str, str] | None = None) -> str:
    """Signed for one call. Without `iat`, so that a module whose clock is behind takes it too."""
    expiry = datetime.now(UTC) + TOKEN_LIFE
    return jwt.encode({**(claims or {}), "aud": AUDIENCE, "exp": expiry}, secret, algorithm="HS256")


def question(account_id: str, kind: ItemKind, checks: Sequence[Check]) -> bytes:
    wired = tuple(WireCheck(agent_id=check.agent_id, item_id=check.item_id) for check in checks)
    return WireQuestion(account_id=account_id, kind=kind.value, checks=wired).model_dump_json().encode()


def verdicts(kind: ItemKind, checks: Sequence[Check], body: bytes) -> dict[Check, Verdict]:
    """Returns a verdict for each check: FORBIDDEN for what the module left out; what was not asked is passed over."""
    found: dict[Check, Verdict] = {}
    asked = frozenset(checks)
    for result in answer(body).results:
        check = Check(result.agent_id, result.item_id)
        if check in found:
            found[check] = Fault("a pair answered twice")
        elif check in asked:
            found[check] = _verdict(kind, result)
    return {check: found.get(check, FORBIDDEN) for check in checks}


def answer(body: bytes) -> WireAnswer:
    """Raises ModuleFailed where the body has not the contract's shape."""
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
    return Fault("an unknown word for `access`")


def _refusal(error: ValidationError) -> str:
    """Where it is wrong, in the contract's own names: what the module sent is not for the log."""
    first = error.errors(include_input=False, include_url=False)[0]
    if first["type"] == "json_invalid":
        return "the answer is not JSON"
    known = {*WireAnswer.model_fields, *WireResult.model_fields}
    place = ".".join(str(part) for part in first["loc"] if isinstance(part, int) or part in known)
    return f"the answer has not the contract's shape at {place or 'its top'} ({first['type']})"
