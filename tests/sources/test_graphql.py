"""Federated modules: refusing one agent is an answer for that agent, and other agents are asked as before."""

import time
from collections.abc import Iterator

import pytest

from chat.cards import Check
from models.enums import ItemKind
from sources import GraphQLConfig, Sources
from sources.breaker import FAILURES
from tests.sources.conftest import Build
from tests.sources.processes import running
from tests.sources.refusing_subgraph import ANSWERS, REFUSED
from tests.sources.world import SECRET

REFUSALS = {"forbidden", "not found", "bare", "without entities", "unauthenticated", "unauthorized"}
FAULTS = {"broken", "without a code", "odd code", "partly", "invalid"}
FAILED = {"text", "error", "nothing", "no errors"}


@pytest.fixture(scope="session")
def subgraph_url() -> Iterator[str]:
    with running("tests.sources.refusing_subgraph:app") as url:
        yield url


def subgraph(build: Build, url: str, path: str) -> Sources:
    return build(DEAL=GraphQLConfig.model_validate({"url": f"{url}/{path}", "secret": SECRET, "timeout_ms": 5000}))


async def access(sources: Sources, agent: str) -> str:
    check = Check(agent, "77")
    return (await sources.answer("1", ItemKind.DEAL, [check]))[check].access.value


def test_every_prepared_answer_is_in_one_group() -> None:
    assert set(ANSWERS) == REFUSALS | FAULTS | FAILED


@pytest.mark.parametrize("path", sorted(REFUSALS))
async def test_a_refusal_is_an_answer_for_its_agent(build: Build, subgraph_url: str, path: str) -> None:
    sources = subgraph(build, subgraph_url, path)
    assert [await access(sources, agent) for agent in sorted(REFUSED)] == ["FORBIDDEN"] * len(REFUSED)
    assert await access(sources, "1") == "GRANTED"


@pytest.mark.parametrize("path", sorted(FAULTS))
async def test_other_errors_affect_only_their_agent(build: Build, subgraph_url: str, path: str) -> None:
    sources = subgraph(build, subgraph_url, path)
    assert [await access(sources, agent) for agent in sorted(REFUSED)] == ["UNAVAILABLE"] * len(REFUSED)
    assert await access(sources, "1") == "GRANTED"


@pytest.mark.parametrize("path", sorted(FAILED))
async def test_an_answer_that_is_not_graphql_is_a_failure(build: Build, subgraph_url: str, path: str) -> None:
    sources = subgraph(build, subgraph_url, path)
    assert len(REFUSED) == FAILURES
    assert [await access(sources, agent) for agent in sorted(REFUSED)] == ["UNAVAILABLE"] * len(REFUSED)
    assert await access(sources, "1") == "UNAVAILABLE", "the breaker is open"


async def test_an_answer_with_many_errors_is_read_in_linear_time(build: Build, subgraph_url: str) -> None:
    sources, checks = subgraph(build, subgraph_url, "many errors"), [Check("1", str(number)) for number in range(500)]
    began = time.monotonic()
    answers = await sources.answer("1", ItemKind.DEAL, checks)
    assert time.monotonic() - began < 5
    assert [answers[check].access.value for check in checks] == ["FORBIDDEN"] * 499 + ["REMOVED"]
