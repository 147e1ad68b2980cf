"""The embedded PostgreSQL with real processes: they share it, the last one stops it, and it recovers after a kill."""

import asyncio
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from server.postgres.database import single_connection
from server.postgres.embedded import EmbeddedPostgres
from server.postgres.errors import EmbeddedPostgresError
from tests.support.waiting import until

OWNER = """
import signal, sys
from pathlib import Path
from server.postgres.embedded import EmbeddedPostgres

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with EmbeddedPostgres(Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


class Owner:
    """Another process that uses the embedded server until it leaves or is killed."""

    def __init__(self, data_dir: Path, *, program: str = OWNER) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, str(data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def url(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        self.process.communicate(timeout=30)

    def end_by(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=30)


@pytest.fixture
def owners() -> Iterator[list[Owner]]:
    started: list[Owner] = []
    yield started
    for owner in started:
        if owner.process.poll() is None:
            owner.end_by(signal.SIGTERM)


def postmaster(data_dir: Path) -> int | None:
    """Returns the process id of the running server; None if it does not run."""
    try:
        pid = int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, 0)
    except (FileNotFoundError, ProcessLookupError):
        return None
    return pid


def initdb_has_started(data_dir: Path) -> bool:
    return any(data_dir.glob("postgres.new-*/PG_VERSION"))


async def stored_notes(url: str, note: str) -> list[str]:
    """Stores a note, and returns all notes stored so far."""
    async with single_connection(url) as connection:
        await connection.execute(text("CREATE TABLE IF NOT EXISTS notes (note text)"))
        await connection.execute(text("INSERT INTO notes VALUES (:note)"), {"note": note})
        return list(await connection.scalars(text("SELECT note FROM notes ORDER BY note")))


async def answer(url: str, question: str) -> str:
    async with single_connection(url) as connection:
        return str(await connection.scalar(text(question)))


async def test_the_data_survives_a_restart(data_dir: Path) -> None:
    for notes in (["1"], ["1", "2"]):
        with EmbeddedPostgres(data_dir) as url:
            assert await stored_notes(url, notes[-1]) == notes
            assert postmaster(data_dir) is not None
        assert postmaster(data_dir) is None


async def test_settings_and_case_folding_are_those_of_the_cluster_options(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as url:
        assert await answer(url, "SELECT current_database()") == "internal_chat"
        assert await answer(url, "SHOW max_connections") == "200"
        assert await answer(url, "SHOW jit") == "off"
        assert await answer(url, "SHOW listen_addresses") == ""
        assert await answer(url, "SELECT lower('ÁÉÖЖΣ')") == "áéöжσ"


async def test_starting_twice_in_one_process_counts_as_one_use(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir)
    assert server.start() == server.start()
    server.stop()
    assert postmaster(data_dir) is None
    server.stop()


async def test_the_last_process_to_leave_stops_the_server(data_dir: Path, owners: list[Owner]) -> None:
    owners += [Owner(data_dir), Owner(data_dir)]
    urls = {owner.url() for owner in owners}
    assert len(urls) == 1
    first = postmaster(data_dir)
    with EmbeddedPostgres(data_dir) as url:
        assert {url} == urls
    owners[0].leave()
    assert first is not None
    assert postmaster(data_dir) == first
    owners[1].leave()
    assert postmaster(data_dir) is None


async def test_sigterm_stops_the_server(data_dir: Path, owners: list[Owner]) -> None:
    owners.append(Owner(data_dir))
    owners[0].url()
    assert postmaster(data_dir) is not None
    assert owners[0].end_by(signal.SIGTERM) == 0
    assert postmaster(data_dir) is None


async def test_sigterm_during_the_start_leaves_no_server_running(data_dir: Path, owners: list[Owner]) -> None:
    with EmbeddedPostgres(data_dir):
        pass
    for tenth in range(1, 5):
        owner = Owner(data_dir)
        owners.append(owner)
        assert owner.process.stdout is not None
        select.select([owner.process.stdout], [], [], tenth / 10)
        assert owner.end_by(signal.SIGTERM) in (0, -signal.SIGTERM)
        assert postmaster(data_dir) is None


async def test_the_next_process_takes_over_the_server_of_a_killed_one(data_dir: Path, owners: list[Owner]) -> None:
    owners.append(Owner(data_dir))
    await stored_notes(owners[0].url(), "before")
    survivor = postmaster(data_dir)
    owners[0].end_by(signal.SIGKILL)
    assert postmaster(data_dir) == survivor
    with EmbeddedPostgres(data_dir) as url:
        assert postmaster(data_dir) == survivor
        assert await stored_notes(url, "later") == ["before", "later"]
    assert postmaster(data_dir) is None


async def test_a_killed_server_recovers(data_dir: Path, owners: list[Owner]) -> None:
    owners.append(Owner(data_dir))
    await stored_notes(owners[0].url(), "before")
    killed = postmaster(data_dir)
    assert killed is not None
    owners[0].end_by(signal.SIGKILL)
    os.kill(killed, signal.SIGKILL)
    with EmbeddedPostgres(data_dir) as url:
        assert await stored_notes(url, "later") == ["before", "later"]


async def test_a_server_that_ended_is_restarted_once_by_its_users(data_dir: Path) -> None:
    users = [EmbeddedPostgres(data_dir) for _ in range(4)]
    (url,) = {user.start() for user in users}
    assert [user.restart_if_ended() for user in users] == [False] * 4, "it is running"
    await stored_notes(url, "before")
    killed = postmaster(data_dir)
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    await until(lambda: postmaster(data_dir) is None, "the end of the server")
    restarted = await asyncio.gather(*(asyncio.to_thread(user.restart_if_ended) for user in users))
    assert sorted(restarted) == [False, False, False, True]
    assert await stored_notes(url, "later") == ["before", "later"]
    for user in users:
        user.stop()
    assert postmaster(data_dir) is None


async def test_a_server_that_was_stopped_is_not_restarted(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir)
    server.start()
    server.stop()
    assert server.restart_if_ended() is False
    assert postmaster(data_dir) is None


async def test_an_interrupted_creation_of_the_cluster_is_repeated(data_dir: Path, owners: list[Owner]) -> None:
    owners.append(Owner(data_dir))
    while not initdb_has_started(data_dir):
        assert owners[0].process.poll() is None
    owners[0].end_by(signal.SIGKILL)
    with EmbeddedPostgres(data_dir) as url:
        assert await stored_notes(url, "1") == ["1"]


async def test_a_pid_file_of_another_program_is_not_taken_for_a_server(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir):
        state = (data_dir / "postgres" / "postmaster.pid").read_text()
    foreign = state.replace(state.split()[0], str(os.getpid()), 1)
    (data_dir / "postgres" / "postmaster.pid").write_text(foreign)
    with EmbeddedPostgres(data_dir) as url:
        assert await stored_notes(url, "1") == ["1"]


async def test_a_copied_data_directory_gets_its_own_server(data_dir: Path) -> None:
    copy = data_dir.parent / "copy"
    with EmbeddedPostgres(data_dir) as url:
        await stored_notes(url, "of the original")
        shutil.copytree(data_dir, copy, ignore=shutil.ignore_patterns(".s.PGSQL*"))
        if os.geteuid() == 0:
            _hand_over(copy / "postgres", (data_dir / "postgres").stat().st_uid)
        with EmbeddedPostgres(copy) as other:
            assert other != url
            await stored_notes(other, "of the copy")
        assert await stored_notes(url, "still there") == ["of the original", "still there"]


@pytest.mark.parametrize("name", ["with spaces in it", "long-" + "x" * 120, "quote's", "ação"])
async def test_a_data_directory_whose_path_cannot_hold_a_socket_works(data_dir: Path, name: str) -> None:
    with EmbeddedPostgres(data_dir / name) as url:
        assert name not in url
        assert await stored_notes(url, "1") == ["1"]
    assert postmaster(data_dir / name) is None


async def test_a_failing_start_reports_the_reason(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir):
        pass
    with (data_dir / "postgres" / "postgresql.conf").open("a") as configuration:
        configuration.write("\nno_such_setting = 1\n")
    with pytest.raises(EmbeddedPostgresError, match="no_such_setting"):
        EmbeddedPostgres(data_dir).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="every other test here runs as an ordinary user already")
def test_the_server_starts_for_an_unprivileged_user() -> None:
    nobody = pwd.getpwnam("nobody")
    home = Path(tempfile.mkdtemp(prefix="internal-chat-nobody-"))
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    try:
        child = os.fork()
        if child == 0:
            os._exit(_use_as(nobody, home / "data"))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert (home / "data" / "postgres").stat().st_uid == nobody.pw_uid
        assert postmaster(home / "data") is None
        with EmbeddedPostgres(home / "data"):
            assert postmaster(home / "data") is not None
    finally:
        shutil.rmtree(home)


def _use_as(user: pwd.struct_passwd, data_dir: Path) -> int:
    """Returns an exit code and never raises: an exception in the child would continue the test run there."""
    try:
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
        with EmbeddedPostgres(data_dir):
            return 0 if postmaster(data_dir) is not None else 1
    except BaseException:
        traceback.print_exc()
        return 1


def _hand_over(folder: Path, uid: int) -> None:
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, uid, -1)
