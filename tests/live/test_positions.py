"""A position that cannot be resumed from is refused, so a stream never has a silent gap."""

from base64 import urlsafe_b64encode

import orjson
import pytest
from sqlalchemy import text

from chat.positions import decode_position, encode_position
from tests.support.api import Account, Api
from tests.support.sockets import open_socket

ADDED = """subscription ($channel: ID, $since: String) {
  chatMessageAdded(channelId: $channel, since: $since) { message { body systemEvent { kind } } position }
}"""
LONG = 40.0
"""How many seconds a replay of thousands of changes may take on a busy machine."""

_MANY = text(
    """
    WITH clock AS (
        UPDATE account_clocks SET change = change + :count WHERE account_id = :account_id RETURNING change
    )
    INSERT INTO changes (account_id, change, kind, created_at)
    SELECT :account_id, clock.change - :count + place, 'SETTINGS_CHANGED', now()
      FROM clock, generate_series(1, :count) AS place
    """
)


async def code_of(account: Account, socket_url: str, channel: str | None, since: str) -> str:
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await socket.subscribe(ADDED, channel=channel, since=since)
        return await stream.error_code()


def forged(content: object) -> str:
    return urlsafe_b64encode(orjson.dumps(content)).decode().rstrip("=")


@pytest.fixture
async def channel(account: Account) -> str:
    return await account.ana.create_channel("Room", memberIds=["bruno"])


@pytest.fixture
async def start(account: Account, channel: str) -> str:
    position: str = await account.bruno.position(channel)
    return position


@pytest.mark.parametrize("whole_sidebar", [False, True])
@pytest.mark.parametrize(
    "position",
    ["", "nonsense", "é", "=", "A", "0", forged([]), forged({}), forged(1), forged(None), forged(["?", 1]), "A" * 9000],
)
async def test_a_malformed_position_is_refused(
    account: Account, socket_url: str, channel: str, position: str, *, whole_sidebar: bool
) -> None:
    where = None if whole_sidebar else channel
    assert await code_of(account, socket_url, where, position) == "BAD_USER_INPUT"


@pytest.mark.parametrize("change", [-1, 2**63, 2**200, 1.5, "1", None, True, [1]])
async def test_a_forged_position_of_the_account_is_refused(
    account: Account, socket_url: str, channel: str, change: object
) -> None:
    try:
        position = forged([account.account_id, change])
    except TypeError:  # more than orjson writes
        position = urlsafe_b64encode(f'["{account.account_id}",{change}]'.encode()).decode()
    assert await code_of(account, socket_url, channel, position) == "BAD_USER_INPUT"


async def test_a_position_of_another_account_is_refused(
    account: Account, other_account: Account, socket_url: str, channel: str
) -> None:
    elsewhere = await other_account.ana.create_channel("Room")
    foreign = await other_account.ana.position(elsewhere)
    assert await code_of(account, socket_url, channel, foreign) == "BAD_USER_INPUT"


@pytest.mark.parametrize("ahead", [1, 1000, 2**62])
async def test_a_position_in_the_future_needs_a_resync(
    account: Account, socket_url: str, channel: str, start: str, ahead: int
) -> None:
    """Clients have such a position after the database was restored from a backup."""
    future = encode_position(account.account_id, decode_position(start, account.account_id) + ahead)
    assert await code_of(account, socket_url, channel, future) == "RESYNC_REQUIRED"


@pytest.mark.parametrize("whole_sidebar", [False, True])
async def test_an_expired_position_needs_a_resync(
    api: Api, account: Account, socket_url: str, channel: str, start: str, *, whole_sidebar: bool
) -> None:
    for number in range(3):
        await account.ana.send(channel, str(number))
    where = None if whole_sidebar else channel
    kept = encode_position(account.account_id, decode_position(start, account.account_id) + 1)
    async with api.engine.begin() as connection:
        await connection.execute(
            text("DELETE FROM changes WHERE account_id = :account_id AND change <= :last"),
            {"account_id": account.account_id, "last": decode_position(kept, account.account_id)},
        )
    assert await code_of(account, socket_url, where, start) == "RESYNC_REQUIRED"
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await socket.subscribe(ADDED, channel=where, since=kept)
        assert [(await stream.data())["message"]["body"] for _ in range(2)] == ["1", "2"]


async def test_the_newest_position_is_valid_without_any_stored_change(
    api: Api, account: Account, socket_url: str, channel: str, start: str
) -> None:
    """A client that is up to date needs none of the deleted changes."""
    await account.ana.send(channel, "old")
    now = await account.bruno.position(channel)
    async with api.engine.begin() as connection:
        await connection.execute(
            text("DELETE FROM changes WHERE account_id = :account_id"), {"account_id": account.account_id}
        )
    assert await code_of(account, socket_url, channel, start) == "RESYNC_REQUIRED"
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await socket.subscribe(ADDED, channel=channel, since=now)
        await account.ana.send(channel, "new")
        assert (await stream.data())["message"]["body"] == "new"


async def test_a_position_too_far_behind_needs_a_resync(
    api: Api, account: Account, socket_url: str, channel: str, start: str
) -> None:
    """10,000 changes are replayed and 10,001 are not."""
    await account.ana.send(channel, "first")
    async with api.engine.begin() as connection:
        await connection.execute(_MANY, {"account_id": account.account_id, "count": 9_999})
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await socket.subscribe(ADDED, channel=channel, since=start)
        assert (await stream.data(LONG))["message"]["body"] == "first"
        await account.ana.send(channel, "last")
        assert (await stream.data(LONG))["message"]["body"] == "last"
    assert await code_of(account, socket_url, channel, start) == "RESYNC_REQUIRED"


async def test_a_long_replay_is_complete(account: Account, api: Api, socket_url: str, channel: str, start: str) -> None:
    """The replay reads several pages, and new messages arrive meanwhile."""
    async with api.engine.begin() as connection:
        await connection.execute(_MANY, {"account_id": account.account_id, "count": 3_000})
    for number in range(30):
        await account.ana.send(channel, f"{number}")
        async with api.engine.begin() as connection:
            await connection.execute(_MANY, {"account_id": account.account_id, "count": 100})
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await socket.subscribe(ADDED, channel=channel, since=start)
        for number in range(30, 40):
            await account.ana.send(channel, f"{number}")
        assert [(await stream.data(LONG))["message"]["body"] for _ in range(40)] == [str(each) for each in range(40)]
        await account.ana.send(channel, "next")
        assert (await stream.data())["message"]["body"] == "next"
