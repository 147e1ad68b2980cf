"""The contexts in which fields are resolved: that of a request, with the caller's identity, and that of live events."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import strawberry

from chat.errors import DenialCode, Denied
from chat.identity import AgentToken, Identity
from chat.ports import Chat
from chat.positions import encode_position
from chat.viewer import Viewer, require_active, require_administrator, require_agent, require_enabled
from files.links import FileLinks
from loaders import DataSources, Loaders


@dataclass(frozen=True)
class Services:
    """The services that all requests of the process share."""

    chat: Chat
    data: DataSources
    public_url: str
    links: FileLinks


class FieldContext(Protocol):
    """The context that the fields of types need. It has no viewer, because each object has its own reader."""

    @property
    def services(self) -> Services: ...

    @property
    def loaders(self) -> Loaders: ...


class EventContext:
    """The context of live events. Events with the same loaders have equal contexts, so they are executed together for
    all of their readers."""

    __slots__ = ("committed_at", "loaders", "services")

    def __init__(self, loaders: Loaders, services: Services, committed_at: float | None = None) -> None:
        """`committed_at` is the time of the event's change, in seconds since the epoch."""
        self.loaders = loaders
        self.services = services
        self.committed_at = committed_at

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EventContext) and self.loaders is other.loaders

    def __hash__(self) -> int:
        return id(self.loaders)


class Context:
    """The context of one request, or of one operation on a socket.

    `authentication` is the identity from the request's token, the denial of an invalid token, or None without a token.
    """

    def __init__(self, services: Services, authentication: Identity | Denied | None) -> None:
        self.services = services
        self.authentication = authentication
        self._loaders: Loaders | None = None

    @property
    def identity(self) -> Identity:
        """The caller's identity, of an agent or a service. Raises Denied UNAUTHENTICATED without a valid token."""
        if isinstance(self.authentication, Denied):
            raise self.authentication
        if self.authentication is None:
            raise Denied(DenialCode.UNAUTHENTICATED, "Sign in first: send a bearer token.")
        return self.authentication

    @property
    def token(self) -> AgentToken:
        """The viewer's token. Raises Denied UNAUTHENTICATED, or FORBIDDEN for a service token."""
        return require_agent(self.identity)

    @property
    def chat(self) -> Chat:
        return self.services.chat

    @property
    def loaders(self) -> Loaders:
        if self._loaders is None:
            self._loaders = self.new_loaders()
        return self._loaders

    def new_loaders(self) -> Loaders:
        """Returns loaders of the viewer's account that have read nothing yet."""
        return Loaders(self.services.data, self.token.account_id)

    def reset_loaders(self) -> None:
        """Discards the loaders with their cached rows. A mutation does so because its payload must show the state after
        the mutation, and a stream once it has started, because it does not need them any more."""
        self._loaders = None

    def cancel_reads(self) -> None:
        """Cancels the reads of a request that is ended."""
        if self._loaders is not None:
            self._loaders.cancel_reads()

    async def viewer(self) -> Viewer:
        """Returns the viewer. Raises Denied unless they are an active agent for whom the chat is enabled. This is the
        first statement of every request."""
        return require_enabled(await self._agent())

    async def active_viewer(self) -> Viewer:
        """Returns the viewer even if the chat is disabled. Raises Denied unless they are an active agent."""
        return require_active(await self._agent())

    async def administrator(self) -> Viewer:
        """Returns the viewer even if the chat is disabled. Raises Denied unless they are an administrator."""
        return require_administrator(await self._agent())

    async def current_change(self) -> int:
        """Returns the account's last change, read before anything else of this request."""
        snapshot = await self.loaders.viewers.load(self.token.agent_id)
        assert snapshot is not None
        return snapshot.change

    async def _agent(self) -> Viewer | None:
        snapshot = await self.loaders.viewers.load(self.token.agent_id)
        return snapshot.viewer if snapshot else None


async def positions(loaders: Loaders, readers: Iterable[Viewer]) -> list[str]:
    """Returns the account's last change, read before anything else of this request, as a position for each reader."""
    snapshots = await loaders.viewers.load_many(reader.agent_id for reader in readers)
    return [
        encode_position(snapshot.viewer.account_id, snapshot.change) for snapshot in snapshots if snapshot is not None
    ]


Info = strawberry.Info[FieldContext, None]
"""The info of fields of types."""

RequestInfo = strawberry.Info[Context, None]
"""The info of root fields."""
