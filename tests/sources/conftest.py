"""Source modules, each in a process of its own that runs for all tests."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from models.enums import ItemKind
from sources import DemoConfig, GraphQLConfig, HttpConfig, SourceConfig, Sources, build_sources
from tests.sources.processes import running
from tests.sources.world import SECRET, demo_items, items

Build = Callable[..., Sources]
FIELDS = {
    "title": "name",
    "url": "webUrl",
    "stage": "pipelineStage.name",
    "amount": "amount",
    "currency": "currency",
}


@pytest.fixture(scope="session")
def items_file(worker_folder: Path) -> Path:
    path = worker_folder / "items.json"
    path.write_text(json.dumps(items()))
    return path


@pytest.fixture(scope="session")
def example_url(items_file: Path) -> Iterator[str]:
    with running("examples.source_module.app:app", MODULE_SECRET=SECRET, MODULE_ITEMS=str(items_file)) as url:
        yield f"{url}/cards"


@pytest.fixture(scope="session")
def federated_url(items_file: Path) -> Iterator[str]:
    with running("tests.sources.federated_module:app", MODULE_SECRET=SECRET, MODULE_ITEMS=str(items_file)) as url:
        yield f"{url}/graphql"


@pytest.fixture(scope="session")
def faulty_url() -> Iterator[str]:
    with running("tests.sources.faulty_module:app") as url:
        yield url


@pytest.fixture
async def build() -> AsyncIterator[Build]:
    """Builds sources that are closed after the test."""
    built = []

    def build(**configs: SourceConfig) -> Sources:
        built.append(build_sources({ItemKind(kind): config for kind, config in configs.items()}, demo_items()))
        return built[-1]

    yield build
    for sources in built:
        await sources.aclose()


@pytest.fixture(params=["http", "graphql", "demo"])
def sources(request: pytest.FixtureRequest, build: Build) -> Sources:
    """Sources with each kind of gateway. Their modules hold the same items."""
    return build(DEAL=_config(request))


def _config(request: pytest.FixtureRequest) -> SourceConfig:
    match request.param:
        case "http":
            return HttpConfig.model_validate({"url": request.getfixturevalue("example_url"), "secret": SECRET})
        case "graphql":
            url = request.getfixturevalue("federated_url")
            return GraphQLConfig.model_validate({"url": url, "secret": SECRET, "fields": FIELDS})
    return DemoConfig()
