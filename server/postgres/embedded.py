"""The PostgreSQL server that comes as a package, for installations without one of their own: one per data directory.

Each process that uses the server holds a shared file lock, which the kernel releases however the process ends. A
process that stops tries to take the lock exclusively: if it succeeds, it is the last user and stops the server.
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

from server.postgres.errors import EmbeddedPostgresError
from server.postgres.postmaster import PORT, SOCKET, Postmaster, postmaster_of, remove_stale_files
from server.postgres.programs import SystemUser, owner_of

DATABASE = "internal_chat"
SUPERUSER = "postgres"
SOCKET_PATH_LIMIT = 100
"""In bytes. sockaddr_un has room for 104 on macOS, and for more on Linux."""

TIMEOUT_SECONDS = 60.0
"""How long the server may take to start, to accept connections, and to stop."""

OPTIONS = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "jit": "off",
    "listen_addresses": "",
    "log_checkpoints": "off",
}
LOGGING = ("-c", "log_min_messages=log", "-c", "log_min_error_statement=panic")
"""Omits the errors of statements, which quote rows and values, from the server's own log. The chat logs them itself."""

LOCALE = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
"""Makes sorting and case folding independent of the machine's locale."""


class EmbeddedPostgres:
    """The server runs at least between `start` and `stop`. Other processes may use it at the same time."""

    def __init__(self, data_dir: Path) -> None:
        self._home = data_dir.resolve()
        self._cluster = self._home / "postgres"
        self._log = self._cluster / "server.log"
        self._user_lock: IO[bytes] | None = None

    def start(self) -> str:
        """Returns a postgresql:// URL that is valid until `stop`. Raises EmbeddedPostgresError."""
        self._create_home()
        try:
            with _signals_blocked(), _locked(self._home / "postgres.turn", fcntl.LOCK_EX):
                self._user_lock = self._user_lock or _locked(self._home / "postgres.users", fcntl.LOCK_SH)
                return self._start_server()
        except BaseException:  # includes SystemExit from a signal that was blocked above
            self.stop()
            raise

    def url_if_running(self) -> str | None:
        """Returns the URL of the database; None if the server is not running. It is not started."""
        server = postmaster_of(self._cluster)
        return _url(server.socket_dir) if server is not None and server.socket_dir is not None else None

    def stop(self) -> None:
        """Stops the server unless another process uses it."""
        if self._user_lock is not None:
            with _signals_blocked(), _locked(self._home / "postgres.turn", fcntl.LOCK_EX):
                self._stop_if_last_user(self._user_lock)

    def restart_if_ended(self) -> bool:
        """Starts the server again if it ended between `start` and `stop`. Returns whether this call started it: another
        process may do it first. May be called in another thread than `stop`. Raises EmbeddedPostgresError."""
        if postmaster_of(self._cluster) is not None:
            return False
        with _locked(self._home / "postgres.turn", fcntl.LOCK_EX):
            if self._user_lock is None or postmaster_of(self._cluster) is not None:
                return False
            self._start_server()
            return True

    def __enter__(self) -> str:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _create_home(self) -> None:
        try:
            self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
            _locked(self._home / "postgres.turn", fcntl.LOCK_SH | fcntl.LOCK_NB).close()
        except BlockingIOError:
            pass  # Another process starts or stops the server.
        except OSError as error:
            raise EmbeddedPostgresError(
                f"The data directory {self._home} cannot be used: {error.strerror}. Set CHAT_DATA_DIR to a directory"
                " that this user can create or write to."
            ) from None

    def _start_server(self) -> str:
        """Returns once the server answers a query. Its state file may belong to a server that is stopping or still
        recovering."""
        if not self._cluster.exists():
            self._create_cluster()
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            server = postmaster_of(self._cluster) or self._launch()
            try:
                return self._url_of_database(server)
            except EmbeddedPostgresError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.05)

    def _stop_if_last_user(self, user_lock: IO[bytes]) -> None:
        self._user_lock = None
        with user_lock, suppress(BlockingIOError):  # raised while another process holds its shared lock
            fcntl.flock(user_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._shut_down()

    def _create_cluster(self) -> None:
        """Creates the cluster under a temporary name and renames it when it is complete, so that an interrupted initdb
        never leaves a broken cluster. The name is new each time, because the initdb of a killed process may still be
        writing."""
        for leftover in self._home.glob("postgres.new-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        draft = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=self._home))
        owner = owner_of(draft)
        owner.take_ownership(draft)
        options = [f"--set={name}={value}" for name, value in OPTIONS.items()]
        owner.run("initdb", "-D", str(draft), "-U", SUPERUSER, "--auth=trust", *LOCALE, *options)
        draft.rename(self._cluster)

    def _launch(self) -> Postmaster:
        """Retries for a moment: the children of a killed postmaster hold its shared memory until they notice that it is
        gone. Raises EmbeddedPostgresError if the server does not start."""
        owner = owner_of(self._cluster)
        owner.take_ownership(self._cluster)
        socket_dir = self._socket_dir(owner)
        remove_stale_files(self._cluster, socket_dir)
        options = shlex.join(["-k", str(socket_dir), "-p", PORT, *LOGGING])
        where = ["-D", str(self._cluster), "-l", str(self._log), "-o", options]
        for pause in (0.3, 1.0, 0.0):
            try:
                owner.run("pg_ctl", "start", "-w", "-t", f"{TIMEOUT_SECONDS:.0f}", *where)
            except EmbeddedPostgresError as error:
                reason = str(error)
                time.sleep(pause)
            if server := postmaster_of(self._cluster):
                return server
        raise EmbeddedPostgresError(f"The embedded PostgreSQL does not start: {reason}\n{_last_lines(self._log)}")

    def _url_of_database(self, server: Postmaster) -> str:
        if server.socket_dir is None:
            raise EmbeddedPostgresError(f"The embedded PostgreSQL is still {server.status or 'starting'}.")
        owner = owner_of(self._cluster)
        where = ["-h", str(server.socket_dir), "-p", PORT, "-U", SUPERUSER]
        query = f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"  # noqa: S608
        if owner.run("psql", *where, "-XAtq", "-d", "postgres", "-c", query) != "1":
            owner.run("createdb", *where, DATABASE)
        return _url(server.socket_dir)

    def _shut_down(self) -> None:
        """Requests a fast shutdown (SIGINT): the server ends its connections and writes a checkpoint."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        server = postmaster_of(self._cluster)
        if server is not None:
            os.kill(server.pid, signal.SIGINT)
        while postmaster_of(self._cluster) is not None:
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"The embedded PostgreSQL is still stopping; see {self._log}.")
            time.sleep(0.01)
        with suppress(OSError):  # most clusters do not have this folder
            _short_folder(self._cluster).rmdir()

    def _socket_dir(self, owner: SystemUser) -> Path:
        """Returns the folder of the server's socket: the cluster's folder, which only its owner can enter, or a private
        folder in the temporary directory if that path is too long or would need escaping in PostgreSQL's options."""
        socket_path = os.fsencode(self._cluster / SOCKET)
        if len(socket_path) <= SOCKET_PATH_LIMIT and re.fullmatch(rb"[\w./+-]+", socket_path):
            return self._cluster
        folder = _short_folder(self._cluster)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            owner.take_ownership(folder)
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != owner.uid or status.st_mode & 0o077:
            raise EmbeddedPostgresError(
                f"The embedded PostgreSQL needs {folder} for its socket, but another user owns it or can enter it."
            )
        return folder


def _url(socket_dir: Path) -> str:
    return f"postgresql://{SUPERUSER}@/{DATABASE}?host={quote(str(socket_dir))}&port={PORT}"


def _short_folder(cluster: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(cluster)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"internal-chat-{digest}"


def _locked(path: Path, kind: int) -> IO[bytes]:
    """Returns the locked file. Closing it releases the lock; child processes do not inherit it."""
    file = path.open("ab")
    fcntl.flock(file, kind)
    return file


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Delays Ctrl-C and SIGTERM until the block ends, when it is clear whether this process must stop the server."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _last_lines(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-10:]) if log.exists() else "(no log)"
