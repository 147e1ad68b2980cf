"""The example front end: its documents are valid, its types are right, and it works with a server that executes nothing
but its documents."""

import asyncio
import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from server.identity.tokens import issue_token
from server.settings import Settings
from tests.support.api import Account
from tests.support.node import installed
from tests.support.services import SECRET, ServerProcess

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "examples" / "front-end"
BUILT = shutil.ignore_patterns("node_modules", "dist", "generated")

pytestmark = pytest.mark.node


@pytest.fixture
def front_end(npm_folder: Path, tmp_path: Path) -> Path:
    """A copy of the example, with its packages."""
    copy = tmp_path / "front-end"
    shutil.copytree(SOURCE, copy, ignore=BUILT)
    (copy / "node_modules").symlink_to(installed(SOURCE, npm_folder) / "node_modules")
    return copy


async def run(folder: Path, *command: str, status: int = 0, **variables: str) -> str:
    """Runs a program of the packages, or Node, and returns what it printed."""
    environment = os.environ | {"CHAT_SCHEMA": str(ROOT / "schema.client.graphql")} | variables
    program = "node" if command[0] == "node" else str(folder / "node_modules" / ".bin" / command[0])
    process = await asyncio.create_subprocess_exec(
        program,
        *command[1:],
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(180):
        output, _ = await process.communicate()
    assert process.returncode == status, f"{' '.join(command)}:\n{output.decode()}"
    return output.decode()


async def test_it_works_with_a_server_that_executes_only_its_documents(
    account: Account, front_end: Path, database_url: str, tmp_path: Path
) -> None:
    await run(front_end, "graphql-codegen")
    await run(front_end, "tsc")
    channel = await account.ana.create_channel("Suporte")
    await account.ana.send(channel, "Bom dia")
    server = ServerProcess(
        tmp_path,
        database_url,
        "memory://",
        CHAT_DOCUMENTS=str(front_end / "src" / "generated"),
        CHAT_ONLY_TRUSTED_DOCUMENTS="true",
        CHAT_EMAIL_WORKER="false",
    )
    await server.start()
    try:
        token = issue_token(Settings(jwt_secret=SECRET), account.account_id, "ana", timedelta(hours=1))
        printed = await run(front_end, "node", "dist/main.js", "Olá", f"{server.url}/graphql", CHAT_TOKEN=token)
    finally:
        await server.stop()
    assert "# Suporte (0 unread)" in printed
    assert printed.rstrip().endswith(": Olá")
    assert await account.ana.bodies(channel) == ["Bom dia", "Olá"]


async def test_its_documents_follow_the_rules_and_its_types_are_checked(front_end: Path) -> None:
    await run(front_end, "eslint", "documents")
    await run(front_end, "graphql-codegen")
    await run(front_end, "tsc", "--noEmit")
    main = front_end / "src" / "main.ts"
    main.write_text(main.read_text().replace("message.seq", "message.sequence"))
    assert "sequence" in await run(front_end, "tsc", "--noEmit", status=2)
    (front_end / "documents" / "Wrong.graphql").write_text("query Wrong { chatViewer { agent { name } } }")
    assert "require-selections" in await run(front_end, "eslint", "documents", status=1)
