"""What tests do in GraphiQL and with its server."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TypeAlias

import httpx
import pytest
from playwright.async_api import Locator, Page, expect

from tests.server.graphiql.visit import Visit

Agent: TypeAlias = tuple[str, str]
Channel: TypeAlias = dict[str, Any]

ANA: Agent = ("1", "1")
BRUNO: Agent = ("1", "2")
CARLA: Agent = ("1", "3")
DAVI: Agent = ("1", "4")
OTTO: Agent = ("2", "21")
# The document has only the visible lines of a long result.
WHOLE_RESULT = "document.querySelector('.result-window .CodeMirror').CodeMirror.getValue()"
SIDEBAR = "{ chatChannels(first: 50) { edges { node { id name viewerCan { post } } } } }"
SEND = "mutation ($input: SendChatMessageInput!) { sendChatMessage(input: $input) { userErrors { code } } }"
SETTINGS = (
    "mutation ($input: UpdateChatAccountSettingsInput!)"
    " { updateChatAccountSettings(input: $input) { userErrors { code } } }"
)
SET_TYPING = "mutation ($input: SetChatTypingInput!) { setChatTyping(input: $input) { userErrors { code } } }"


async def open_graphiql(visit: Visit) -> None:
    response = await visit.page.goto(f"{visit.origin}/graphql")
    assert response is not None
    assert response.status == 200
    await ready(visit.page)


async def ready(page: Page) -> None:
    """Waits until GraphiQL is shown, the schema is loaded and the agents are listed."""
    await expect(page.locator(".graphiql-container")).to_be_visible()
    await expect(page.get_by_label("Signed in as")).to_be_visible()
    await page.wait_for_load_state("networkidle")


async def sign_in(page: Page, name: str) -> None:
    async with page.expect_navigation():
        await page.get_by_label("Signed in as").select_option(label=name)
    await ready(page)


def result_of(page: Page) -> Locator:
    return page.get_by_label("Result Window")


async def run(page: Page, tab: str) -> None:
    await open_tab(page, tab)
    await page.get_by_role("button", name="Execute query").click()


async def open_tab(page: Page, tab: str) -> None:
    """GraphiQL notices the change of tabs late, and would run the previous query until then."""
    await page.get_by_role("tab", name=tab).click()
    await page.wait_for_function("name => sessionStorage['graphiql:operationName'] === name", arg=tab)


async def run_operation(page: Page, operation: str) -> None:
    """Runs one of several operations of the open tab."""
    await page.get_by_role("button", name="Execute query").click()
    await page.get_by_role("menuitem", name=operation, exact=True).click()


async def edit(page: Page, editor: str, text: str) -> None:
    """Replaces the text of an editor of the open tab."""
    await page.evaluate(
        "([editor, text]) => document.querySelector(editor + ' .CodeMirror').CodeMirror.setValue(text)",
        [{"query": ".graphiql-query-editor", "variables": ".graphiql-editor-tool"}[editor], text],
    )


async def subscribe(visit: Visit) -> None:
    await start(visit, "Subscribe")


async def start(visit: Visit, tab: str) -> None:
    """Runs the subscription of a tab."""
    begun = len(visit.frames_sent("subscribe"))
    await run(visit.page, tab)
    await visit.until(lambda: len(visit.frames_sent("subscribe")) > begun)


async def send_until_received(visit: Visit, body: str, channel_id: str | None = None) -> None:
    """Sends until a message arrives, by default in the channel of the subscription. The protocol does not report when a
    subscription has begun."""
    channel_id = channel_id or visit.frames_sent("subscribe")[-1]["payload"]["variables"]["channelId"]
    colleague = await colleague_in(visit.origin, channel_id)
    for _ in range(10):
        await send(visit.origin, colleague, channel_id, body)
        with suppress(AssertionError):
            return await expect(result_of(visit.page)).to_contain_text(body, timeout=1_000)
    pytest.fail("ten messages were sent and none arrived")


async def type_until_received(visit: Visit) -> None:
    """Reports that a colleague types in the channel of the subscription, until the subscription reports it."""
    await visit.until(lambda: bool(visit.frames_sent("subscribe")))
    channel_id = visit.frames_sent("subscribe")[-1]["payload"]["variables"]["channelId"]
    colleague = await colleague_in(visit.origin, channel_id)
    for typing in (True, False) * 5:
        await ask(visit.origin, colleague, SET_TYPING, {"input": {"channelId": channel_id, "typing": typing}})
        with suppress(AssertionError):
            return await expect(result_of(visit.page)).to_contain_text('"name":', timeout=1_000)
    pytest.fail("a colleague typed and nothing arrived")


async def colleague_in(origin: str, channel_id: str) -> Agent:
    """Returns an agent other than Bruno who can post in the channel."""
    for colleague in (ANA, CARLA, DAVI):
        for channel in await sidebar_of(origin, colleague):
            if channel["id"] == channel_id and channel["viewerCan"]["post"]:
                return colleague
    raise LookupError(channel_id)


async def sidebar_of(origin: str, agent: Agent) -> list[Channel]:
    answer = await ask(origin, agent, SIDEBAR, {})
    return [edge["node"] for edge in answer["chatChannels"]["edges"]]


async def send(origin: str, agent: Agent, channel_id: str, body: str) -> None:
    answer = await ask(origin, agent, SEND, {"input": {"channelId": channel_id, "body": body}})
    assert answer["sendChatMessage"]["userErrors"] == []


async def change_settings(origin: str, administrator: Agent, **changes: bool) -> None:
    answer = await ask(origin, administrator, SETTINGS, {"input": changes})
    assert answer["updateChatAccountSettings"]["userErrors"] == []


async def ask(origin: str, agent: Agent, query: str, variables: Mapping[str, Mapping[str, object]]) -> Any:
    account_id, agent_id = agent
    async with httpx.AsyncClient(base_url=origin) as client:
        signed_in = await client.post("/graphql/demo/token", json={"accountId": account_id, "agentId": agent_id})
        answer = await client.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers={"authorization": f"Bearer {signed_in.json()['token']}"},
        )
    assert "errors" not in answer.json(), answer.text
    return answer.json()["data"]
