"""Checks whether a source module follows the contract: calls it as the chat would, and reports findings."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from uuid import uuid4

import jwt

from chat.cards import CardAccess, Check
from models.enums import ItemKind
from sources import HttpConfig, contract
from sources.endpoint import Endpoint, Reply
from sources.findings import Finding, Mark, about_the_item
from sources.verdicts import ModuleFailed

REFUSALS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
SECRET_BYTES = 32
GIVE_A_READER = "give an agent who may see the item, because no card can be checked without one"
ACCESS_VALUES = (CardAccess.GRANTED, CardAccess.FORBIDDEN, CardAccess.REMOVED)


@dataclass(frozen=True)
class Trial:
    """The module, and an agent and an item to ask it about. The agent should be able to see the item."""

    module: HttpConfig
    kind: ItemKind
    account_id: str
    agent_id: str
    item_id: str

    @property
    def secret(self) -> str:
        return self.module.secret.get_secret_value()

    @property
    def seconds(self) -> float:
        return self.module.timeout_ms / 1000

    @property
    def pair(self) -> Check:
        return Check(self.agent_id, self.item_id)


class NoUsableAnswer(Exception):
    """The module gave no usable response. The text is the reason."""


async def findings(trial: Trial) -> AsyncIterator[Finding]:
    """Yields findings as they are made. Stops if the module does not answer at all."""
    endpoint = Endpoint(trial.module.url)
    questions = _Questions(trial, endpoint)
    try:
        async for finding in _about_the_answer(questions):
            yield finding
        for probe in (_tokens, _unknown_items, _unknown_agents, _order, _many):
            for finding in await _findings_of(probe, questions):
                yield finding
    except NoUsableAnswer as failure:
        yield Finding(Mark.WRONG, f"It returns no usable response: {failure}.")
    finally:
        await endpoint.aclose()


class _Questions:
    def __init__(self, trial: Trial, endpoint: Endpoint) -> None:
        self.trial = trial
        self._endpoint = endpoint

    async def results(self, checks: Sequence[Check], account_id: str | None = None) -> dict[Check, contract.WireResult]:
        """Raises NoUsableAnswer for a response that the chat would show as UNAVAILABLE."""
        token = contract.token(self.trial.secret)
        reply = await self.reply(checks, token, account_id)
        if reply.status != HTTPStatus.OK:
            raise NoUsableAnswer(_status(reply.status))
        try:
            results = contract.answer(reply.body).results
        except ModuleFailed as failure:
            raise NoUsableAnswer(str(failure)) from None
        by_pair = {Check(result.agent_id, result.item_id): result for result in results}
        if len(by_pair) < len(results):
            raise NoUsableAnswer("it returns two results for one pair")
        return by_pair

    async def reply(self, checks: Sequence[Check], token: str | None, account_id: str | None = None) -> Reply:
        body = contract.question(account_id or self.trial.account_id, self.trial.kind, checks)
        try:
            async with asyncio.timeout(self.trial.seconds):
                return await self._endpoint.send(body, token)
        except TimeoutError:
            raise NoUsableAnswer(f"no answer within {self.trial.seconds:g} s") from None
        except ModuleFailed as failure:
            raise NoUsableAnswer(str(failure)) from None


Probe = Callable[[_Questions], Awaitable[list[Finding]]]


async def _findings_of(probe: Probe, questions: _Questions) -> list[Finding]:
    try:
        return await probe(questions)
    except NoUsableAnswer as failure:
        return [Finding(Mark.WRONG, f"{(probe.__doc__ or '').rstrip('.')}: {failure}.")]


async def _about_the_answer(questions: _Questions) -> AsyncIterator[Finding]:
    trial = questions.trial
    if len(trial.secret.encode()) < SECRET_BYTES:
        yield Finding(Mark.NOTE, f"The secret is short. Use {SECRET_BYTES} bytes or more.")
    began = time.monotonic()
    results = await questions.results([trial.pair])
    took = (time.monotonic() - began) * 1000
    yield Finding(Mark.OK, f"It answers with a response that matches the contract ({took:.0f} ms).")
    for finding in _about_the_pair(trial, results.get(trial.pair)):
        yield finding
    if set(results) - {trial.pair}:
        yield Finding(Mark.NOTE, "It returns results for pairs that were not requested. The chat ignores them.")


def _about_the_pair(trial: Trial, result: contract.WireResult | None) -> list[Finding]:
    pair = f"agent {trial.agent_id} and item {trial.item_id}"
    if result is None:
        return [Finding(Mark.WRONG, f"It returns no result for {pair}, which means FORBIDDEN: {GIVE_A_READER}.")]
    if result.access not in ACCESS_VALUES:
        return [Finding(Mark.WRONG, f"For {pair}, `access` is not one of {', '.join(ACCESS_VALUES)}.")]
    if result.access != CardAccess.GRANTED:
        return [Finding(Mark.WRONG, f"For {pair}, it answers {result.access}: {GIVE_A_READER}.")]
    return [Finding(Mark.OK, f"For {pair}, it answers GRANTED."), *about_the_item(trial.kind, result.item)]


async def _tokens(questions: _Questions) -> list[Finding]:
    """Called with invalid tokens."""
    found = []
    for described, token in _bad_tokens(questions.trial.secret).items():
        reply = await questions.reply([questions.trial.pair], token)
        if reply.status not in REFUSALS:
            found.append(Finding(Mark.WRONG, f"Called {described}, it answers {reply.status} instead of 401 or 403."))
    return found or [
        Finding(Mark.OK, "It rejects invalid tokens: none, wrong secret, expired, wrong audience, unsigned.")
    ]


def _bad_tokens(secret: str) -> dict[str, str | None]:
    soon, past = datetime.now(UTC) + contract.TOKEN_LIFE, datetime.now(UTC) - timedelta(hours=1)
    good = {"aud": contract.AUDIENCE, "exp": soon}
    return {
        "without a token": None,
        "with a token signed with another secret": jwt.encode(good, uuid4().hex, algorithm="HS256"),
        "with an expired token": jwt.encode({**good, "exp": past}, secret, algorithm="HS256"),
        "with a token for another audience": jwt.encode({**good, "aud": "somebody-else"}, secret, algorithm="HS256"),
        "with an unsigned token": jwt.encode(good, "", algorithm="none"),
    }


async def _unknown_items(questions: _Questions) -> list[Finding]:
    """Asked for an item that does not exist."""
    trial = questions.trial
    unknown = Check(trial.agent_id, f"unknown-{uuid4().hex}")
    alone, together = await questions.results([unknown]), await questions.results([unknown, trial.pair])
    found = [_not_forbidden("for an item that does not exist", results.get(unknown)) for results in (alone, together)]
    return (found[0] or found[1]) or [Finding(Mark.OK, "It answers FORBIDDEN for an unknown item.")]


async def _unknown_agents(questions: _Questions) -> list[Finding]:
    """Asked for an agent, and for an account, that do not exist."""
    trial = questions.trial
    unknown = Check(f"unknown-{uuid4().hex}", trial.item_id)
    here = (await questions.results([unknown])).get(unknown)
    elsewhere = (await questions.results([trial.pair], account_id=f"unknown-{uuid4().hex}")).get(trial.pair)
    found = [
        *_not_forbidden("for an agent who does not exist", here),
        *_not_forbidden("in an account that does not exist (does it check account_id?)", elsewhere),
    ]
    return found or [Finding(Mark.OK, "It grants nothing to unknown agents, and nothing in unknown accounts.")]


async def _order(questions: _Questions) -> list[Finding]:
    """Asked for the same pairs in another order."""
    trial = questions.trial
    checks = [trial.pair, *(Check(trial.agent_id, f"unknown-{number}") for number in range(3))]
    there, back = await questions.results(checks), await questions.results(checks[::-1])
    if any(_access(there.get(check)) != _access(back.get(check)) for check in checks):
        return [Finding(Mark.WRONG, "Its results depend on the order of the checks.")]
    return [Finding(Mark.OK, "Its results do not depend on the order of the checks.")]


async def _many(questions: _Questions) -> list[Finding]:
    """Asked for as many pairs as one call can have."""
    trial = questions.trial
    others = [Check(trial.agent_id, f"unknown-{number}") for number in range(contract.CHECKS_PER_CALL - 1)]
    began = time.monotonic()
    alone, among = await questions.results([trial.pair]), await questions.results([*others, trial.pair])
    took = (time.monotonic() - began) * 1000
    if _access(alone.get(trial.pair)) != _access(among.get(trial.pair)):
        return [Finding(Mark.WRONG, f"Its result for the pair differs among {contract.CHECKS_PER_CALL} checks.")]
    return [Finding(Mark.OK, f"It answers {contract.CHECKS_PER_CALL} checks in one call ({took:.0f} ms).")]


def _access(result: contract.WireResult | None) -> str:
    return CardAccess.FORBIDDEN if result is None else result.access


def _not_forbidden(asked: str, result: contract.WireResult | None) -> list[Finding]:
    """Returns a finding unless the answer is FORBIDDEN. Any other answer would reveal which ids exist."""
    access = _access(result)
    if access == CardAccess.FORBIDDEN:
        return []
    shown = access if access in ACCESS_VALUES else "an unknown value"
    return [Finding(Mark.WRONG, f"Asked {asked}, it answers {shown} instead of FORBIDDEN.")]


def _status(status: int) -> str:
    match status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return f"it answers a valid token with status {status}: its secret may differ"
        case _ if 300 <= status < 400:
            return f"it redirects (status {status}), which the chat does not follow"
    return f"it answers with status {status} instead of 200"
