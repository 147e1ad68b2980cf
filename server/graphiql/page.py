"""The GraphiQL page: one small document that loads everything from this server and nothing from elsewhere."""

import json
import re
import secrets
from pathlib import Path
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse

from server.graphiql.assets import ASSETS_PATH
from server.graphiql.examples import EXAMPLES

TEMPLATE = Template((Path(__file__).parent / "page.html").read_text("utf-8"))
PLAIN_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9A-Fa-f:]+\](:\d+)?")


def page(request: Request, demo_path: str | None) -> HTMLResponse:
    """`demo_path`: where the demo's sign-in is; None where the server does not run the demo."""
    root = request.scope.get("root_path", "")
    nonce = secrets.token_urlsafe(16)
    document = TEMPLATE.substitute(assets=root + ASSETS_PATH, nonce=nonce, settings=_settings(root, demo_path))
    return HTMLResponse(document, headers=_headers(nonce, request.headers.get("host", "")))


def _settings(root: str, demo_path: str | None) -> str:
    """Data for the scripts, as JSON. "<" is escaped, so that no value can end the element that holds it."""
    settings = {
        "endpoint": f"{root}/graphql",
        "demo": f"{root}{demo_path}" if demo_path else None,
        "examples": [{"query": example.query, "variables": example.variables} for example in EXAMPLES],
    }
    return json.dumps(settings).replace("<", "\\u003c")


def _headers(nonce: str, host: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": _content_security_policy(nonce, host),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "Vary": "Accept",
    }


def _content_security_policy(nonce: str, host: str) -> str:
    """Scripts only from our files, none inline and no eval.

    The nonce is for one style element, with which GraphiQL's dialogs lock scrolling. The socket's origin is
    named because not every browser counts it as 'self'; a proxy in front may speak TLS, so in both schemes.
    """
    socket = f" ws://{host} wss://{host}" if PLAIN_HOST.fullmatch(host) else ""
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self' data:",
            "font-src 'self' data:",
            f"connect-src 'self'{socket}",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
