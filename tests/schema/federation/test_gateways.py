"""Queries over two modules through real gateways: the chat decides who sees an item, and its owner resolves the
fields."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest

from tests.schema.federation.crm import Crm
from tests.support.api import Json

pytestmark = [pytest.mark.long, pytest.mark.node]

PATIENCE_SECONDS = 20
ANA, BRUNO, DAVI = "1", "2", "4"
DEAL, SECRET_DEAL = "77", "78"  # the demo hides the second from Bruno
CARDS = """cards {
  access title
  entity { __typename ... on Deal { id card { stage } value crmTitle: title } }
}"""
ADDED = f"""subscription ($id: ID!, $since: String) {{
  chatMessageAdded(channelId: $id, since: $since) {{ message {{ body {CARDS} }} }}
}}"""
GRANTED = {
    "access": "GRANTED",
    "title": "Renovação anual da Ótica Clara",
    "entity": {
        "__typename": "Deal",
        "id": DEAL,
        "card": {"stage": "Proposta enviada"},
        "value": 18400.0,
        "crmTitle": "CRM: Ótica Clara",
    },
}
SECRET_GRANTED = {
    "access": "GRANTED",
    "title": "Grupo Aurora: 40 licenças",
    "entity": {
        "__typename": "Deal",
        "id": SECRET_DEAL,
        "card": {"stage": "Negociação"},
        "value": 96000.0,
        "crmTitle": "CRM: Grupo Aurora",
    },
}
FORBIDDEN = {"access": "FORBIDDEN", "title": None, "entity": None}


@dataclass(frozen=True)
class Gateway:
    """A client of a gateway, with the token of an agent."""

    url: str
    token: str | None

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": self.token} if self.token else {}

    async def execute(self, query: str, **variables: object) -> Json:
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, headers=self.headers) as http:
            answer: Json = (await http.post(self.url, json={"query": query, "variables": variables})).json()
        return answer

    async def query(self, query: str, **variables: object) -> Json:
        answer = await self.execute(query, **variables)
        assert "errors" not in answer, answer["errors"]
        data: Json = answer["data"]
        return data

    async def create_channel(self, *members: str, kind: str = "PUBLIC") -> str:
        made = await self.query(
            """mutation ($input: CreateChatChannelInput!) {
              createChatChannel(input: $input) { channel { id } userErrors { message } }
            }""",
            input={"name": f"Vendas {uuid4()}", "kind": kind, "memberIds": members},
        )
        return str(made["createChatChannel"]["channel"]["id"])

    async def send(self, channel: str, body: str, *deals: str) -> str:
        sent = await self.query(
            """mutation ($input: SendChatMessageInput!) {
              sendChatMessage(input: $input) { message { id } userErrors { message } }
            }""",
            input={"channelId": channel, "body": body, "cards": [{"kind": "DEAL", "id": deal} for deal in deals]},
        )
        return str(sent["sendChatMessage"]["message"]["id"])

    async def cards(self, channel: str) -> list[Json]:
        seen = await self.query(
            f"query ($id: ID!) {{ chatChannel(id: $id) {{ messages(last: 1) {{ nodes {{ {CARDS} }} }} }} }}", id=channel
        )
        (message,) = seen["chatChannel"]["messages"]["nodes"]
        cards: list[Json] = message["cards"]
        return cards

    async def position(self, channel: str) -> str:
        """Returns the viewer's position. A stream that begins there later misses nothing."""
        seen = await self.query("query ($id: ID!) { chatChannel(id: $id) { position } }", id=channel)
        return str(seen["chatChannel"]["position"])

    @asynccontextmanager
    async def stream(self, query: str, **variables: object) -> AsyncIterator[AsyncIterator[Json]]:
        """Yields the results of a subscription, received as server-sent events."""
        async with (
            httpx.AsyncClient(timeout=PATIENCE_SECONDS, headers=self.headers) as http,
            http.stream(
                "POST",
                self.url,
                json={"query": query, "variables": variables},
                headers={"accept": "text/event-stream"},
            ) as response,
        ):
            assert response.headers["content-type"].startswith("text/event-stream"), await response.aread()
            yield (json.loads(line[5:]) async for line in response.aiter_lines() if line.startswith("data: {"))


class Agents:
    """Clients of one gateway for the agents of the demo."""

    def __init__(self, url: str, tokens: dict[str, str]) -> None:
        self.ana, self.bruno, self.davi = (Gateway(url, tokens[agent]) for agent in (ANA, BRUNO, DAVI))
        self.anonymous = Gateway(url, None)


@pytest.fixture(scope="session")
async def tokens(chat_url: str) -> dict[str, str]:
    """The authorization headers, by agent."""
    tokens = {}
    async with httpx.AsyncClient() as http:
        for agent in (ANA, BRUNO, DAVI):
            made = await http.post(f"{chat_url}/demo/token", json={"accountId": "1", "agentId": agent})
            tokens[agent] = f"Bearer {made.json()['token']}"
    return tokens


@pytest.fixture(params=["apollo_url", "hive_over_sse_url"])
def agents(request: pytest.FixtureRequest, tokens: dict[str, str], crm: Crm) -> Agents:
    crm.forget()
    return Agents(request.getfixturevalue(request.param), tokens)


@pytest.fixture(params=["hive_over_sse_url", "hive_over_sockets_url"])
def streaming_agents(request: pytest.FixtureRequest, tokens: dict[str, str], crm: Crm) -> Agents:
    crm.forget()
    return Agents(request.getfixturevalue(request.param), tokens)


