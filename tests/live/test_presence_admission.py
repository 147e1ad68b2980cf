"""A socket alone makes nobody present: only whom the chat lets in."""

import asyncio

from starlette.applications import Starlette

from tests.support.api import Account
from tests.support.in_process_socket import Socket

AGENTS = "{ chatAgents { nodes { id presence } } }"


async def test_only_whom_the_chat_lets_in_is_shown_as_present(app: Starlette, account: Account) -> None:
    async with (
        Socket(app, account.elisa.token),
        Socket(app, account.agent("ghost").token),
        Socket(app, account.bruno.token),
    ):
        online = await _online(account)
        while "bruno" not in online:
            await asyncio.sleep(0.05)
            online = await _online(account)
    assert online == {"bruno"}


async def _online(account: Account) -> set[str]:
    nodes = (await account.ana.query(AGENTS))["chatAgents"]["nodes"]
    return {node["id"] for node in nodes if node["presence"] != "OFFLINE"}
