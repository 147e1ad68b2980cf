"""The context in which fields are resolved: the caller's identity and the loaders of the request."""

from collections.abc import Iterable
from dataclasses import dataclass

import strawberry

from chat.errors import DenialCode, Denied
from chat.identity import AgentToken, Identity
from chat.ports import Chat
from chat.positions import encode_position
from chat.viewer import Viewer, require_active, require_administrator, require_agent, require_enabled
from loaders import DataSources, Loaders


@dataclass(frozen=True)
class Services:
    """The services that all requests of the process share."""

    chat: Chat
    data: DataSources
    public_url: str


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
            self._loaders = Loaders(self.services.data, self.token.account_id)
        return self._loaders

    def use_loaders(self, loaders: Loaders) -> None:
        """Uses these loaders from now on: the ones that an event's subscribers share."""
        self._loaders = loaders

    def reset_loaders(self) -> None:
        """Discards what was read, so that a mutation's payload shows the state after the mutation."""
        self._loaders = None

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


Info = strawberry.Info[Context, None]
