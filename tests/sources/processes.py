"""Source modules as they run anywhere: in a process of their own, on a socket of this machine."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.processes import free_port

START_SECONDS = 20


@contextmanager
def running(app: str, **environment: str) -> Iterator[str]:
    """Yields the address of an ASGI application that uvicorn serves."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", app, "--port", str(port), "--log-level", "warning"]
    process = subprocess.Popen(command, env=os.environ | environment)
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def closed_port_url() -> str:
    """Where nobody listens."""
    return f"http://127.0.0.1:{free_port()}"


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "the module ended at its start"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the module did not start")