async def test_a_card_has_the_fields_of_the_owner_and_of_the_chat(agents: Agents, crm: Crm) -> None:
    channel = await agents.ana.create_channel(DAVI)
    await agents.ana.send(channel, "look", DEAL, SECRET_DEAL)
    assert await agents.davi.cards(channel) == [GRANTED, SECRET_GRANTED]
    assert crm.references == [[DEAL, SECRET_DEAL]], "both references in one request"
    assert crm.tokens == [agents.davi.token], "the token of the reader"


async def test_without_access_the_entity_is_null_and_the_owner_is_not_called(agents: Agents, crm: Crm) -> None:
    channel = await agents.ana.create_channel(BRUNO)
    await agents.ana.send(channel, "look", DEAL, SECRET_DEAL)
    assert await agents.bruno.cards(channel) == [GRANTED, FORBIDDEN]
    assert crm.references == [[DEAL]]
    assert crm.tokens == [agents.bruno.token]


async def test_a_list_of_the_owner_has_the_fields_of_the_chat(agents: Agents) -> None:
    channel = await agents.ana.create_channel(BRUNO)
    message = await agents.ana.send(channel, "look", DEAL, SECRET_DEAL)
    query = "{ deals { nodes { id title card { stage } sharedIn(first: 1) { nodes { id } } } } }"
    granted = {"card": {"stage": "Proposta enviada"}, "sharedIn": {"nodes": [{"id": message}]}}
    secret = {"card": {"stage": "Negociação"}, "sharedIn": {"nodes": [{"id": message}]}}
    hidden: Json = {"card": None, "sharedIn": {"nodes": []}}
    first, second = {"id": DEAL, "title": "CRM: Ótica Clara"}, {"id": SECRET_DEAL, "title": "CRM: Grupo Aurora"}
    assert (await agents.ana.query(query))["deals"]["nodes"] == [first | granted, second | secret]
    assert (await agents.bruno.query(query))["deals"]["nodes"] == [first | granted, second | hidden]


async def test_the_error_code_of_the_chat_is_passed_on(agents: Agents) -> None:
    answer = await agents.anonymous.execute("{ chatViewer { agent { id } } }")
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]


async def test_a_subscription_without_a_token_ends_with_a_code(streaming_agents: Agents) -> None:
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        streaming_agents.anonymous.stream("subscription { chatMessageAdded { message { id } } }") as events,
    ):
        (last,) = [event async for event in events]
    assert [error["extensions"]["code"] for error in last["errors"]] == ["UNAUTHENTICATED"]


async def test_a_subscription_with_an_invalid_token_ends_with_a_code(hive_over_sse_url: str) -> None:
    """Over sockets, Hive's gateway retries for half a minute first (docs/federation.md)."""
    stranger = Gateway(hive_over_sse_url, "Bearer x")
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        stranger.stream("subscription { chatMessageAdded { message { id } } }") as events,
    ):
        (last,) = [event async for event in events]
    assert [error["extensions"]["code"] for error in last["errors"]] == ["UNAUTHENTICATED"]


async def test_a_subscription_delivers_each_reader_their_own_card(streaming_agents: Agents, crm: Crm) -> None:
    agents = streaming_agents
    channel = await agents.ana.create_channel(BRUNO, DAVI)
    now = await agents.ana.position(channel)
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        agents.davi.stream(ADDED, id=channel, since=now) as to_davi,
        agents.bruno.stream(ADDED, id=channel, since=now) as to_bruno,
    ):
        for body in ("one", "two"):
            await agents.ana.send(channel, body, DEAL, SECRET_DEAL)
            assert _message(await anext(to_davi)) == {"body": body, "cards": [GRANTED, SECRET_GRANTED]}
            assert _message(await anext(to_bruno)) == {"body": body, "cards": [GRANTED, FORBIDDEN]}
    assert set(crm.tokens) == {agents.davi.token, agents.bruno.token}


async def test_a_subscription_resumes_from_a_position(streaming_agents: Agents) -> None:
    agents = streaming_agents
    channel = await agents.ana.create_channel(BRUNO)
    before = await agents.bruno.position(channel)
    await agents.ana.send(channel, "missed")
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        agents.bruno.stream(ADDED, id=channel, since=before) as events,
    ):
        assert _message(await anext(events))["body"] == "missed"
        await agents.ana.send(channel, "live")
        assert _message(await anext(events))["body"] == "live"


async def test_the_subscription_of_a_removed_member_ends(streaming_agents: Agents) -> None:
    agents = streaming_agents
    channel = await agents.ana.create_channel(BRUNO, kind="PRIVATE")
    now = await agents.bruno.position(channel)
    async with asyncio.timeout(PATIENCE_SECONDS), agents.bruno.stream(ADDED, id=channel, since=now) as events:
        await agents.ana.send(channel, "before")
        assert _message(await anext(events))["body"] == "before"
        await agents.ana.query(
            "mutation ($input: RemoveChatMemberInput!) { removeChatMember(input: $input) { userErrors { code } } }",
            input={"channelId": channel, "agentId": BRUNO},
        )
        await agents.ana.send(channel, "after")
        rest = [event async for event in events]
    assert [error["extensions"]["code"] for event in rest for error in event["errors"]] == ["ACCESS_LOST"]


def _message(event: Json) -> Json:
    assert "errors" not in event, event["errors"]
    message: Json = event["data"]["chatMessageAdded"]["message"]
    return message
