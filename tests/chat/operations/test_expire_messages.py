"""Messages that are older than the account keeps them are removed, and nothing else changes."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import ForeignKeyConstraint, text
from starlette.applications import Starlette

from chat.operations import expire_messages as expiring
from chat.operations.expire_messages import expire_messages
from chat.operations.sweep_files import sweep_all
from chat.parts import STORED_PARTS
from chat.ports import Chat
from chat.removal import BESIDE_PARTS
from models import metadata
from models.enums import ItemKind
from server.expiry import expire_all
from tests.chat.operations.test_audit import Entry, log
from tests.chat.operations.test_forward_message import forward
from tests.files.pictures import picture, saved
from tests.schema.test_search import search
from tests.support.api import Account, AgentClient, Json
from tests.support.sockets import open_socket

CHANGED = """subscription ($channel: ID!, $since: String) {
  chatChannelChanged(channelId: $channel, since: $since) {
    change message { body } channel { expiredSeq } position previousPosition } }"""
PAGE = """query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String, $around: ID) {
  chatChannel(id: $id) { messages(first: $first, after: $after, last: $last, before: $before, around: $around) {
    nodes { seq body } pageInfo { hasPreviousPage hasNextPage endCursor startCursor } } } }"""


@dataclass
class Clock:
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def chat(app: Starlette, clock: Clock) -> Chat:
    chat: Chat = app.state.services.chat
    return replace(chat, clock=clock)


async def set_days(account: Account, days: int | None) -> None:
    await account.ana.mutate("updateChatAccountSettings", "settings { id }", messageRetentionDays=days)


async def set_exception(account: Account, channel: str, retention: Json | None) -> Json:
    selection = "channel { messageRetention { days inherited } }"
    payload = await account.ana.mutate("updateChatChannel", selection, channelId=channel, messageRetention=retention)
    found: Json = payload["channel"]["messageRetention"]
    return found


async def age(account: Account, channel: str, days: float) -> None:
    """Makes the channel's present messages older."""
    statement = text(
        "UPDATE messages SET created_at = created_at - CAST(:age AS interval)"
        " WHERE account_id = :account_id AND channel_id = :channel_id"
    )
    parameters = {
        "age": timedelta(days=days),
        "account_id": account.account_id,
        "channel_id": UUID(channel.removeprefix("chn_")),
    }
    async with account.api.engine.begin() as connection:
        await connection.execute(statement, parameters)


async def messages(agent: AgentClient, channel: str, **arguments: object) -> Json:
    found: Json = (await agent.query(PAGE, id=channel, **arguments))["chatChannel"]["messages"]
    return found


async def bodies(agent: AgentClient, channel: str, **arguments: object) -> list[str]:
    return [node["body"] for node in (await messages(agent, channel, **arguments))["nodes"]]


async def count(account: Account, table: str, condition: str = "true") -> int:
    query = text(f"SELECT count(*) FROM {table} WHERE account_id = :account_id AND {condition}")
    async with account.api.engine.connect() as connection:
        return int((await connection.execute(query, {"account_id": account.account_id})).scalar_one())


def test_everything_that_refers_to_a_message_is_removed_with_it() -> None:
    referring = {
        table.name
        for table in metadata.tables.values()
        for key in table.constraints
        if isinstance(key, ForeignKeyConstraint) and key.referred_table.name == "messages"
    }
    assert referring == {*BESIDE_PARTS, *(part.table for part in STORED_PARTS)}


async def test_a_message_goes_with_all_that_belongs_to_it(account: Account, chat: Chat, clock: Clock) -> None:
    account.add_item(ItemKind.DEAL, "1")
    bruno, carla = account.bruno, account.carla
    channel = await bruno.create_channel(memberIds=["carla"])
    upload = await bruno.upload(saved(picture(800, 600), "PNG"), "foto.png", "image/png")
    message = await bruno.send(
        channel,
        "segredo [@Carla](mention://user/carla/Carla)",
        cards=[{"kind": "DEAL", "id": "1"}],
        attachmentIds=[upload],
    )
    await carla.mutate("addChatReaction", "message { id }", messageId=message, emoji="👍")
    await carla.mutate("saveChatMessage", "message { id }", messageId=message)
    await bruno.mutate("pinChatMessage", "message { id }", messageId=message)
    await forward(bruno, message, {"channelId": channel}, body="veja")
    files = [path for path in (account.api.settings.data_dir / "files").rglob("*") if path.is_file()]
    tables = [*BESIDE_PARTS, *(part.table for part in STORED_PARTS), "messages"]
    assert 0 not in [await count(account, table) for table in tables]
    await age(account, channel, 3)
    await set_days(account, 2)
    assert await expire_all(chat, 0) >= 5
    assert [await count(account, table) for table in tables] == [0] * len(tables)
    assert await search(carla, "segredo") == []
    clock.ahead = timedelta(seconds=1)
    await sweep_all(chat)
    left = {path for path in (account.api.settings.data_dir / "files").rglob("*") if path.is_file()}
    # The image and its thumbnail, and their copies in the forward.
    assert len(set(files) - left) >= 4
    assert await count(account, "unused_files") == 0
    found = await carla.query("query ($id: ID!) { chatMessage(id: $id) { id } }", id=message)
    assert found == {"chatMessage": None}


