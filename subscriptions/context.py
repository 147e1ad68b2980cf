"""What a stream is resolved with: a request's context, and the hub."""

import strawberry

from chat.errors import Denied
from chat.identity import Identity
from schema.context import Context, Services
from subscriptions.hub import Hub


class StreamContext(Context):
    """One operation of a socket, or the socket's own, from which each operation starts `fresh`."""

    connection_params: dict[str, object] | None = None
    """What came with connection_init, put here by the socket's handler."""

    def __init__(self, services: Services, sign_in: Identity | Denied | None, hub: Hub) -> None:
        super().__init__(services, sign_in)
        self.hub = hub

    def fresh(self) -> "StreamContext":
        """Returns a context of the same asker that has read nothing: loaders never serve two operations."""
        return StreamContext(self.services, self.sign_in, self.hub)


StreamInfo = strawberry.Info[StreamContext, None]
