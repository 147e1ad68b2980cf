"""GraphiQL in a real browser, on a real server, under its content security policy."""

import json

import pytest
from playwright.async_api import WebSocketRoute, expect

from server.graphiql.examples import EXAMPLES
from tests.server.graphiql.actions import (
    BRUNO,
    OTTO,
    WHOLE_RESULT,
    change_settings,
    edit,
    open_graphiql,
    open_tab,
    result_of,
    run,
    run_operation,
    send_until_received,
    sidebar_of,
    sign_in,
    start,
    subscribe,
    type_until_received,
)
from tests.server.graphiql.visit import Visit

pytestmark = pytest.mark.chromium


async def test_the_page_loads_without_a_problem(visit: Visit) -> None:
    await open_graphiql(visit)
    tabs = visit.page.get_by_role("tab")
    assert await tabs.all_inner_texts() == [
        "Sidebar",
        "ChannelWithHistory",
        "Send",
        "React",
        "Search",
        "ShareCard",
        "CreateUpload",
        "Forward",
        "Pin",
        "CreateChannel",
        "Subscribe",
        "Resume",
        "Inbox",
        "Mentions",
        "Bell",
        "WhyNotified",
        "Typing",
    ]
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
    await run(visit.page, "React")
    await expect(result).to_contain_text('"emoji": "🎉"')
    await run(visit.page, "ShareCard")
    await expect(result).to_contain_text('"contact": "Ótica Clara"')
    await run(visit.page, "CreateChannel")
    await expect(result).to_contain_text('"role": "OWNER"')
    await run(visit.page, "Bell")
    await expect(result).to_contain_text('"chatNotifications"')
    await run(visit.page, "WhyNotified")
    await expect(result).to_contain_text('"reason"')
    assert visit.problems == []


async def test_the_resume_example_delivers_what_happened_since_the_page_was_loaded(visit: Visit) -> None:
    await open_graphiql(visit)
    await sign_in(visit.page, "Bruno")
    await run(visit.page, "Send")
    await expect(result_of(visit.page)).to_contain_text('"userErrors": []')
    await run(visit.page, "Resume")
    await expect(result_of(visit.page)).to_contain_text('"change": "MESSAGE_ADDED"')
    await expect(result_of(visit.page)).to_contain_text("Hello from GraphiQL")
    assert visit.problems == []


async def test_the_inbox_and_mentions_examples_report_a_mention(visit: Visit) -> None:
    await open_graphiql(visit)
    await sign_in(visit.page, "Bruno")
    (channel_id,) = [channel["id"] for channel in await sidebar_of(visit.origin, BRUNO) if channel["name"] == "Suporte"]
    for tab in ("Inbox", "Mentions"):
        await start(visit, tab)
        await send_until_received(visit, f"[@Bruno](mention://user/2/Bruno), {tab}?", channel_id)
        await visit.page.get_by_role("button", name="Stop query").click()
    assert visit.problems == []


async def test_the_typing_example_has_two_operations(visit: Visit) -> None:
    await open_graphiql(visit)
    await sign_in(visit.page, "Bruno")
    await open_tab(visit.page, "Typing")
    await run_operation(visit.page, "Typing")
    await type_until_received(visit)
    await visit.page.get_by_role("button", name="Stop query").click()
    await run_operation(visit.page, "SetTyping")
    await expect(result_of(visit.page)).to_contain_text('"setChatTyping"')
    await expect(result_of(visit.page)).to_contain_text('"userErrors": []')
    assert visit.problems == []


async def test_the_documentation_describes_the_schema_without_federation(visit: Visit) -> None:
    await open_graphiql(visit)
    await visit.page.get_by_role("button", name="Show Documentation Explorer").click()
    explorer = visit.page.locator(".graphiql-doc-explorer")
    await expect(explorer).to_contain_text("The team chat of a customer-support platform.")
    await expect(explorer).to_contain_text("ConversationCard")
    for text in ("_Any", "_Entity", "_Service", "_FieldSet", "link__"):
        await expect(explorer).not_to_contain_text(text)
    await explorer.get_by_role("link", name="Query", exact=True).click()
    await expect(explorer).to_contain_text("chatViewer")
    await expect(explorer).not_to_contain_text("_entities")
    await expect(explorer).not_to_contain_text("_service")
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


