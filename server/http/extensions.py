"""What this server's protocols offer to the application beyond ASGI. Each is an extension in the connection's scope."""

from collections.abc import Callable

from starlette.types import Scope

ABORT_EXTENSION = "internal_chat.abort"
"""The function that aborts the connection, even if the client does not read."""

SEND_EXTENSION = "internal_chat.send"
"""The function that sends a text to a WebSocket without waiting, if the client keeps up."""


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
