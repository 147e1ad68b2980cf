"""The page behind the unsubscribe link of an e-mail (RFC 8058).

Only POST switches anything off: mail filters follow the links of an e-mail with GET. The token in the path is the
authority, so neither needs a session. The body of a POST is not read: a mail client sends `List-Unsubscribe=One-Click`,
and the page's button nothing.
"""

import secrets
from collections.abc import Collection
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from models.enums import NotificationType
from notifications.languages import N_, Language, language
from notifications.templating import environment
from notifications.unsubscribe import Unsubscriber, verify

UNSUBSCRIBE_PATH = "/unsubscribe"
PAGES = Path(__file__).parent / "unsubscribe_pages"

TYPES = {
    NotificationType.MENTION: N_("Mentions"),
    NotificationType.DIRECT_MESSAGE: N_("Direct messages"),
    NotificationType.ANNOUNCEMENT: N_("Announcements"),
}


def unsubscribe_link(url: str, token: str) -> str:
    """Returns the link to this page. `url` is the server's, without a trailing slash."""
    return f"{url}{UNSUBSCRIBE_PATH}/{token}"


def unsubscribe_routes(keys: Collection[bytes], unsubscriber: Unsubscriber) -> list[Route]:
    """Returns the routes of the page. Tokens signed with any of the keys are accepted."""

    async def unsubscribe(request: Request) -> HTMLResponse:
        unsubscription = verify(request.path_params["token"], keys)
        if unsubscription is None:
            return _page(request, "invalid.html", frozenset(), 400)
        if request.method != "POST":
            return _page(request, "question.html", unsubscription.types)
        await unsubscriber.switch_off(unsubscription.account_id, unsubscription.agent_id, unsubscription.types)
        return _page(request, "done.html", unsubscription.types)

    return [Route(f"{UNSUBSCRIBE_PATH}/{{token}}", unsubscribe, methods=["GET", "POST"])]


def _page(request: Request, name: str, types: frozenset[NotificationType], status: int = 200) -> HTMLResponse:
    chosen = _accepted_language(request)
    nonce = secrets.token_urlsafe(16)
    names = [chosen.translations.gettext(TYPES[type]) for type in TYPES if type in types]
    document = environment(PAGES, chosen).get_template(name).render(language=chosen, nonce=nonce, types=names)
    return HTMLResponse(document, status, _headers(nonce))


def _accepted_language(request: Request) -> Language:
    """Returns the language that the browser prefers. Browsers list it first."""
    return language(request.headers.get("accept-language", "").partition(",")[0].partition(";")[0])


def _headers(nonce: str) -> dict[str, str]:
    policy = ["default-src 'none'", f"style-src 'nonce-{nonce}'", "form-action 'self'", "frame-ancestors 'none'"]
    return {
        "Content-Security-Policy": "; ".join([*policy, "base-uri 'none'"]),
        "X-Robots-Tag": "noindex",
        "Vary": "Accept-Language",
    }
