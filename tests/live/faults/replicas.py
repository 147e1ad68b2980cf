"""Two servers of the chat with one database and one broker, and their clients."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from server.settings import Settings
from tests.support.api import Account, AgentClient, Api
from tests.support.services import SECRET, ServerProcess

_names = count(1)


@dataclass(frozen=True)
class Replicas:
    """The servers `a` and `b`. `api` sends requests to `a`."""

    a: ServerProcess
    b: ServerProcess
    api: Api
    http_of_b: httpx.AsyncClient

    @property
    def socket_urls(self) -> tuple[str, str]:
        return self.a.socket_url, self.b.socket_url

    async def create_account(self) -> Account:
        """Creates an account. Its name is unique, since replicas with different brokers share a database."""
        account = Account(self.api, f"faults-{next(_names)}")
        agents = ("ana", "bruno", "carla", "davi")
        await account.sync(agents=[{"id": name, "name": name.capitalize(), "role": _role(name)} for name in agents])
        await account.ana.mutate("updateChatAccountSettings", "settings { chatEnabled }", chatEnabled=True)
        return account

    def on_b(self, agent: AgentClient) -> AgentClient:
        """Returns the agent's client of server b."""
        return replace(agent, http=self.http_of_b)

    def both(self, agent: AgentClient) -> list[AgentClient]:
        return [agent, self.on_b(agent)]


def _role(name: str) -> str:
    return "ADMINISTRATOR" if name == "ana" else "AGENT"


@asynccontextmanager
async def replicas(
    folder: Path, database_url: str, engine: AsyncEngine, broadcast_url: str, **settings: str
) -> AsyncIterator[Replicas]:
    servers = [ServerProcess(folder, database_url, broadcast_url, **settings) for _ in range(2)]
    async with AsyncExitStack() as stack:
        for server in servers:
            stack.push_async_callback(stopped, server)
        await servers[0].start()  # the first one migrates
        await servers[1].start()
        a, b = [
            await stack.enter_async_context(httpx.AsyncClient(base_url=server.url, timeout=10)) for server in servers
        ]
        known = Settings(data_dir=folder, jwt_secret=SECRET)
        yield Replicas(servers[0], servers[1], Api(a, known, engine), b)


async def stopped(server: ServerProcess) -> None:
    """Stops the server, if it was started."""
    if hasattr(server, "process"):
        await server.stop()
