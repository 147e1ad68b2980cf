"""The embedded PostgreSQL is killed while servers of the chat use it."""

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from server.addresses import async_url
from server.postgres.postmaster import PORT, postmaster_of
from tests.live.faults.conversation import open_conversation
from tests.live.faults.replicas import Replicas, replicas

RECOVERY_SECONDS = 5
PATIENCE = 20
KILLS = 3
PROCESSES = Path("/proc")


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="internal-chat-embedded-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
async def pair(data_dir: Path) -> AsyncIterator[Replicas]:
    """Two servers that share the embedded database of one data directory. An empty setting counts as unset."""
    url = async_url(f"postgresql://postgres@/internal_chat?host={data_dir / 'postgres'}&port={PORT}")
    engine = create_async_engine(url, pool_pre_ping=True)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        yield await stack.enter_async_context(replicas(data_dir, "", engine, "memory://"))
    assert postmaster_of(data_dir / "postgres") is None, "the last server stops the database"


def _postmaster(pids: list[int]) -> list[int]:
    return pids[:1]


def _all(pids: list[int]) -> list[int]:
    return pids


@pytest.mark.parametrize("killed", [_postmaster, _all])
async def test_a_killed_database_is_back_within_seconds(
    pair: Replicas, data_dir: Path, killed: Callable[[list[int]], list[int]]
) -> None:
    """Streams deliver everything, once and in order. A message is accepted and arrives within five seconds of the
    kill."""
    loop = asyncio.get_running_loop()
    async with open_conversation(pair) as conversation:
        clients = [conversation.client(at="a"), conversation.client(at="b")]
        sender = conversation.sender()
        for number in range(1, KILLS + 1):
            await sender.send(f"before {number}")
            await asyncio.gather(*(client.has_received(2 * number - 1) for client in clients))
            killed_at = loop.time()
            _kill(killed(_processes_of_database(data_dir)))
            async with asyncio.timeout(PATIENCE):
                await sender.send(f"after {number}")
                await asyncio.gather(*(client.has_received(2 * number) for client in clients))
            assert loop.time() - killed_at < RECOVERY_SECONDS
        await conversation.check_deliveries(f"the embedded PostgreSQL killed ({killed.__name__[1:]}), {KILLS} times")
    await asyncio.gather(pair.a.ready(patience=RECOVERY_SECONDS), pair.b.ready(patience=RECOVERY_SECONDS))


def _processes_of_database(data_dir: Path) -> list[int]:
    """Returns the process ids of the postmaster, first, and its children."""
    server = postmaster_of(data_dir / "postgres")
    assert server is not None
    stats = [_stat(path) for path in PROCESSES.glob("[0-9]*/stat")]
    return [server.pid, *(pid for pid, parent in stats if parent == server.pid)]


def _stat(path: Path) -> tuple[int, int]:
    """Returns the ids of a process and of its parent."""
    try:
        after_name = path.read_text().rpartition(")")[2].split()
    except OSError:
        return 0, 0
    return int(path.parent.name), int(after_name[1])


def _kill(pids: list[int]) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
