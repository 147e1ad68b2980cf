"""Receiving the bytes of an upload while the upload is deleted, completed, or takes too long."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from starlette.applications import Starlette

from chat.errors import Refused
from chat.identity import AgentToken
from chat.operations.receive_upload import Reception, begin_reception, receive_upload
from chat.operations.sweep_files import sweep_all
from chat.ports import Chat
from chat.unused_files import WRITE_LEASE
from tests.support.api import Account


class LaterClock:
    """Shows a time that is later than the real one."""

    def __init__(self, ahead: timedelta) -> None:
        self._ahead = ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead


@pytest.fixture
def chat(app: Starlette) -> Chat:
    chat: Chat = app.state.services.chat
    return chat


@pytest.fixture
def bruno(account: Account) -> AgentToken:
    return AgentToken(account.account_id, "bruno", expires_at=datetime.now(UTC) + timedelta(hours=1))


async def _begin(chat: Chat, account: Account, bruno: AgentToken) -> Reception:
    upload, _ = await account.bruno.create_upload(3)
    return await begin_reception(chat, bruno, UUID(upload.removeprefix("att_")), 3)


async def _chunks() -> AsyncIterator[bytes]:
    yield b"abc"


@pytest.mark.parametrize("ahead", [timedelta(hours=25), WRITE_LEASE + timedelta(minutes=1)])
async def test_an_upload_or_files_that_were_swept_meanwhile_are_unknown(
    chat: Chat, account: Account, bruno: AgentToken, ahead: timedelta
) -> None:
    reception = await _begin(chat, account, bruno)

    async def slow() -> AsyncIterator[bytes]:
        await sweep_all(replace(chat, clock=LaterClock(ahead)))
        yield b"abc"

    with pytest.raises(Refused) as refused:
        await receive_upload(chat, bruno, reception, slow())
    assert refused.value.code == "NOT_FOUND"


async def test_an_upload_that_another_call_completed_meanwhile_conflicts(
    chat: Chat, account: Account, bruno: AgentToken
) -> None:
    reception = await _begin(chat, account, bruno)
    other = await begin_reception(chat, bruno, reception.upload.attachment_id, None)

    async def slow() -> AsyncIterator[bytes]:
        await receive_upload(chat, bruno, other, _chunks())
        yield b"abc"

    with pytest.raises(Refused) as refused:
        await receive_upload(chat, bruno, reception, slow())
    assert refused.value.code == "CONFLICT"
