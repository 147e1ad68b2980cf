"""GraphiQL in a real browser, on a real server, under its content security policy."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TypeAlias

import httpx
import pytest
from playwright.async_api import Locator, Page, expect

from server.graphiql.examples import EXAMPLES
from tests.server.graphiql.visit import Visit

pytestmark = pytest.mark.chromium

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
SETTINGS = (
    "mutation ($input: UpdateChatAccountSettingsInput!)"
    " { updateChatAccountSettings(input: $input) { userErrors { code } } }"
)
SEND = "mutation ($input: SendChatMessageInput!) { sendChatMessage(input: $input) { userErrors { code } } }"


async def test_the_page_loads_without_a_problem(visit: Visit) -> None:
    await open_graphiql(visit)
    tabs = visit.page.get_by_role("tab")
    assert await tabs.all_inner_texts() == ["Sidebar", "ChannelWithHistory", "Send", "Subscribe"]
    await visit.page.get_by_role("button", name="Show Documentation Explorer").click()
    await expect(visit.page.locator(".graphiql-doc-explorer")).to_contain_text("Subscription")
    await visit.page.get_by_role("button", name="Open settings dialog").click()
    await expect(visit.page.get_by_role("dialog")).to_contain_text("Theme")
    assert visit.problems == []


async def test_violations_of_the_policy_are_blocked_and_recorded(visit: Visit) -> None:
    """Shows that the list of problems, which other tests expect to be empty, can fill."""
    await open_graphiql(visit)
    await visit.page.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'window.intruded = true';
            document.body.append(script);
            return fetch('http://elsewhere.invalid/').catch(() => null);
        }"""
    )
    assert await visit.page.evaluate("window.intruded") is None
    assert any("script-src" in problem for problem in visit.problems)
    assert any("connect-src" in problem for problem in visit.problems)


async def test_the_sidebar_example_shows_the_channels_of_the_agent(visit: Visit) -> None:
    await open_graphiql(visit)
    await sign_in(visit.page, "Bruno")
    await run(visit.page, "Sidebar")
    names = [channel["name"] for channel in await sidebar_of(visit.origin, BRUNO) if channel["name"]]
    assert names
    await visit.page.wait_for_function(
        "names => names.every(name => " + WHOLE_RESULT + ".includes(name))",
        arg=[json.dumps(name, ensure_ascii=False) for name in names],
    )
    assert visit.problems == []


async def test_the_other_examples_run_unchanged(visit: Visit) -> None:
    await open_graphiql(visit)
    await sign_in(visit.page, "Bruno")
    result = result_of(visit.page)
    await run(visit.page, "ChannelWithHistory")
    await expect(result).to_contain_text('"messages"')
    await run(visit.page, "Send")
    await expect(result).to_contain_text("Hello from GraphiQL")
    await expect(result).to_contain_text('"userErrors": []')
    assert visit.problems == []


async def test_a_message_of_another_agent_arrives_in_the_subscription(visit: Visit) -> None:
    await open_graphiql(visit)
    await sign_in(visit.page, "Bruno")
    await subscribe(visit)
    await send_until_received(visit, "Bom dia, Bruno!")
    await expect(visit.page.get_by_text("Socket open")).to_be_visible()
    assert visit.problems == []


async def test_signing_in_as_another_agent_opens_a_new_socket(visit: Visit) -> None:
    await open_graphiql(visit)
    await sign_in(visit.page, "Bruno")
    await subscribe(visit)
    await sign_in(visit.page, "Carla")
    assert await visit.page.get_by_role("tab").count() == len(EXAMPLES)
    await expect(visit.page.get_by_text("Socket closed")).to_be_visible()
    await subscribe(visit)
    assert len(visit.sockets) == 2
    first, second = (init["payload"]["authorization"] for init in visit.frames_sent("connection_init"))
    assert first.startswith("Bearer ")
    assert second.startswith("Bearer ")
    assert first != second
    assert visit.problems == []


async def test_an_agent_without_access_to_the_chat_is_shown_the_reason(visit: Visit) -> None:
    await change_settings(visit.origin, OTTO, chatEnabled=False)
    await open_graphiql(visit)
    await sign_in(visit.page, "Paula")
    await expect(visit.page.locator("#notice")).to_have_text("The chat is not enabled for you.")
    assert visit.problems == []
    await change_settings(visit.origin, OTTO, chatEnabled=True)


async def test_the_token_is_kept_in_the_tab_only(visit: Visit) -> None:
    await open_graphiql(visit)
    await sign_in(visit.page, "Bruno")
    assert "token" in await visit.page.evaluate("sessionStorage.getItem('internal-chat:session')")
    assert await visit.page.evaluate("JSON.stringify(localStorage) + document.cookie") == "{}"


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
    """Runs the query of a tab. GraphiQL notices the change of tabs late, and would run the previous query until
    then."""
    await page.get_by_role("tab", name=tab).click()
    await page.wait_for_function("name => sessionStorage['graphiql:operationName'] === name", arg=tab)
    await page.get_by_role("button", name="Execute query").click()


async def subscribe(visit: Visit) -> None:
    begun = len(visit.frames_sent("subscribe"))
    await run(visit.page, "Subscribe")
    await visit.until(lambda: len(visit.frames_sent("subscribe")) > begun)


async def send_until_received(visit: Visit, body: str) -> None:
    """Sends until a message arrives. The protocol does not report when a subscription has begun."""
    channel_id = visit.frames_sent("subscribe")[-1]["payload"]["variables"]["channelId"]
    colleague = await colleague_in(visit.origin, channel_id)
    for _ in range(10):
        await send(visit.origin, colleague, channel_id, body)
        with suppress(AssertionError):
            return await expect(result_of(visit.page)).to_contain_text(body, timeout=1_000)
    pytest.fail("ten messages were sent and none arrived")


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
