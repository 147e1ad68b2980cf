"""Checks that the chat and its peer give the same answers and refuse the same requests, before they are measured."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import httpx
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.environment import Client, Environment, Json
from benchmarks.generated_account import VIEWER
from benchmarks.history import PAGE, SIDEBAR
from server.addresses import async_url
from server.identity.tokens import issue_token
from server.settings import Settings

AGENTS = (VIEWER, "agent-001", "agent-150")
"""They can read different channels."""

CHANNELS = 25
"""Channels of each sidebar whose pages are compared."""


@dataclass(frozen=True)
class AnswerComparison:
    """Sends each request to both servers. Raises AssertionError where they differ."""

    environment: Environment
    account_id: str
    servers: Sequence[httpx.AsyncClient]

    async def compare_answers(self) -> int:
        """Returns the number of answers, among them those to agents who cannot read the channel."""
        compared = 0
        channel_ids: list[str] = []
        for agent_id in AGENTS:
            sidebar = await self._same_answer(agent_id, SIDEBAR)
            channel_ids += [node["id"] for node in sidebar["chatChannels"]["nodes"]][:CHANNELS]
            for channel_id in channel_ids:
                await self._same_answer(agent_id, PAGE, channelId=channel_id)
            compared += 1 + len(channel_ids)
        return compared

    async def compare_refusals(self) -> None:
        settings = self.environment.settings
        forger = settings.model_copy(update={"jwt_secret": SecretStr("a secret that the servers do not know")})
        await self._same_refusal("UNAUTHENTICATED", forger, VIEWER)
        await self._same_refusal("AGENT_INACTIVE", settings, "an unknown agent")
        for code, change, undo in (
            ("AGENT_INACTIVE", "UPDATE agents SET active = false", "UPDATE agents SET active = true"),
            ("MODULE_DISABLED", "UPDATE accounts SET chat_enabled = false", "UPDATE accounts SET chat_enabled = true"),
            (
                "MODULE_DISABLED",
                "UPDATE accounts SET enabled_roles = '{ADMINISTRATOR}'",
                "UPDATE accounts SET enabled_roles = '{AGENT,ADMINISTRATOR}'",
            ),
        ):
            async with self._changed(change, undo):
                await self._same_refusal(code, settings, VIEWER)

    @asynccontextmanager
    async def _changed(self, change: str, undo: str) -> AsyncIterator[None]:
        """Executes one statement before the block and the other after it, both for this account."""
        engine = create_async_engine(async_url(self.environment.database_url), isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            for_account = {"account_id": self.account_id}
            await connection.execute(text(f"{change} WHERE account_id = :account_id"), for_account)
            yield
            await connection.execute(text(f"{undo} WHERE account_id = :account_id"), for_account)
        await engine.dispose()

    async def _same_answer(self, agent_id: str, query: str, **variables: str) -> Json:
        expected, actual = [
            await Client.of(http, self.environment.settings, self.account_id, agent_id).execute(query, **variables)
            for http in self.servers
        ]
        if actual != expected:
            raise AssertionError(f"The servers answer differently.\nchat: {expected}\npeer: {actual}")
        return expected

    async def _same_refusal(self, code: str, settings: Settings, agent_id: str) -> None:
        token = issue_token(settings, self.account_id, agent_id, timedelta(hours=1))
        for http in self.servers:
            response = await http.post(
                "/graphql", json={"query": SIDEBAR}, headers={"authorization": f"Bearer {token}"}
            )
            answer: Json = response.json()
            codes = [error.get("extensions", {}).get("code") for error in answer.get("errors", [])]
            if codes != [code] or any((answer.get("data") or {}).values()):
                raise AssertionError(f"{http.base_url} must refuse the request with {code}: {answer}")