async def test_an_edit_just_before_signing_in_as_another_agent_is_kept(visit: Visit) -> None:
    await open_graphiql(visit)
    await sign_in(visit.page, "Bruno")
    await visit.page.get_by_role("tab", name="Sidebar").click()
    await edit(visit.page, "query", "query Sidebar { chatViewer { agent { name } } }")
    await edit(visit.page, "variables", '{"edited": true}')
    await sign_in(visit.page, "Carla")
    await run(visit.page, "Sidebar")
    await expect(result_of(visit.page)).to_contain_text('"name": "Carla"')
    await expect(visit.page.get_by_label("Variables", exact=True)).to_contain_text('{"edited": true}')


async def test_the_page_is_usable_on_a_narrow_screen(visit: Visit) -> None:
    await visit.page.set_viewport_size({"width": 390, "height": 844})
    await open_graphiql(visit)
    await sign_in(visit.page, "Bruno")
    await run(visit.page, "Send")
    await expect(result_of(visit.page)).to_contain_text('"userErrors": []')
    await visit.page.get_by_role("button", name="Show Documentation Explorer").click()
    for part in (
        ".graphiql-doc-explorer",
        ".graphiql-query-editor",
        ".graphiql-editor-tool",
        ".result-window",
        "#agent",
    ):
        box = await visit.page.locator(part).bounding_box()
        assert box is not None
        assert box["width"] > 250, part
        assert box["height"] > (30 if part == "#agent" else 100), part
        assert 0 <= box["x"] <= box["x"] + box["width"] <= 390, part
    assert await visit.page.evaluate("document.documentElement.scrollWidth") == 390
    assert visit.problems == []


async def test_a_subscription_shows_its_last_events(visit: Visit) -> None:
    await open_graphiql(visit)
    await sign_in(visit.page, "Bruno")
    await subscribe(visit)
    await send_until_received(visit, "first of many")
    for number in range(20):
        await send_until_received(visit, f"number {number:02}")
    result = json.loads(await visit.page.evaluate(WHOLE_RESULT))
    bodies = [event["data"]["chatMessageAdded"]["message"]["body"] for event in result["newestFirst"]]
    assert bodies == [f"number {number:02}" for number in reversed(range(20))]
    assert result["received"] > 20


async def test_stopping_a_subscription_ends_it_at_the_server(visit: Visit) -> None:
    await open_graphiql(visit)
    await sign_in(visit.page, "Bruno")
    await subscribe(visit)
    await send_until_received(visit, "before the stop")
    await visit.page.get_by_role("button", name="Stop query").click()
    await visit.until(lambda: len(visit.frames_sent("complete")) == 1)
    await expect(visit.page.get_by_text("Socket closed")).to_be_visible()


@pytest.mark.parametrize(
    ("code", "shown", "retried"),
    [
        pytest.param(1012, "Events may be missing", True, id="server stopping"),
        pytest.param(4403, "Events may be missing", True, id="token refused"),
        pytest.param(4400, "Closed by the server: 4400.", False, id="protocol violation"),
    ],
)
async def test_a_closed_socket_is_reported_and_opened_again_where_that_can_help(
    visit: Visit, code: int, shown: str, retried: bool
) -> None:
    """The Inbox example cannot be resumed from a position."""
    sockets: list[WebSocketRoute] = []

    def connect(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    await visit.page.route_web_socket("**/graphql", connect)
    await open_graphiql(visit)
    await sign_in(visit.page, "Bruno")
    await run(visit.page, "Inbox")
    await expect(visit.page.get_by_text("Socket open")).to_be_visible()
    await sockets[0].close(code=code)
    await expect(result_of(visit.page)).to_contain_text(shown)
    assert len(sockets) == (2 if retried else 1)
    await expect(visit.page.get_by_role("button", name="Stop query" if retried else "Execute query")).to_be_visible()
    assert visit.problems == []
