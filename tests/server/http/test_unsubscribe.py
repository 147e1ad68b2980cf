"""The page of the unsubscribe link: only POST switches e-mails off."""

from collections.abc import Collection
from dataclasses import dataclass, field

import httpx
import pytest
from playwright.async_api import Browser, Route
from starlette.applications import Starlette
from starlette.middleware import Middleware

from models.enums import NotificationType
from notifications.unsubscribe import Unsubscription, sign
from server.http.security_headers import SecurityHeaders
from server.http.unsubscribe import unsubscribe_link, unsubscribe_routes

KEY = b"k" * 32
URL = "http://chat.example"
TYPES = frozenset({NotificationType.MENTION, NotificationType.ANNOUNCEMENT})
LINK = unsubscribe_link(URL, sign(Unsubscription("1", "12", TYPES), KEY))


@dataclass
class RecordingUnsubscriber:
    calls: list[tuple[str, str, frozenset[NotificationType]]] = field(default_factory=list)

    async def switch_off(self, account_id: str, agent_id: str, types: Collection[NotificationType]) -> None:
        self.calls.append((account_id, agent_id, frozenset(types)))


@pytest.fixture
def unsubscriber() -> RecordingUnsubscriber:
    return RecordingUnsubscriber()


@pytest.fixture
def client(unsubscriber: RecordingUnsubscriber) -> httpx.AsyncClient:
    app = Starlette(routes=unsubscribe_routes([KEY], unsubscriber), middleware=[Middleware(SecurityHeaders)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_following_the_link_changes_nothing(
    client: httpx.AsyncClient, unsubscriber: RecordingUnsubscriber, method: str
) -> None:
    assert (await client.request(method, LINK)).status_code == 200
    assert unsubscriber.calls == []


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b""},
    ],
    ids=["one click", "one click as multipart", "the button of the page"],
)
async def test_post_switches_off_the_types_of_the_link(
    client: httpx.AsyncClient, unsubscriber: RecordingUnsubscriber, body: dict[str, object]
) -> None:
    answer = await client.post(LINK, **body)  # type: ignore[arg-type]
    assert answer.status_code == 200
    assert "E-mails turned off" in answer.text
    assert unsubscriber.calls == [("1", "12", TYPES)]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_token_that_is_not_valid_does_nothing(
    client: httpx.AsyncClient, unsubscriber: RecordingUnsubscriber, method: str
) -> None:
    answer = await client.request(method, f"{LINK}x", headers={"Accept-Language": "pt-BR,pt;q=0.9,en;q=0.8"})
    assert answer.status_code == 400
    assert "Este link não é válido" in answer.text
    assert "<form" not in answer.text
    assert unsubscriber.calls == []


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_other_methods_are_not_allowed(client: httpx.AsyncClient, method: str) -> None:
    assert (await client.request(method, LINK)).status_code == 405


async def test_the_page_is_in_the_language_of_the_browser(client: httpx.AsyncClient) -> None:
    page = (await client.get(LINK, headers={"Accept-Language": "pt-BR,pt;q=0.9,en;q=0.8"})).text
    assert '<html lang="pt-BR">' in page
    assert "<li>Menções</li>" in page
    assert "<li>Comunicados</li>" in page
    assert "Mensagens diretas" not in page
    assert '<html lang="en">' in (await client.get(LINK)).text


async def test_the_page_allows_nothing_but_its_style_and_its_button(client: httpx.AsyncClient) -> None:
    answer = await client.get(LINK)
    policy = answer.headers["Content-Security-Policy"]
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert policy == (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    assert f'<style nonce="{nonce}">' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert (await client.get(LINK)).headers["Content-Security-Policy"] != policy


@pytest.mark.chromium
async def test_the_button_works_without_javascript(
    browser: Browser, client: httpx.AsyncClient, unsubscriber: RecordingUnsubscriber
) -> None:
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 600})
    page = await context.new_page()

    async def forward(route: Route) -> None:
        answer = await client.request(route.request.method, route.request.url)
        await route.fulfill(status=answer.status_code, headers=dict(answer.headers), body=answer.content)

    await page.route(f"{URL}/**", forward)
    await page.goto(LINK)
    await page.get_by_role("button", name="Stop e-mails").click()
    await page.get_by_role("heading", name="E-mails turned off").wait_for()
    assert unsubscriber.calls == [("1", "12", TYPES)]
    await context.close()