async def test_the_history_begins_after_the_expired_messages(account: Account, chat: Chat) -> None:
    bruno = account.bruno
    channel = await bruno.create_channel(memberIds=["carla"])
    old = [await bruno.send(channel, f"velha {number}") for number in range(10)]
    cursor = (await messages(bruno, channel, first=3))["pageInfo"]["endCursor"]
    await age(account, channel, 10)
    reply = await bruno.send(channel, "resposta", replyToId=old[9])
    quoting = await forward(bruno, old[9], {"channelId": channel}, body="veja")
    for number in range(4):
        await bruno.send(channel, f"nova {number}")
    await set_days(account, 7)
    await expire_all(chat, 0)
    page = await messages(bruno, channel)
    # Two system messages and ten posts are gone.
    assert [node["seq"] for node in page["nodes"]] == [13, 14, 15, 16, 17, 18]
    assert (page["pageInfo"]["hasPreviousPage"], page["pageInfo"]["hasNextPage"]) == (False, False)
    forwards = await messages(bruno, channel, first=2, after=cursor)
    assert [node["body"] for node in forwards["nodes"]] == ["resposta", "veja"]
    assert forwards["pageInfo"]["hasNextPage"] is True
    assert await bodies(bruno, channel, first=3) == ["resposta", "veja", "nova 0"]
    assert await bodies(bruno, channel, last=2) == ["nova 2", "nova 3"]
    assert await bodies(bruno, channel, around=reply, first=5) == ["resposta", "veja", "nova 0", "nova 1", "nova 2"]
    assert await bodies(bruno, channel, around=old[5]) == []
    start = page["pageInfo"]["startCursor"]
    earlier = await messages(bruno, channel, last=5, before=start)
    assert (earlier["nodes"], earlier["pageInfo"]["hasPreviousPage"]) == ([], False)
    details = "query ($id: ID!) { chatMessage(id: $id) { replyTo { id } forwardedFrom { body message { id } } } }"
    assert (await bruno.query(details, id=reply))["chatMessage"] == {"replyTo": None, "forwardedFrom": None}
    quoted = (await bruno.query(details, id=quoting["id"]))["chatMessage"]["forwardedFrom"]
    assert quoted == {"body": "velha 9", "message": None}
    assert await bruno.refusal("markChatRead", "channel { id }", channelId=channel, messageId=old[0]) == "NOT_FOUND"
    assert await bruno.refusal("sendChatMessage", "message { id }", channelId=channel, body="x", replyToId=old[0]) == (
        "NOT_FOUND"
    )


async def test_unread_counts_stay_right(account: Account, chat: Chat) -> None:
    state = """unreadCount unreadMentionCount firstUnreadMessage { body } lastMessage { body }
      viewerMembership { lastReadMessage { id } }"""
    bruno, carla = account.bruno, account.carla
    channel = await bruno.create_channel(memberIds=["carla"])
    for number in range(5):
        await bruno.send(channel, f"velha {number} [@Carla](mention://user/carla/Carla)")
    await age(account, channel, 10)
    await set_days(account, 7)
    for number in range(3):
        await bruno.send(channel, f"nova {number}")
    before = await carla.read(channel, state)
    assert (before["unreadCount"], before["unreadMentionCount"]) == (8, 5)
    await expire_all(chat, 0)
    after = await carla.read(channel, state)
    assert (after["unreadCount"], after["unreadMentionCount"]) == (3, 0)
    assert after["firstUnreadMessage"] == {"body": "nova 0"}
    assert after["viewerMembership"] == {"lastReadMessage": None}
    assert (await bruno.read(channel, state))["unreadCount"] == 0
    await age(account, channel, 10)
    await expire_all(chat, 0)
    nothing = await carla.read(channel, state)
    assert (nothing["unreadCount"], nothing["firstUnreadMessage"], nothing["lastMessage"]) == (0, None, None)
    unread = "{ chatChannels(unread: true) { nodes { id } } }"
    assert (await carla.query(unread))["chatChannels"]["nodes"] == []
    await bruno.send(channel, "outra")
    again = await carla.read(channel, f"{state} messages {{ nodes {{ seq }} }}")
    assert (again["unreadCount"], again["firstUnreadMessage"]) == (1, {"body": "outra"})
    assert again["messages"]["nodes"] == [{"seq": 11}]
    await carla.mutate("markChatRead", "channel { id }", channelId=channel)
    assert (await carla.read(channel, "unreadCount"))["unreadCount"] == 0


