"""Runs the source module of the live benchmark in its own process."""

import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from benchmarks.environment import Environment
from benchmarks.processes import free_port, server_process

SECRET = "a secret of the chat and its source module"
TIMEOUT_MS = 10_000
"""Long enough that no card is unavailable because the benchmark's processes share the machine."""


@asynccontextmanager
async def source_module_process(environment: Environment) -> AsyncIterator[Environment]:
    """Yields the environment with a chat whose deals are owned by the module."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.source_module", str(port)]
    async with server_process(command, {**os.environ, "MODULE_SECRET": SECRET}, port):
        config = {"type": "http", "url": f"http://127.0.0.1:{port}/cards", "secret": SECRET, "timeout_ms": TIMEOUT_MS}
        settings = environment.settings.model_copy(update={"sources": json.dumps({"DEAL": config})})
        yield replace(environment, settings=settings)
