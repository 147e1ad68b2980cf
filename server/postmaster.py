"""What the state file in a cluster's folder says of its server, once it is certain that it speaks of a living one."""

import os
from dataclasses import dataclass
from pathlib import Path

PORT = "5432"  # part of the socket's name, and nothing else: there is no TCP
SOCKET = f".s.PGSQL.{PORT}"
STATE_FILE = "postmaster.pid"
# Process id, folder, time, port, socket folder, host, memory, status: a line each, written as the start proceeds.
PID, SOCKET_DIR, STATUS = 0, 4, 7
PROCESSES = Path("/proc")


@dataclass(frozen=True)
class Postmaster:
    pid: int
    socket_dir: Path | None
    status: str


def postmaster_of(cluster: Path) -> Postmaster | None:
    """A state file may outlive its server: its process id may be another program's by now, or a dead one's that
    nobody has buried, or the file came along with a copy of the folder."""
    file = cluster / STATE_FILE
    if not file.exists():
        return None
    lines = [line.strip() for line in file.read_text().splitlines()]
    lines += [""] * (STATUS + 1 - len(lines))
    if not _serves(lines[PID], cluster):
        return None
    return Postmaster(int(lines[PID]), Path(lines[SOCKET_DIR]) if lines[SOCKET_DIR] else None, lines[STATUS])


def forget_the_dead(cluster: Path, socket_dir: Path) -> None:
    """PostgreSQL would not start beside these when it takes somebody else for their owner. It does not need them
    to notice children of a killed server: these it finds by their shared memory."""
    (cluster / STATE_FILE).unlink(missing_ok=True)
    (socket_dir / f"{SOCKET}.lock").unlink(missing_ok=True)


def _serves(pid: str, cluster: Path) -> bool:
    """By its command line, which everybody may read; without /proc (macOS) any living process has to do."""
    if not pid.isdecimal():
        return False
    try:
        if not (PROCESSES / "self").exists():
            os.kill(int(pid), 0)
            return True
        return os.fsencode(cluster) in (PROCESSES / pid / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