async def test_channels_can_have_exceptions(account: Account, other_account: Account, chat: Chat) -> None:
    bruno = account.bruno
    names = ("inherits", "longer", "forever")
    channels = {name: await bruno.create_channel(name) for name in names}
    opened = await bruno.mutate("openDirectMessage", "channel { id }", agentId="carla")
    channels["direct"] = opened["channel"]["id"]
    foreign = await other_account.ana.create_channel()
    await other_account.ana.send(foreign, "alheia")
    await age(other_account, foreign, 100)
    for channel in channels.values():
        await bruno.send(channel, "velha")
        await age(account, channel, 10)
        await bruno.send(channel, "nova")
    await set_days(account, 7)
    assert await set_exception(account, channels["longer"], {"days": 30}) == {"days": 30, "inherited": False}
    assert await set_exception(account, channels["forever"], {"forever": True}) == {"days": None, "inherited": False}
    assert (await bruno.read(channels["inherits"], "messageRetention { days inherited }"))["messageRetention"] == {
        "days": 7,
        "inherited": True,
    }
    await expire_all(chat, 0)

    async def kept() -> dict[str, list[str]]:
        return {name: await bruno.bodies(channel) for name, channel in channels.items()}

    both, one = ["velha", "nova"], ["nova"]
    assert await kept() == {"inherits": one, "longer": both, "forever": both, "direct": one}
    await set_days(account, None)
    assert await set_exception(account, channels["longer"], {"days": 9}) == {"days": 9, "inherited": False}
    await expire_all(chat, 0)
    assert await kept() == {"inherits": one, "longer": one, "forever": both, "direct": one}
    assert await set_exception(account, channels["forever"], None) == {"days": None, "inherited": True}
    await expire_all(chat, 0)
    assert await kept() == {"inherits": one, "longer": one, "forever": both, "direct": one}
    assert await other_account.ana.bodies(foreign) == ["alheia"]


async def test_who_can_change_it_and_to_what(account: Account) -> None:
    channel = await account.bruno.create_channel()
    selection, settings = "channel { id }", "settings { messageRetentionDays }"
    days: Json = {"days": 30}
    for days_of_account in (0, -1, 36_501):
        refused = await account.ana.refusal("updateChatAccountSettings", settings, messageRetentionDays=days_of_account)
        assert refused == "INVALID"
    invalid: list[Json] = [{}, {"days": 0}, {"days": 1, "forever": True}, {"forever": False}, {"days": 36_501}]
    for retention in invalid:
        refused = await account.ana.refusal(
            "updateChatChannel", selection, channelId=channel, messageRetention=retention
        )
        assert refused == "INVALID"
    refused = await account.bruno.refusal("updateChatChannel", selection, channelId=channel, messageRetention=days)
    assert refused == "FORBIDDEN"
    begin = len(await log(account))
    await set_exception(account, channel, days)
    await set_exception(account, channel, days)
    await set_exception(account, channel, {"forever": True})
    await set_exception(account, channel, None)
    await set_days(account, 30)
    await set_days(account, None)
    action = "CHANNEL_RETENTION_CHANGED"
    assert (await log(account))[begin:] == [
        Entry(action, "ana", None, None, "30"),
        Entry(action, "ana", None, "30", "forever"),
        Entry(action, "ana", None, "forever", None),
        Entry("SETTING_CHANGED", "ana", None, None, "30", "messageRetentionDays"),
        Entry("SETTING_CHANGED", "ana", None, "30", None, "messageRetentionDays"),
    ]


