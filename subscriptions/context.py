"""The context of a subscription: that of a request, and the hub."""

from collections.abc import Hashable

import strawberry

from chat.errors import Denied
from chat.identity import Identity
from live.hub import Hub
from live.positions import starting_change
from schema.context import Context, Services


class StreamContext(Context):
    """The context of one operation on a socket. It is derived from the context of the socket itself."""

    connection_params: dict[str, object] | None = None
    """The payload of connection_init, set by the socket handler."""

    def __init__(self, services: Services, authentication: Identity | Denied | None, hub: Hub) -> None:
        super().__init__(services, authentication)
        self.hub = hub

    def execution_key(self) -> Hashable:
        """Lets the executor execute events together that are read with the same loaders."""
        return self.loaders

    async def starting_change(self, since: str | None) -> int:
        """Returns the number of the change after which a stream of the viewer starts. Raises Denied as
        `live.positions.starting_change` does."""
        viewer = await self.viewer()
        return await starting_change(self.hub.database, viewer.account_id, await self.current_change(), since)

    def for_operation(self) -> "StreamContext":
        """Returns a context for an operation of the same caller. Loaders are never shared by two operations."""
        return StreamContext(self.services, self.authentication, self.hub)


StreamInfo = strawberry.Info[StreamContext, None]
