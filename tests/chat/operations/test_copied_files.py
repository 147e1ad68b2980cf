"""Copying files for a forward: how many at a time, for how long, and what remains if the forward is refused."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from starlette.applications import Starlette

from chat import copied_files
from chat.copied_files import CONCURRENT_COPIES
from chat.errors import Refused
from chat.identity import AgentToken
from chat.operations.destinations import ToChannel
from chat.operations.forward_message import ForwardDraft, forward_message
from chat.policies import EVERYBODY_LIMIT
from chat.ports import Chat, Files, FilesUnavailable
from tests.support.api import Account, AgentClient, Api


@dataclass
class ScriptedFiles:
    """A storage that calls a function before each copy. Everything else is not used."""

    files: Files
    before_copy: Callable[[], Awaitable[object]]
    copied: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)

    async def copy(self, source: str, target: str) -> None:
        await self.before_copy()
        await self.files.copy(source, target)
        self.copied.append(target)

    async def delete(self, keys: Sequence[str]) -> None:
        self.deleted += keys
        await self.files.delete(keys)


@pytest.fixture
def chat(app: Starlette) -> Chat:
    chat: Chat = app.state.services.chat
    return chat


async def _nothing() -> None:
    pass


async def _original(agent: AgentClient, channel: str, files: int = 1) -> str:
    return await agent.send(channel, "", attachmentIds=[await agent.upload() for _ in range(files)])


async def _forward(
    chat: Chat, files: ScriptedFiles, agent: AgentClient, message: str, channel: str, body: str = ""
) -> str | None:
    """Returns the code if the forward is refused."""
    identity = AgentToken(agent.account_id, agent.id, expires_at=datetime.now(UTC) + timedelta(hours=1))
    message_id, channel_id = (UUID(id.partition("_")[2]) for id in (message, channel))
    draft = ForwardDraft(message_id, ToChannel(channel_id), body, None)
    try:
        await forward_message(replace(chat, files=files), identity, draft)  # type: ignore[arg-type]
    except Refused as refused:
        return refused.code
    return None


async def test_the_copies_of_a_refused_forward_are_deleted(account: Account, chat: Chat) -> None:
    source = await account.bruno.create_channel(memberIds=["carla"])
    target = await account.bruno.create_channel(memberIds=["carla"])
    original = await _original(account.bruno, source, 2)

    async def archive() -> None:
        await account.bruno.mutate("archiveChatChannel", "channel { id }", channelId=target)

    files = ScriptedFiles(chat.files, archive)
    assert await _forward(chat, files, account.carla, original, target) == "ARCHIVED"
    assert len(files.copied) == 2
    assert sorted(files.deleted) == sorted(files.copied)


async def test_files_are_copied_concurrently_up_to_a_limit(account: Account, chat: Chat) -> None:
    channel = await account.bruno.create_channel()
    original = await _original(account.bruno, channel, 20)
    running, most = 0, 0

    async def copy_slowly() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1

    files = ScriptedFiles(chat.files, copy_slowly)
    assert await _forward(chat, files, account.bruno, original, channel) is None
    assert (len(files.copied), most) == (20, CONCURRENT_COPIES)


async def test_a_storage_that_does_not_copy_in_time_is_unavailable(
    account: Account, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = await account.bruno.create_channel()
    original = await _original(account.bruno, channel)
    monkeypatch.setattr(copied_files, "COPY_SECONDS", 0.05)

    async def sleep() -> None:
        await asyncio.sleep(30)

    async def fail() -> None:
        raise FilesUnavailable

    for before_copy in (sleep, fail):
        files = ScriptedFiles(chat.files, before_copy)
        assert await _forward(chat, files, account.bruno, original, channel) == "SOURCE_UNAVAILABLE"


async def test_a_mention_of_everybody_is_refused_before_files_are_copied(api: Api, chat: Chat) -> None:
    account = await api.create_account(extra_agents=EVERYBODY_LIMIT)
    members = ["carla", *(f"extra-{number:04}" for number in range(EVERYBODY_LIMIT))]
    channel = await account.bruno.create_channel(memberIds=members)
    original = await _original(account.bruno, channel)
    files = ScriptedFiles(chat.files, _nothing)
    body = "[@all](mention://channel/all)"
    assert await _forward(chat, files, account.carla, original, channel, body) == "FORBIDDEN"
    assert files.copied == []
    assert await _forward(chat, files, account.bruno, original, channel, body) is None
