"""The PostgreSQL that comes with the package, for whoever has none: one per data directory.

Who uses it is known by a lock, not by a list of process ids: each process holds it shared, the kernel drops
it however the process ends, and whoever leaves and can have it alone is the last and stops the server.
"""

import fcntl
import hashlib
import os
import re
import shlex
import shutil
import signal
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from urllib.parse import quote

from server.postgres_programs import Account, EmbeddedPostgresFailed, account_of

DATABASE = "internal_chat"
SUPERUSER = "postgres"
PORT = "5432"  # part of the socket's name, and nothing else: there is no TCP
SOCKET_PATH_LIMIT = 100  # sockaddr_un holds 104 bytes on the narrowest system
PATIENCE = 60.0
OPTIONS = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "jit": "off",
    "listen_addresses": "",
    "log_checkpoints": "off",
}
# The same order and case folding on every machine, whatever its locale.
LOCALE = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")


class EmbeddedPostgres:
    """Between start and stop the server runs; other processes may use it before, meanwhile and after."""

    def __init__(self, data_dir: Path) -> None:
        self._home = data_dir.resolve()
        self._cluster = self._home / "postgres"
        self._use: IO[bytes] | None = None

    def start(self) -> str:
        """A postgresql:// URL, good until stop."""
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _undisturbed(), _locked(self._home / "postgres.turn", fcntl.LOCK_EX):
            self._use = self._use or _locked(self._home / "postgres.users", fcntl.LOCK_SH)
            try:
                return self._serve()
            except BaseException:
                self._leave(self._use)
                raise

    def stop(self) -> None:
        """Stops the server unless somebody else is using it."""
        if self._use is not None:
            with _undisturbed(), _locked(self._home / "postgres.turn", fcntl.LOCK_EX):
                self._leave(self._use)

    def __enter__(self) -> str:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _serve(self) -> str:
        if not self._cluster.exists():
            self._create_cluster()
        if not self._is_running():
            self._launch()
        self._create_database(socket_dir := self._await_ready())
        return f"postgresql://{SUPERUSER}@/{DATABASE}?host={quote(str(socket_dir))}&port={PORT}"

    def _leave(self, use: IO[bytes]) -> None:
        self._use = None
        with use, suppress(BlockingIOError):  # somebody else's shared lock: this is not the last one
            fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._shut_down()

    def _create_cluster(self) -> None:
        """Under another name until it is done, so that an interrupted one is never taken for a cluster."""
        draft = self._home / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        account = account_of(draft)
        account.take(draft)
        options = [f"--set={name}={value}" for name, value in OPTIONS.items()]
        account.run("initdb", "-D", str(draft), "-U", SUPERUSER, "--auth=trust", *LOCALE, *options)
        draft.rename(self._cluster)

    def _launch(self) -> None:
        """Tried again for a moment: the children of a killed postmaster hold its memory until they notice."""
        account = account_of(self._cluster)
        account.take(self._cluster)
        options = shlex.join(["-k", str(self._socket_dir(account)), "-p", PORT])
        log = self._cluster / "server.log"
        where = ["-D", str(self._cluster), "-l", str(log), "-o", options]
        for pause in (0.3, 1.0, 2.0):
            with suppress(EmbeddedPostgresFailed):
                account.run("pg_ctl", "start", "-w", "-t", f"{PATIENCE:.0f}", *where)
                return
            time.sleep(pause)
        raise EmbeddedPostgresFailed(f"The embedded PostgreSQL did not start:\n{_last_lines(log)}")

    def _await_ready(self) -> Path:
        """The folder of its socket. Only a server somebody else has just launched makes us wait here."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            state = self._state_file()
            if len(state) >= 8 and state[7] == "ready":
                return Path(state[4])
            time.sleep(0.05)
        raise EmbeddedPostgresFailed(f"The embedded PostgreSQL does not answer; see {self._cluster}/server.log.")

    def _create_database(self, socket_dir: Path) -> None:
        account = account_of(self._cluster)
        server = ["-h", str(socket_dir), "-p", PORT, "-U", SUPERUSER]
        question = f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"  # noqa: S608
        if account.run("psql", *server, "-XAtq", "-d", "postgres", "-c", question) != "1":
            account.run("createdb", *server, DATABASE)

    def _shut_down(self) -> None:
        if not self._is_running():
            return
        socket_dir = Path((self._state_file() + [""] * 5)[4])
        stop = ["stop", "-w", "-t", f"{PATIENCE:.0f}", "-m", "fast", "-D", str(self._cluster)]
        account_of(self._cluster).run("pg_ctl", *stop)
        if socket_dir == _short_folder(self._cluster):
            socket_dir.rmdir()

    def _is_running(self) -> bool:
        """A state file may outlive its server: its process id may be another program's by now, or the file
        came along with a copy of the folder. It is removed then, for PostgreSQL would not start beside it."""
        state = self._state_file()
        if not state:
            return False
        try:
            words = Path(f"/proc/{int(state[0])}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            words = []
        if os.fsencode(self._cluster) in words or not Path("/proc/self/cmdline").exists():
            return True
        (self._cluster / "postmaster.pid").unlink(missing_ok=True)
        return False

    def _state_file(self) -> list[str]:
        """Process id, folder, time, port, socket folder, host, memory, status, as far as they are written."""
        try:
            return [line.strip() for line in (self._cluster / "postmaster.pid").read_text().splitlines()]
        except FileNotFoundError:
            return []

    def _socket_dir(self, account: Account) -> Path:
        """The cluster's own folder, which nobody else can enter; a private one elsewhere if that path is too
        long for a socket or holds what PostgreSQL's option would have to escape."""
        socket = os.fsencode(self._cluster / f".s.PGSQL.{PORT}")
        if len(socket) <= SOCKET_PATH_LIMIT and re.fullmatch(rb"[\w./+-]+", socket):
            return self._cluster
        folder = _short_folder(self._cluster)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            account.take(folder)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or found.st_mode & 0o077:
            raise EmbeddedPostgresFailed(
                f"{folder} is somebody else's; the embedded PostgreSQL needs it for its socket."
            )
        return folder


def _short_folder(cluster: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(cluster)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"internal-chat-{digest}"


def _locked(path: Path, kind: int) -> IO[bytes]:
    """The lock lives as long as the file is open, and no child process inherits it."""
    file = path.open("ab")
    fcntl.flock(file, kind)
    return file


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C and SIGTERM wait until it is known again whether a server is running and who has to stop it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _last_lines(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-10:]) if log.exists() else "(no log)"
