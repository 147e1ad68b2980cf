"""The running server of a cluster, read from the cluster's state file after checking that the file is not stale."""

import os
from dataclasses import dataclass
from pathlib import Path

PORT = "5432"  # Only part of the socket's name: the server does not listen on TCP.
SOCKET = f".s.PGSQL.{PORT}"
STATE_FILE = "postmaster.pid"
# The file's lines: process id, data folder, start time, port, socket folder, host, shared memory, status. They are
# written while the server starts.
PID, SOCKET_DIR, STATUS = 0, 4, 7
PROCESSES = Path("/proc")


@dataclass(frozen=True)
class Postmaster:
    pid: int
    socket_dir: Path | None
    status: str


def postmaster_of(cluster: Path) -> Postmaster | None:
    """Returns the cluster's server; None if none is running. A stale state file, whose process has ended or is another
    program by now, or which was copied with its folder, counts as none."""
    try:
        lines = [line.strip() for line in (cluster / STATE_FILE).read_text().splitlines()]
    except (FileNotFoundError, NotADirectoryError):
        return None
    lines += [""] * (STATUS + 1 - len(lines))
    if not _serves(lines[PID], cluster):
        return None
    return Postmaster(int(lines[PID]), Path(lines[SOCKET_DIR]) if lines[SOCKET_DIR] else None, lines[STATUS])


def remove_stale_files(cluster: Path, socket_dir: Path) -> None:
    """Removes the files of a server that is gone. PostgreSQL would not start if their process id now belongs to another
    process. It finds surviving children of a killed server by their shared memory, without these files."""
    (cluster / STATE_FILE).unlink(missing_ok=True)
    (socket_dir / f"{SOCKET}.lock").unlink(missing_ok=True)


def _serves(pid: str, cluster: Path) -> bool:
    """Checks the process's command line, which everyone may read. Without /proc (macOS), any living process passes."""
    if not pid.isdecimal():
        return False
    try:
        if not (PROCESSES / "self").exists():
            os.kill(int(pid), 0)
            return True
        return os.fsencode(cluster) in (PROCESSES / pid / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
