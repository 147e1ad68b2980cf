"""The GraphiQL page. It loads nothing from other hosts."""

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
    """Returns the page. `demo_path` is the path of the demo's sign-in, or None if the server does not run the demo."""
    root = request.scope.get("root_path", "")
    nonce = secrets.token_urlsafe(16)
    document = TEMPLATE.substitute(assets=root + ASSETS_PATH, nonce=nonce, settings=_settings(root, demo_path))
    return HTMLResponse(document, headers=_headers(nonce, request.headers.get("host", "")))


def _settings(root: str, demo_path: str | None) -> str:
    """Returns the scripts' settings as JSON. "<" is escaped, so that no value can end the element that contains it."""
    settings = {
        "endpoint": f"{root}/graphql",
        "demo": f"{root}{demo_path}" if demo_path else None,
        "examples": [{"query": example.query, "variables": example.variables} for example in EXAMPLES],
    }
    return json.dumps(settings).replace("<", "\\u003c")


def _headers(nonce: str, host: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": _content_security_policy(nonce, host),
        "Vary": "Accept",
    }


def _content_security_policy(nonce: str, host: str) -> str:
    """Allows scripts from this server only, neither inline scripts nor eval.

    The nonce allows one style element, which GraphiQL's dialogs use to prevent scrolling. The socket's origin is listed
    because some browsers do not include it in 'self', and with both schemes because a proxy may terminate TLS.
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
