"""The commands in docs/, which the tests execute as they are printed."""

import asyncio
import os
import re
from pathlib import Path
from textwrap import dedent

from server.postgres.programs import BINARIES

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str, section: str, language: str) -> list[str]:
    """Returns the code blocks of this language in a section of a page."""
    text = (DOCS / page).read_text()
    found = re.search(rf"^(##+) {re.escape(section)}\n(.*?)(?=^#{{1,3}} |\Z)", text, re.DOTALL | re.MULTILINE)
    assert found is not None, f"{page} has no section {section}"
    printed = re.findall(rf"^ *```{language}\n(.*?)^ *```$", found[2], re.DOTALL | re.MULTILINE)
    return [dedent(block) for block in printed]


async def execute(commands: str, folder: Path, **variables: str) -> str:
    """Executes commands of a shell in the folder, with the packaged programs of PostgreSQL. Returns the output."""
    environment = os.environ | variables | {"PATH": f"{BINARIES}:{os.environ['PATH']}"}
    process = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", commands),
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()
