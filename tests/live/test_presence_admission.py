"""A socket alone makes nobody present: only whom the chat lets in."""

import asyncio

from starlette.applications import Starlette

from tests.support.api import House
from tests.support.in_process_socket import Socket

AGENTS = "{ chatAgents { nodes { id presence } } }"


async def test_only_whom_the_chat_lets_in_is_shown_as_present(app: Starlette, house: House) -> None:
    async with Socket(app, house.elisa.token), Socket(app, house.person("ghost").token), Socket(app, house.bruno.token):
        online = await _online(house)
        while "bruno" not in online:
            await asyncio.sleep(0.05)
            online = await _online(house)
    assert online == {"bruno"}


async def _online(house: House) -> set[str]:
    nodes = (await house.ana.query(AGENTS))["chatAgents"]["nodes"]
    return {node["id"] for node in nodes if node["presence"] != "OFFLINE"}
