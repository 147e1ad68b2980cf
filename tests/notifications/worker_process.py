"""`internal-chat worker` as a process that tests can kill."""

import asyncio
from pathlib import Path

from tests.support.processes import PROGRAM, environment
from tests.support.services import SECRET, ProcessUnderTest


class WorkerProcess(ProcessUnderTest):
    def __init__(self, folder: Path, database_url: str, smtp_url: str, **settings: str) -> None:
        self._log = folder / "worker.log"
        self._environment = environment(
            {
                "CHAT_DATABASE_URL": database_url,
                "CHAT_DATA_DIR": str(folder),
                "CHAT_JWT_SECRET": SECRET,
                "CHAT_PUBLIC_URL": "https://chat.example",
                "CHAT_SMTP_URL": smtp_url,
                "CHAT_EMAIL_FROM": "Chat <chat@example.com>",
                **settings,
            }
        )

    async def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                PROGRAM, "worker", env=self._environment, stdout=log, stderr=log
            )

    def log(self) -> str:
        return self._log.read_text()
