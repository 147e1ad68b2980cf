"""The chat, a CRM, and real gateways in front of both."""

import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.schema.federation.composing import HERE, Composition, Subgraph, compose
from tests.schema.federation.crm import Crm, serving_crm
from tests.support.node import installed
from tests.support.processes import PROGRAM, SERVE, free_port, running

SIBLINGS = ("crm", "conversations", "accounts")


@pytest.fixture(scope="session")
def node_folder(npm_folder: Path) -> Path:
    return installed(HERE, npm_folder)


@pytest.fixture(scope="session")
def own_sdl() -> str:
    return subprocess.run([PROGRAM, "schema"], capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.fixture(scope="session")
def siblings() -> list[Subgraph]:
    return [Subgraph(name, (HERE / "subgraphs" / f"{name}.graphql").read_text("utf-8")) for name in SIBLINGS]


@pytest.fixture(scope="session")
def folder_of_servers() -> Iterator[Path]:
    """Not below tmp_path: pytest makes its parent private, so the account that runs PostgreSQL could not enter it."""
    with tempfile.TemporaryDirectory(prefix="internal-chat-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
async def chat_url(folder_of_servers: Path) -> AsyncIterator[str]:
    port = free_port()
    settings = {"CHAT_DATA_DIR": str(folder_of_servers / "data"), "CHAT_PORT": str(port)}
    url = f"http://127.0.0.1:{port}/graphql"
    async with running(SERVE, url, folder_of_servers / "chat.log", settings=settings) as answering:
        yield answering


@pytest.fixture(scope="session")
async def crm() -> AsyncIterator[Crm]:
    async with serving_crm() as crm:
        yield crm


@pytest.fixture(scope="session")
def platform(own_sdl: str, siblings: list[Subgraph], chat_url: str, crm: Crm) -> list[Subgraph]:
    """The subgraphs with their addresses. Only the chat and the CRM have a server."""
    addresses = {"crm": crm.url}
    others = [Subgraph(each.name, each.sdl, addresses.get(each.name, each.url)) for each in siblings]
    return [Subgraph("chat", own_sdl, chat_url), *others]


@pytest.fixture(scope="session")
def apollo_supergraph(node_folder: Path, platform: list[Subgraph], folder_of_servers: Path) -> Path:
    return _written(folder_of_servers / "apollo.graphql", compose(node_folder, "apollo", platform))


@pytest.fixture(scope="session")
def guild_supergraph(node_folder: Path, platform: list[Subgraph], folder_of_servers: Path) -> Path:
    """Written once: Hive's gateway watches the file, and ends when it reads half of it."""
    return _written(folder_of_servers / "guild.graphql", compose(node_folder, "guild", platform))


@pytest.fixture(scope="session")
async def apollo_url(node_folder: Path, apollo_supergraph: Path, folder_of_servers: Path) -> AsyncIterator[str]:
    """The address of Apollo's gateway."""
    port = free_port()
    command = ("node", "apollo_gateway.mjs", str(apollo_supergraph), str(port))
    log = folder_of_servers / "apollo.log"
    async with running(command, f"http://127.0.0.1:{port}/", log, node_folder) as url:
        yield url


@pytest.fixture(scope="session")
async def hive_over_sse_url(node_folder: Path, guild_supergraph: Path, folder_of_servers: Path) -> AsyncIterator[str]:
    """The address of Hive's gateway, which receives subscriptions from the chat as server-sent events."""
    async with _hive("hive_over_sse", guild_supergraph, node_folder, folder_of_servers) as url:
        yield url


@pytest.fixture(scope="session")
async def hive_over_sockets_url(
    node_folder: Path, guild_supergraph: Path, folder_of_servers: Path
) -> AsyncIterator[str]:
    """The address of Hive's gateway, which receives subscriptions from the chat over sockets."""
    async with _hive("hive_over_sockets", guild_supergraph, node_folder, folder_of_servers) as url:
        yield url


@asynccontextmanager
async def _hive(config: str, supergraph: Path, node_folder: Path, folder: Path) -> AsyncIterator[str]:
    port = free_port()
    program = ("node", "node_modules/@graphql-hive/gateway/dist/bin.js", "supergraph", str(supergraph))
    options = ("--config-path", f"{config}.mjs", "--host", "127.0.0.1", "--port", str(port))
    url = f"http://127.0.0.1:{port}/graphql"
    async with running(program + options, url, folder / f"{config}.log", node_folder) as answering:
        yield answering


def _written(path: Path, composition: Composition) -> Path:
    assert composition.supergraph is not None, composition.errors
    path.write_text(composition.supergraph, "utf-8")
    return path
