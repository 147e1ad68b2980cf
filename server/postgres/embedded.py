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

from server.postgres.postmaster import PORT, SOCKET, Postmaster, postmaster_of, remove_stale_files
from server.postgres.programs import Account, EmbeddedPostgresError, account_of

DATABASE = "internal_chat"
SUPERUSER = "postgres"
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
        self._log = self._cluster / "server.log"
        self._use: IO[bytes] | None = None

    def start(self) -> str:
        """A postgresql:// URL, good until stop."""
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with _undisturbed(), _locked(self._home / "postgres.turn", fcntl.LOCK_EX):
                self._use = self._use or _locked(self._home / "postgres.users", fcntl.LOCK_SH)
                return self._serve()
        except BaseException:  # a signal that had to wait arrives here
            self.stop()
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
        """Ready is who answers: what is written down may be about a server that is dying, or still recovering."""
        if not self._cluster.exists():
            self._create_cluster()
        deadline = time.monotonic() + PATIENCE
        while True:
            server = postmaster_of(self._cluster) or self._launch()
            try:
                return self._url_of_database(server)
            except EmbeddedPostgresError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.05)

    def _leave(self, use: IO[bytes]) -> None:
        self._use = None
        with use, suppress(BlockingIOError):  # somebody else's shared lock: this is not the last one
            fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._shut_down()

    def _create_cluster(self) -> None:
        """Under another name until it is done, so that an interrupted one is never taken for a cluster; a new
        name each time, for the initdb of a killed process may still be writing under the old one."""
        for leftover in self._home.glob("postgres.new-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        draft = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=self._home))
        account = account_of(draft)
        account.take(draft)
        options = [f"--set={name}={value}" for name, value in OPTIONS.items()]
        account.run("initdb", "-D", str(draft), "-U", SUPERUSER, "--auth=trust", *LOCALE, *options)
        draft.rename(self._cluster)

    def _launch(self) -> Postmaster:
        """Tried again for a moment: the children of a killed postmaster hold its memory until they notice."""
        account = account_of(self._cluster)
        account.take(self._cluster)
        socket_dir = self._socket_dir(account)
        remove_stale_files(self._cluster, socket_dir)
        options = shlex.join(["-k", str(socket_dir), "-p", PORT])
        where = ["-D", str(self._cluster), "-l", str(self._log), "-o", options]
        for pause in (0.3, 1.0, 0.0):
            try:
                account.run("pg_ctl", "start", "-w", "-t", f"{PATIENCE:.0f}", *where)
            except EmbeddedPostgresError as error:
                reason = str(error)
                time.sleep(pause)
            if server := postmaster_of(self._cluster):
                return server
        raise EmbeddedPostgresError(f"The embedded PostgreSQL does not start: {reason}\n{_last_lines(self._log)}")

    def _url_of_database(self, server: Postmaster) -> str:
        if server.socket_dir is None:
            raise EmbeddedPostgresError(f"The embedded PostgreSQL is {server.status or 'starting'} for too long.")
        account = account_of(self._cluster)
        where = ["-h", str(server.socket_dir), "-p", PORT, "-U", SUPERUSER]
        question = f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"  # noqa: S608
        if account.run("psql", *where, "-XAtq", "-d", "postgres", "-c", question) != "1":
            account.run("createdb", *where, DATABASE)
        return f"postgresql://{SUPERUSER}@/{DATABASE}?host={quote(str(server.socket_dir))}&port={PORT}"

    def _shut_down(self) -> None:
        """SIGINT is PostgreSQL's fast shutdown: connections end, what is committed is on the disk."""
        deadline = time.monotonic() + PATIENCE
        server = postmaster_of(self._cluster)
        if server is not None:
            os.kill(server.pid, signal.SIGINT)
        while postmaster_of(self._cluster) is not None:
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"The embedded PostgreSQL is still stopping; see {self._log}.")
            time.sleep(0.01)
        with suppress(OSError):  # most clusters need none
            _short_folder(self._cluster).rmdir()

    def _socket_dir(self, account: Account) -> Path:
        """The cluster's own folder, which nobody else can enter; a private one elsewhere if that path is too
        long for a socket or holds what PostgreSQL's option would have to escape."""
        socket = os.fsencode(self._cluster / SOCKET)
        if len(socket) <= SOCKET_PATH_LIMIT and re.fullmatch(rb"[\w./+-]+", socket):
            return self._cluster
        folder = _short_folder(self._cluster)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            account.take(folder)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or found.st_mode & 0o077:
            raise EmbeddedPostgresError(
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
