"""What this server's protocols offer to the application beyond ASGI. Each is an extension in the connection's scope."""

from collections.abc import Callable

from starlette.types import Scope

ABORT_EXTENSION = "internal_chat.abort"
"""The function that aborts the connection, even if the client does not read."""

SEND_EXTENSION = "internal_chat.send"
"""The function that sends a text to a WebSocket without waiting, if the client keeps up."""

PEER_EXTENSION = "internal_chat.peer"
"""The address of the machine that opened the connection: that of a proxy if there is one, also if the proxy's headers
are used."""


def abort_connection(scope: Scope) -> None:
    """Does nothing without a network connection, as in tests that call the application directly."""
    abort: Callable[[], None] | None = scope.get("extensions", {}).get(ABORT_EXTENSION)
    if abort is not None:
        abort()


def send_now(scope: Scope, text: bytes) -> bool:
    """Sends the text to a WebSocket without waiting. Returns whether it was sent: if not, use ASGI's `send`, which
    waits. Without a network connection, it is never sent."""
    send: Callable[[bytes], bool] | None = scope.get("extensions", {}).get(SEND_EXTENSION)
    return send is not None and send(text)


def peer_address(scope: Scope) -> str | None:
    """Returns the address of the machine that opened the connection. Without a network connection, this is the client's
    address. Returns None for a Unix socket."""
    peer: tuple[str, int] | None = scope.get("extensions", {}).get(PEER_EXTENSION, scope.get("client"))
    return peer[0] if peer else None
