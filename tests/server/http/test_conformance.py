"""The audits of the GraphQL over HTTP specification, run by the tool of its working group."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.support.node import installed

FOLDER = Path(__file__).with_name("conformance")
AUDITS = 61


@pytest.mark.node
async def test_every_audit_passes(npm_folder: Path, socket_url: str) -> None:
    folder = await asyncio.to_thread(installed, FOLDER, npm_folder)
    audit = await asyncio.create_subprocess_exec(
        "node", "audit.mjs", socket_url.replace("ws://", "http://"), cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await audit.communicate()
    assert audit.returncode == 0
    found = json.loads(output)
    assert len(found) == AUDITS
    assert [each for each in found if each["status"] != "ok"] == []
