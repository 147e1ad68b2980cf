"""GraphQL clients of the chat, and accounts to try it with."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import httpx
from asyncpg.connection import LoggedQuery
from sqlalchemy.ext.asyncio import AsyncEngine

from chat.cards import ItemRef
from live.hub import Hub
from models.enums import ItemKind
from server.identity.tokens import issue_token
from server.postgres.pool import ConnectionPool, StatementLogger
from server.settings import Settings
from sources.demo import DemoItem
from tests.support.waiting import until, until_true

Json = dict[str, Any]
ItemRegistry = dict[tuple[str, ItemRef], DemoItem]

_accounts = count(1)
_collected: ContextVar[list[str] | None] = ContextVar("collected", default=None)


def path_of(url: str) -> str:
    """Returns the path of a link. The server of a test is not at the address of its settings."""
    return urlsplit(url).path


@dataclass(frozen=True)
class Response:
    """A GraphQL response."""

    body: Json

    @property
    def data(self) -> Json:
        assert "errors" not in self.body, self.body["errors"]
        data: Json = self.body["data"]
        return data

    @property
    def code(self) -> str:
        """The code of the only error."""
        (error,) = self.body["errors"]
        code: str = error["extensions"]["code"]
        return code


@dataclass(frozen=True)
class ApiClient:
    """A client with a token, or without."""

    http: httpx.AsyncClient
    token: str | None

    async def execute(self, query: str, /, **variables: object) -> Response:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        response = await self.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        return Response(response.json())

    async def query(self, query: str, /, **variables: object) -> Json:
        return (await self.execute(query, **variables)).data

    async def mutate(self, mutation: str, selection: str, /, **input: object) -> Json:
        """Returns the payload of a mutation. Fails if it is refused."""
        payload = await self.payload(mutation, selection, **input)
        assert payload["userErrors"] == [], payload["userErrors"]
        return payload

    async def payload(self, mutation: str, selection: str, /, **input: object) -> Json:
        input_type = f"{mutation[0].upper()}{mutation[1:]}Input"
        query = (
            f"mutation ($input: {input_type}!) {{ {mutation}(input: $input)"
            f" {{ {selection} userErrors {{ code message path }} }} }}"
        )
        payload: Json = (await self.query(query, input=input))[mutation]
        return payload

    async def refusal(self, mutation: str, selection: str, /, **input: object) -> str:
        """Returns the code of a refused mutation. Fails if it is not refused, or if its payload has anything else."""
        payload = await self.payload(mutation, selection, **input)
        (error,) = payload.pop("userErrors")
        assert not any(payload.values()), payload
        code: str = error["code"]
        return code


@dataclass(frozen=True)
class AgentClient(ApiClient):
    """A client with the token of an agent."""

    account_id: str
    id: str
    name: str

    # ------------------------------------------------------------------ frequent requests
    async def create_channel(self, name: str = "Room", kind: str = "PUBLIC", **input: object) -> str:
        payload = await self.mutate("createChatChannel", "channel { id }", name=name, kind=kind, **input)
        id: str = payload["channel"]["id"]
        return id

    async def send(self, channel_id: str, body: str = "Hello", **input: object) -> str:
        payload = await self.mutate("sendChatMessage", "message { id }", channelId=channel_id, body=body, **input)
        id: str = payload["message"]["id"]
        return id

    async def create_upload(
        self, byte_size: int, filename: str = "note.txt", content_type: str = "text/plain"
    ) -> tuple[str, str]:
        """Returns the id of a new upload, and the path to which its bytes are sent."""
        selection = "attachment { id } uploadUrl"
        file: Json = {"filename": filename, "contentType": content_type, "byteSize": byte_size}
        payload = await self.mutate("createChatUpload", selection, **file)
        return payload["attachment"]["id"], path_of(payload["uploadUrl"])

    async def upload(
        self, content: bytes = b"A note.", filename: str = "note.txt", content_type: str = "text/plain"
    ) -> str:
        """Returns the id of an upload whose bytes were received."""
        id, path = await self.create_upload(len(content), filename, content_type)
        answer = await self.http.put(path, content=content)
        assert answer.status_code == 204, answer.text
        return id

    async def attachments(self, message_id: str, selection: str = "id url") -> list[Json]:
        query = f"query ($id: ID!) {{ chatMessage(id: $id) {{ attachments {{ {selection} }} }} }}"
        found: list[Json] = (await self.query(query, id=message_id))["chatMessage"]["attachments"]
        return found

    async def find_channel(self, channel_id: str, selection: str = "id") -> Json | None:
        found: Json | None = (
            await self.query(f"query ($id: ID!) {{ chatChannel(id: $id) {{ {selection} }} }}", id=channel_id)
        )["chatChannel"]
        return found

    async def read(self, channel_id: str, selection: str) -> Json:
        found = await self.find_channel(channel_id, selection)
        assert found is not None
        return found

    async def position(self, channel_id: str | None = None) -> str:
        """Returns the position of the channel's newest change, or of the account's, to subscribe `since` there."""
        if channel_id is not None:
            position: str = (await self.read(channel_id, "position"))["position"]
        else:
            position = (await self.query("{ chatViewer { position } }"))["chatViewer"]["position"]
        return position

    async def bodies(self, channel_id: str) -> list[str]:
        """Returns the bodies of the newest 100 messages of agents that this agent can read, in order."""
        found = await self.read(channel_id, "messages(last: 100) { nodes { body systemEvent { kind } } }")
        return [node["body"] for node in found["messages"]["nodes"] if node["systemEvent"] is None]

    async def system_events(self, channel_id: str) -> list[str]:
        """Returns the kinds of the newest 100 system messages, in order."""
        found = await self.read(channel_id, "messages(last: 100) { nodes { systemEvent { kind } } }")
        return [node["systemEvent"]["kind"] for node in found["messages"]["nodes"] if node["systemEvent"]]


@dataclass(frozen=True)
class Api:
    """A server and its database, in which every test creates an account of its own."""

    http: httpx.AsyncClient
    settings: Settings
    engine: AsyncEngine
    """Connections of the test itself."""

    served_hub: Hub | None = None
    served_pools: Sequence[ConnectionPool] = ()
    items: ItemRegistry | None = None
    """What the server's source modules answer from. Like the hub and the pool, None if the server runs in another
    process."""

    @property
    def hub(self) -> Hub:
        """The hub of a server that runs in this process."""
        assert self.served_hub is not None, "the server is a process of its own"
        return self.served_hub

    @property
    def pool(self) -> ConnectionPool:
        """The connections of a server that runs in this process."""
        assert self.served_pools, "the server is a process of its own"
        return self.served_pools[0]

    @contextmanager
    def logging(self, logger: StatementLogger) -> Iterator[None]:
        """Calls the logger after each statement of the server, also those of its directory thread."""
        with ExitStack() as stack:
            for pool in self.served_pools:
                stack.enter_context(pool.logging(logger))
            yield

    def service(self, account_id: str) -> ApiClient:
        token = issue_token(self.settings, account_id, "platform", timedelta(hours=1), "directory")
        return ApiClient(self.http, token)

    def agent(self, account_id: str, agent_id: str, name: str = "") -> AgentClient:
        token = issue_token(self.settings, account_id, agent_id, timedelta(hours=1))
        return AgentClient(self.http, token, account_id, agent_id, name or agent_id)

    def anonymous(self) -> ApiClient:
        return ApiClient(self.http, None)

    async def create_account(self, *, enabled: bool = True, extra_agents: int = 0) -> "Account":
        """Creates an account with the agents ana (administrator), bruno, carla, davi, and elisa (deactivated)."""
        account = Account(self, f"account-{next(_accounts)}")
        extras = [{"id": f"extra-{number:04}", "name": f"Extra {number:04}"} for number in range(extra_agents)]
        await account.sync(
            agents=[
                {"id": "ana", "name": "Ana", "role": "ADMINISTRATOR", "email": "ana@example.com"},
                *({"id": name.lower(), "name": name} for name in ("Bruno", "Carla", "Davi")),
                {"id": "elisa", "name": "Elisa", "active": False},
                *extras,
            ]
        )
        if enabled:
            await account.ana.mutate("updateChatAccountSettings", "settings { chatEnabled }", chatEnabled=True)
        return account

    async def waiting_statements(self) -> int:
        """Returns how many statements wait for a lock in the server's database."""
        async with self.engine.connect() as connection:
            waiting = await connection.exec_driver_sql(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            return int(waiting.scalar_one())

    async def until_waiting(self, statements: int) -> None:
        """Waits until so many statements wait for a lock."""

        async def are_waiting() -> bool:
            return await self.waiting_statements() == statements

        await until_true(are_waiting, f"{statements} statements wait for a lock")

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """Collects the SQL statements of the requests in the block, without those of concurrent tasks."""
        sent: list[str] = []

        def collect(executed: LoggedQuery) -> None:
            if _collected.get() is sent:
                sent.append(executed.query)

        with self.logging(collect):
            collecting = _collected.set(sent)
            try:
                yield sent
            finally:
                _collected.reset(collecting)


@dataclass(frozen=True)
class Account:
    """An account and its agents."""

    api: Api
    account_id: str
    agents: dict[str, AgentClient] = field(default_factory=dict)

    def agent(self, agent_id: str) -> AgentClient:
        if agent_id not in self.agents:
            self.agents[agent_id] = self.api.agent(self.account_id, agent_id, agent_id.capitalize())
        return self.agents[agent_id]

    @property
    def ana(self) -> AgentClient:
        return self.agent("ana")

    @property
    def bruno(self) -> AgentClient:
        return self.agent("bruno")

    @property
    def carla(self) -> AgentClient:
        return self.agent("carla")

    @property
    def davi(self) -> AgentClient:
        return self.agent("davi")

    @property
    def elisa(self) -> AgentClient:
        return self.agent("elisa")

    async def until_subscribed(self, streams: int = 1) -> None:
        """Waits until the server has so many streams of the account. They miss nothing that happens from then on."""
        await until(lambda: self.api.hub.stream_count(self.account_id) == streams, f"{streams} streams")

    async def sync(self, *, selection: str = "agentCount teamCount", **input: object) -> Json:
        """Updates the account's directory with the token of the platform. Returns these fields of the payload."""
        return await self.api.service(self.account_id).mutate(
            "syncChatDirectory", selection, account={"name": self.account_id}, **input
        )

    def add_item(self, kind: ItemKind, item_id: str, hidden_from: Sequence[str] = ()) -> None:
        """Adds an item to the kind's source module. All agents of the account can see it except these."""
        assert self.api.items is not None, "the server runs in another process"
        self.api.items[self.account_id, ItemRef(kind, item_id)] = DemoItem(
            title=f"Secret title of {item_id}",
            summary=f"Secret summary of {item_id}",
            url=f"https://app.example.com/secret/{item_id}",
            hidden_from=frozenset(hidden_from),
        )
