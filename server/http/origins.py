"""Whether a request comes from a page of this server. Browsers apply no same-origin policy to WebSockets, and send
forms to other sites, so the server checks."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope


def is_same_origin(scope: Scope) -> bool:
    """Returns whether the request or socket comes from a page of this server, or from a client that is not a browser:
    browsers send `Origin` with every socket and every POST. A proxy may change `Host`, but no page can set
    `Sec-Fetch-Site`."""
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    if origin is None or headers.get("sec-fetch-site") == "same-origin":
        return True
    host = _host(origin)
    return host != "" and host == headers.get("host", "").lower()


def _host(origin: str) -> str:
    """Returns the host and port; an empty string for an opaque or malformed origin."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
