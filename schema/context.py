"""What a field is resolved with: who asks, and the loaders of this request."""

from dataclasses import dataclass

import strawberry

from chat.errors import Denied
from chat.identity import Identity
from chat.ports import Chat
from chat.positions import encode_position
from chat.viewer import Viewer, administrator, admitted, agent_of, recognised
from loaders import Loaders, Reading


@dataclass(frozen=True)
class Services:
    """What all requests of the process share."""

    chat: Chat
    reading: Reading
    public_url: str


class Context:
    """One request, or one operation of a socket; `begin` starts each mutation of it anew, so that a payload shows
    what the mutation left and nothing that was read before."""

    def __init__(self, services: Services, sign_in: Identity | Denied | None) -> None:
        self.services = services
        self.sign_in = sign_in
        self._loaders: Loaders | None = None

    @property
    def identity(self) -> Identity | None:
        """Who asks, None for nobody; raises Denied UNAUTHENTICATED for a token that did not hold."""
        if isinstance(self.sign_in, Denied):
            raise self.sign_in
        return self.sign_in

    @property
    def agent_id(self) -> str:
        """Who asks, gate or no gate; raises Denied UNAUTHENTICATED or FORBIDDEN."""
        return agent_of(self.identity).agent_id

    @property
    def chat(self) -> Chat:
        return self.services.chat

    @property
    def loaders(self) -> Loaders:
        if self._loaders is None:
            self._loaders = Loaders(self.services.reading, agent_of(self.identity).account_id)
        return self._loaders

    def begin(self, loaders: Loaders | None = None) -> None:
        """Forgets what was read. A live event brings the loaders that all of its subscribers share."""
        self._loaders = loaders

    async def viewer(self) -> Viewer:
        """Returns who asks, past the gate; raises Denied. The first statement of every request is behind it."""
        return admitted(await self._present())

    async def asker(self) -> Identity:
        """Returns who asks, past the gate, for an operation; raises Denied."""
        await self.viewer()
        return agent_of(self.identity)

    async def recognised_viewer(self) -> Viewer:
        """Returns who asks even where the module is off; raises Denied."""
        return recognised(await self._present())

    async def administrator(self) -> Viewer:
        """Returns who asks, an administrator, even where the module is off; raises Denied."""
        return administrator(await self._present())

    async def administrating_asker(self) -> Identity:
        """As `asker`, for administrators, even where the module is off; raises Denied."""
        await self.administrator()
        return agent_of(self.identity)

    async def position(self) -> str:
        """Returns where the account stood before anything else of this request was read."""
        viewer = await self.viewer()
        return encode_position(viewer.account_id, await self.change())

    async def change(self) -> int:
        """Returns the last change of the account before anything else of this request was read."""
        standing = await self.loaders.standings.load(self.agent_id)
        assert standing is not None
        return standing.change

    async def _present(self) -> Viewer | None:
        standing = await self.loaders.standings.load(self.agent_id)
        return standing.viewer if standing else None


Info = strawberry.Info[Context, None]