async def test_streams_report_it_once_and_skip_what_is_gone(account: Account, chat: Chat, socket_url: str) -> None:
    bruno, carla = account.bruno, account.carla
    channel = await bruno.create_channel(memberIds=["carla"])
    since = await carla.position(channel)
    for number in range(3):
        await bruno.send(channel, f"velha {number}")
    await age(account, channel, 10)
    await bruno.send(channel, "nova")
    await set_days(account, 7)
    async with open_socket(socket_url, carla.token) as socket:
        live = await socket.subscribe(CHANGED, channel=channel, since=await carla.position(channel))
        inbox = await socket.subscribe("subscription { chatInboxChanged { channel { unreadCount } } }")
        await account.until_subscribed(2)
        await expire_all(chat, 0)
        event = await live.data()
        assert (event["change"], event["channel"]) == ("CHANNEL_UPDATED", {"expiredSeq": 5})
        assert (await inbox.data())["channel"] == {"unreadCount": 1}
    await account.until_subscribed(0)
    async with open_socket(socket_url, carla.token) as socket:
        replay = await socket.subscribe(CHANGED, channel=channel, since=since)
        events = [await replay.data() for _ in range(2)]
    assert [(event["change"], (event["message"] or {}).get("body")) for event in events] == [
        ("MESSAGE_ADDED", "nova"),
        ("CHANNEL_UPDATED", None),
    ]
    assert [event["previousPosition"] for event in events] == [since, events[0]["position"]]


async def test_several_processes_expire_while_agents_write(
    account: Account, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiring, "BATCH", 3)
    bruno = account.bruno
    channels = [await bruno.create_channel(f"Sala {number}") for number in range(3)]
    for channel in channels:
        for number in range(10):
            await bruno.send(channel, f"velha {number}")
        await age(account, channel, 10)
    await set_days(account, 7)

    async def write() -> None:
        for number in range(10):
            await asyncio.gather(*(bruno.send(channel, f"nova {number}") for channel in channels))

    await asyncio.gather(write(), *(expire_all(chat, 0) for _ in range(4)))
    await expire_all(chat, 0)
    for channel in channels:
        found = await bruno.read(channel, "expiredSeq unreadCount messages { nodes { seq body } }")
        assert found["expiredSeq"] == 11
        assert [node["body"] for node in found["messages"]["nodes"]] == [f"nova {number}" for number in range(10)]
        assert [node["seq"] for node in found["messages"]["nodes"]] == list(range(12, 22))
        assert found["unreadCount"] == 0
    # Each channel announced it once.
    assert await count(account, "changes", "kind = 'MESSAGES_EXPIRED'") == 3


async def test_an_interrupted_expiry_is_continued(
    account: Account, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiring, "BATCH", 4)
    channel = await account.bruno.create_channel()
    for number in range(9):
        await account.bruno.send(channel, f"velha {number}")
    await age(account, channel, 10)
    await set_days(account, 7)
    assert await expire_messages(chat, account.account_id) == 4
    assert await count(account, "changes", "kind = 'MESSAGES_EXPIRED'") == 0
    found = await account.bruno.read(channel, "messages(first: 2) { nodes { body } pageInfo { hasPreviousPage } }")
    assert found["messages"] == {
        "nodes": [{"body": "velha 3"}, {"body": "velha 4"}],
        "pageInfo": {"hasPreviousPage": False},
    }
    assert [await expire_messages(chat, account.account_id) for _ in range(3)] == [4, 2, 0]
    assert await count(account, "changes", "kind = 'MESSAGES_EXPIRED'") == 1


async def test_a_batch_has_a_constant_number_of_statements_and_few_rows(
    account: Account, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    await set_days(account, 7)
    for size in (2, 30):
        channel = await account.bruno.create_channel()
        for number in range(size):
            await account.bruno.send(channel, f"{number} [@Todos](mention://channel/all)")
        await age(account, channel, 10)
        with account.api.statements() as sent:
            assert await expire_messages(chat, account.account_id) == size + 1
        counts.append(len(sent))
    assert counts == [7, 7]
    monkeypatch.setattr(expiring, "ROWS", 10)
    announcement = await account.ana.create_channel(kind="ANNOUNCEMENT")
    for _ in range(6):
        await account.ana.send(announcement)
    await age(account, announcement, 10)
    # Four members: two messages at a time, with at most four notifications each.
    assert [await expire_messages(chat, account.account_id) for _ in range(5)] == [2, 2, 2, 1, 0]


async def test_nothing_is_removed_before_its_time(account: Account, chat: Chat, clock: Clock) -> None:
    channel = await account.bruno.create_channel()
    await account.bruno.send(channel, "nova")
    await set_days(account, 1)
    clock.ahead = timedelta(hours=23)
    assert await expire_messages(chat, account.account_id) == 0
    clock.ahead = timedelta(hours=25)
    assert await expire_messages(chat, account.account_id) == 2
