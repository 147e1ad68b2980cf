"""Personal settings of a member in a channel: notification level, mute, favourite and note."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete
from sqlmodel import col

from models import Member
from tests.support.api import Account, Json
from tests.support.fingerprint import fingerprint
from tests.support.waiting import until_true

MEMBERSHIP = "membership { notificationLevel muted mutedUntil favourite personalNote }"
DEFAULT: Json = {
    "notificationLevel": "EVERYTHING",
    "muted": False,
    "mutedUntil": None,
    "favourite": False,
    "personalNote": None,
}


async def _update(account: Account, channel: str, **changes: object) -> Json:
    payload = await account.carla.mutate("updateChatMembership", MEMBERSHIP, channelId=channel, **changes)
    membership: Json = payload["membership"]
    return membership


async def _create_channel(account: Account) -> str:
    return await account.bruno.create_channel("Sala", memberIds=["carla", "davi"])


def _from_now(**offset: float) -> str:
    return (datetime.now(UTC) + timedelta(**offset)).isoformat()


async def test_only_the_given_fields_change(account: Account) -> None:
    channel = await _create_channel(account)
    assert await _update(account, channel) == DEFAULT
    assert await _update(account, channel, notificationLevel="MENTIONS") == {**DEFAULT, "notificationLevel": "MENTIONS"}
    assert await _update(account, channel, favourite=True, personalNote=" Falar com Davi ") == {
        **DEFAULT,
        "notificationLevel": "MENTIONS",
        "favourite": True,
        "personalNote": "Falar com Davi",
    }
    assert (await _update(account, channel, personalNote=None))["personalNote"] is None
    others = await account.davi.read(channel, "viewerMembership { notificationLevel favourite personalNote }")
    assert others["viewerMembership"] == {"notificationLevel": "EVERYTHING", "favourite": False, "personalNote": None}


async def test_an_update_that_waits_for_a_removal_is_refused(account: Account) -> None:
    channel = await _create_channel(account)
    channel_id = UUID(channel.removeprefix("chn_"))
    async with account.api.engine.connect() as connection:
        await connection.execute(
            delete(Member).where(col(Member.channel_id) == channel_id, col(Member.agent_id) == "carla")
        )
        # The update has read its seat and now waits for the row that the removal locks.
        update = asyncio.create_task(
            account.carla.refusal("updateChatMembership", MEMBERSHIP, channelId=channel, favourite=True)
        )
        await until_true(lambda: _waits_for_a_lock(account), "the update waits for the row")
        assert not update.done()
        await connection.commit()
    assert await update == "NOT_A_MEMBER"


async def _waits_for_a_lock(account: Account) -> bool:
    """Whether a statement on this database waits for a lock."""
    async with account.api.engine.connect() as connection:
        waiting = await connection.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(waiting.scalar_one()) > 0


async def test_muting_indefinitely_and_until_a_time(account: Account) -> None:
    channel = await _create_channel(account)
    muted = await _update(account, channel, muted=True)
    assert (muted["muted"], muted["mutedUntil"]) == (True, None)
    soon = _from_now(hours=1)
    until = await _update(account, channel, mutedUntil=soon)
    assert until["muted"]
    assert datetime.fromisoformat(until["mutedUntil"]) == datetime.fromisoformat(soon)
    indefinite = await _update(account, channel, mutedUntil=None)
    assert (indefinite["muted"], indefinite["mutedUntil"]) == (True, None)
    again = await _update(account, channel, muted=False)
    assert (again["muted"], again["mutedUntil"]) == (False, None)
    assert (await _update(account, channel, mutedUntil=None))["muted"] is False


async def test_a_mute_expires_and_does_not_stop_the_counts(account: Account) -> None:
    channel = await _create_channel(account)
    await _update(account, channel, mutedUntil=_from_now(seconds=0.5))
    await account.bruno.send(channel, "[@Carla](mention://user/carla/Carla)")
    muted = await account.carla.read(channel, "unreadCount unreadMentionCount viewerMembership { muted }")
    assert muted == {"unreadCount": 1, "unreadMentionCount": 1, "viewerMembership": {"muted": True}}

    async def unmuted() -> bool:
        membership: Json = (await account.carla.read(channel, "viewerMembership { muted }"))["viewerMembership"]
        return membership == {"muted": False}

    await until_true(unmuted, "the end of the mute")


@pytest.mark.parametrize(
    "wrong",
    [
        {"mutedUntil": "2001-01-01T00:00:00Z"},
        {"mutedUntil": "2090-01-01T00:00:00"},
        {"mutedUntil": "9999-12-31T23:59:59-14:00"},
        {"muted": False, "mutedUntil": "2090-01-01T00:00:00Z"},
        {"personalNote": "n" * 5001},
        {"personalNote": "n\x00"},
        {"muted": None},
        {"favourite": None},
        {"notificationLevel": None},
    ],
)
async def test_invalid_input_changes_nothing(account: Account, wrong: Json) -> None:
    channel = await _create_channel(account)
    before = await fingerprint(account)
    changes = {"notificationLevel": "NOTHING", **wrong}
    assert await account.carla.refusal("updateChatMembership", MEMBERSHIP, channelId=channel, **changes) == "INVALID"
    assert await fingerprint(account) == before


async def test_rejoining_restores_the_note_and_nothing_else(account: Account) -> None:
    channel = await _create_channel(account)
    await _update(account, channel, personalNote="Minha", favourite=True, muted=True, notificationLevel="NOTHING")
    await account.carla.mutate("leaveChatChannel", "channel { id }", channelId=channel)
    note: Json = {"channelId": channel, "personalNote": "De fora"}
    assert await account.carla.refusal("updateChatMembership", MEMBERSHIP, **note) == "NOT_A_MEMBER"
    await account.carla.mutate("joinChatChannel", "channel { id }", channelId=channel)
    assert await _update(account, channel) == {**DEFAULT, "personalNote": "Minha"}


async def test_personal_settings_do_not_advance_the_position(account: Account) -> None:
    channel = await _create_channel(account)
    await account.bruno.send(channel)
    before = await account.carla.position(channel)
    await _update(account, channel, personalNote="Minha", muted=True, favourite=True, notificationLevel="NOTHING")
    await account.carla.mutate("markChatRead", "channel { id }", channelId=channel)
    await account.carla.mutate("updateChatProfile", "viewer { sendKey }", sendKey="MOD_ENTER")
    assert await account.carla.position(channel) == before
    await account.bruno.send(channel)
    assert await account.carla.position(channel) != before
