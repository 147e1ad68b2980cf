"""GraphiQL while its server is stopped and started again."""

import json
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.server.graphiql.actions import (
    WHOLE_RESULT,
    colleague_in,
    open_graphiql,
    result_of,
    run,
    send,
    send_until_received,
    sign_in,
    subscribe,
)
from tests.server.graphiql.visit import Visit
from tests.support.processes import SERVE, free_port, running

pytestmark = pytest.mark.chromium
RESTART_MS = 30_000


class RestartableServer:
    """A demo server that keeps its port and its data when it is started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self.origin = f"http://127.0.0.1:{self._port}"

    def running(self) -> AbstractAsyncContextManager[str]:
        settings = {
            "CHAT_DATA_DIR": str(self._folder / "data"),
            "CHAT_PORT": str(self._port),
            "CHAT_DRAIN_SECONDS": "0",
        }
        return running(SERVE, f"{self.origin}/graphql", self._folder / "server.log", settings=settings)


async def test_a_subscription_survives_a_restart_of_the_server(browser: Browser, tmp_path: Path) -> None:
    server = RestartableServer(tmp_path)
    context = await browser.new_context(viewport={"width": 1400, "height": 900})
    visit = Visit(await context.new_page(), server.origin)
    visit.watch()
    result = result_of(visit.page)

    async with server.running():
        await open_graphiql(visit)
        await sign_in(visit.page, "Bruno")
        await subscribe(visit)
        await send_until_received(visit, "before the restart")

    await expect(result).to_contain_text('"connection": "Lost')
    await expect(result).to_contain_text("before the restart")
    await expect(visit.page.get_by_text("Connection lost")).to_be_visible()
    await expect(result).not_to_contain_text("isTrusted", timeout=3_000)
    last_position = json.loads(await visit.page.evaluate(WHOLE_RESULT))["newestFirst"][0]["data"]["chatMessageAdded"][
        "position"
    ]

    async with server.running():
        channel_id = visit.frames_sent("subscribe")[0]["payload"]["variables"]["channelId"]
        await send(server.origin, await colleague_in(server.origin, channel_id), channel_id, "while it was away")
        await expect(result).to_contain_text("while it was away", timeout=RESTART_MS)
        await expect(result).to_contain_text("before the restart")
        resumed = visit.frames_sent("subscribe")[-1]["payload"]["variables"]
        assert resumed == {"channelId": channel_id, "since": last_position}
        await send_until_received(visit, "after the restart")
        await expect(result).not_to_contain_text('"connection"')

    await run(visit.page, "Sidebar")
    await expect(result).to_contain_text("The server cannot be reached.")
    await expect(result).not_to_contain_text("stack")
    await context.close()
