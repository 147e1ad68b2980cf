"""The context of a subscription: that of a request, and the hub."""

from typing import TypeVar

import strawberry

from chat.errors import Denied
from chat.identity import Identity
from chat.viewer import Viewer, require_enabled
from execution import Event
from live.hub import Hub
from live.positions import starting_change
from loaders import Loaders
from schema.context import Context, EventContext, Services

Value = TypeVar("Value")


class StreamContext(Context):
    def __init__(self, services: Services, authentication: Identity | Denied | None, hub: Hub) -> None:
        super().__init__(services, authentication)
        self.hub = hub

    async def starting_change(self, since: str | None) -> int:
        """Returns the number of the change after which a stream of the viewer starts. Raises Denied as
        `live.positions.starting_change` does."""
        viewer = await self.viewer()
        return await starting_change(self.hub.database, viewer.account_id, await self.current_change(), since)

    def event(self, value: Value, loaders: Loaders, committed_at: float | None = None) -> Event[Value]:
        """Returns an event that is executed together with those of other streams that use the same loaders.
        `committed_at` is the time of its change, if it has one."""
        return Event(value, EventContext(loaders, self.services, committed_at))


StreamInfo = strawberry.Info[StreamContext, None]


async def reader_of(agent_id: str, loaders: Loaders) -> Viewer:
    """Returns the agent as these loaders read them. Raises Denied unless they are an active agent for whom the chat is
    enabled."""
    snapshot = await loaders.viewers.load(agent_id)
    return require_enabled(snapshot.viewer if snapshot is not None else None)
