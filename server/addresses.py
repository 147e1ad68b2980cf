"""The addresses in the settings: URLs of databases and brokers, and origins of pages.

Every command reads the settings first, so this module imports nothing that takes long to load.
"""

import ipaddress
import re
from urllib.parse import urlsplit

PERCENT_ENCODE = (
    "In a user name or password, write `@`, `:`, `/`, `?`, `#` and `%` percent-encoded: %40, %3A, %2F, %3F, %23 and %25"
)
BROADCAST_SCHEMES = ("memory", "postgres", "postgresql", "redis", "rediss")
POSTGRES_SCHEMES = ("postgres", "postgresql", "postgresql+asyncpg")
ORIGIN = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?P<port>:[0-9]{1,5})?")
DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def async_url(database_url: str) -> str:
    """Returns the URL in SQLAlchemy's form. libpq's `sslmode` becomes asyncpg's `ssl`."""
    # Imported here: SQLAlchemy takes 0.3 s of CPU time to load.
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(database_url)
    except ArgumentError:
        raise ValueError("it must be a postgresql:// URL") from None
    except ValueError:
        # What follows a colon in the password was taken for the port.
        raise ValueError(f"its port is not a valid number. {PERCENT_ENCODE}") from None
    if url.drivername not in POSTGRES_SCHEMES:
        raise ValueError("it must be a postgresql:// URL")
    if urlsplit(database_url).netloc.count("@") > 1:
        raise ValueError(f"it has more than one `@`. {PERCENT_ENCODE}")
    query = {"ssl" if name == "sslmode" else name: value for name, value in url.query.items()}
    return url.set(drivername="postgresql+asyncpg", query=query).render_as_string(hide_password=False)


def check_broadcast_url(text: str) -> None:
    """Raises ValueError for a URL of a broker that is not supported or cannot be read."""
    url = urlsplit(text)
    if url.scheme not in BROADCAST_SCHEMES:
        raise ValueError("it must begin with memory://, postgres:// or redis:// (rediss:// for TLS)")
    if url.netloc.count("@") > 1:
        raise ValueError(f"it has more than one `@`. {PERCENT_ENCODE}")
    try:
        _ = url.port
    except ValueError:
        raise ValueError(f"its port is not a valid number. {PERCENT_ENCODE}") from None


def origin_of(text: str) -> str:
    """Returns the origin as browsers send it, which is without the default port of its scheme. Raises ValueError."""
    parts = ORIGIN.fullmatch(text.strip().lower().removesuffix("/"))
    if parts is None:
        raise ValueError("it must be origins, such as https://app.example, separated by commas")
    port = parts["port"] or ""
    return f"{parts['scheme']}://{parts['host']}" + ("" if port == DEFAULT_PORTS.get(parts["scheme"]) else port)


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
