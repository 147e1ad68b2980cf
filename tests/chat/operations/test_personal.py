"""What a member keeps for themselves in a channel: level, mute, favourite, and a note that nobody else sees."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete
from sqlmodel import col

from models import Member
from tests.support.api import Account, Json
from tests.support.fingerprint import fingerprint

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


async def _room(account: Account) -> str:
    return await account.bruno.create_channel("Sala", memberIds=["carla", "davi"])


def _from_now(**offset: float) -> str:
    return (datetime.now(UTC) + timedelta(**offset)).isoformat()


async def test_only_what_is_given_changes(account: Account) -> None:
    channel = await _room(account)
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


async def test_a_removal_meanwhile_is_answered_as_a_removal_before(account: Account) -> None:
    channel = await _room(account)
    room = UUID(channel.removeprefix("chn_"))
    async with account.api.engine.connect() as connection:
        await connection.execute(delete(Member).where(col(Member.channel_id) == room, col(Member.agent_id) == "carla"))
        # The update has seen its seat, and waits for the row.
        update = asyncio.create_task(
            account.carla.refusal("updateChatMembership", MEMBERSHIP, channelId=channel, favourite=True)
        )
        await asyncio.sleep(0.3)
        assert not update.done()
        await connection.commit()
    assert await update == "NOT_A_MEMBER"


async def test_muting_for_good_and_until_a_time(account: Account) -> None:
    channel = await _room(account)
    muted = await _update(account, channel, muted=True)
    assert (muted["muted"], muted["mutedUntil"]) == (True, None)
    soon = _from_now(hours=1)
    until = await _update(account, channel, mutedUntil=soon)
    assert until["muted"]
    assert datetime.fromisoformat(until["mutedUntil"]) == datetime.fromisoformat(soon)
    for_good = await _update(account, channel, mutedUntil=None)
    assert (for_good["muted"], for_good["mutedUntil"]) == (True, None)
    again = await _update(account, channel, muted=False)
    assert (again["muted"], again["mutedUntil"]) == (False, None)
    assert (await _update(account, channel, mutedUntil=None))["muted"] is False


async def test_a_mute_ends_by_itself_and_counts_go_on(account: Account) -> None:
    channel = await _room(account)
    await _update(account, channel, mutedUntil=_from_now(seconds=0.5))
    await account.bruno.send(channel, "[@Carla](mention://user/carla/Carla)")
    muted = await account.carla.read(channel, "unreadCount unreadMentionCount viewerMembership { muted }")
    assert muted == {"unreadCount": 1, "unreadMentionCount": 1, "viewerMembership": {"muted": True}}
    await asyncio.sleep(0.6)
    assert (await account.carla.read(channel, "viewerMembership { muted }"))["viewerMembership"] == {"muted": False}


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
async def test_what_makes_no_sense_changes_nothing(account: Account, wrong: Json) -> None:
    channel = await _room(account)
    before = await fingerprint(account)
    changes = {"notificationLevel": "NOTHING", **wrong}
    assert await account.carla.refusal("updateChatMembership", MEMBERSHIP, channelId=channel, **changes) == "INVALID"
    assert await fingerprint(account) == before


async def test_a_note_is_back_after_rejoining_and_everything_else_is_not(account: Account) -> None:
    channel = await _room(account)
    await _update(account, channel, personalNote="Minha", favourite=True, muted=True, notificationLevel="NOTHING")
    await account.carla.mutate("leaveChatChannel", "channel { id }", channelId=channel)
    note: Json = {"channelId": channel, "personalNote": "De fora"}
    assert await account.carla.refusal("updateChatMembership", MEMBERSHIP, **note) == "NOT_A_MEMBER"
    await account.carla.mutate("joinChatChannel", "channel { id }", channelId=channel)
    assert await _update(account, channel) == {**DEFAULT, "personalNote": "Minha"}


async def test_personal_things_take_no_place_in_the_order_of_changes(account: Account) -> None:
    channel = await _room(account)
    await account.bruno.send(channel)
    before = (await account.carla.read(channel, "position"))["position"]
    await _update(account, channel, personalNote="Minha", muted=True, favourite=True, notificationLevel="NOTHING")
    await account.carla.mutate("markChatRead", "channel { id }", channelId=channel)
    await account.carla.mutate("updateChatProfile", "viewer { sendKey }", sendKey="MOD_ENTER")
    assert (await account.carla.read(channel, "position"))["position"] == before
    await account.bruno.send(channel)
    assert (await account.carla.read(channel, "position"))["position"] != before
