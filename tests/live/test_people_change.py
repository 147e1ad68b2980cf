"""When the directory changes an agent, the streams that show the agent report it."""

from collections.abc import Sequence

import pytest

from tests.support.api import Account
from tests.support.sockets import Json, Stream, open_socket

INBOX = "subscription { chatInboxChanged { channelId channel { directPeer { id name avatarUrl active } } } }"
CHANNEL = """subscription ($channel: ID!, $since: String) {
  chatChannelChanged(channelId: $channel, since: $since) {
    change channel { name memberCount } position previousPosition
  }
}"""
PRESENCE = "subscription ($ids: [ID!]!) { chatPresenceChanged(agentIds: $ids) { id name active } }"

RENAMED: Json = {"id": "bruno", "name": "Bruno Braga"}
PICTURED: Json = {"id": "bruno", "name": "Bruno", "avatarUrl": "https://x.test/b.png"}
DEACTIVATED: Json = {"id": "bruno", "name": "Bruno", "active": False}


async def _events(stream: Stream, count: int) -> list[Json]:
    return [await stream.data() for _ in range(count)]


@pytest.mark.parametrize("changed", [RENAMED, PICTURED, DEACTIVATED], ids=["renamed", "pictured", "deactivated"])
async def test_the_inbox_reports_the_peer_of_a_direct_message(account: Account, socket_url: str, changed: Json) -> None:
    opened = await account.carla.mutate("openDirectMessage", "channel { id }", agentId="bruno")
    await account.ana.create_channel("Room", memberIds=["bruno", "carla"])
    async with open_socket(socket_url, account.carla.token) as socket:
        stream = await socket.subscribe(INBOX)
        await account.until_subscribed()
        await account.sync(agents=[changed])
        expected = {"avatarUrl": None, "active": True, **changed}
        assert await stream.data() == {"channelId": opened["channel"]["id"], "channel": {"directPeer": expected}}
        # The room is not reported: the next event is the reactivation, or another change of the name.
        await account.sync(agents=[{"id": "bruno", "name": "Bruno B."}])
        assert (await stream.data())["channel"]["directPeer"]["name"] == "Bruno B."


async def test_those_who_watch_the_agent_get_the_new_name_and_activity(account: Account, socket_url: str) -> None:
    async with open_socket(socket_url, account.carla.token) as socket:
        stream = await socket.subscribe(PRESENCE, ids=["bruno", "davi"])
        await account.until_subscribed()
        await account.sync(agents=[RENAMED, {"id": "ana", "name": "Ana A.", "role": "ADMINISTRATOR"}])
        assert await stream.data() == {**RENAMED, "active": True}
        await account.sync(agents=[DEACTIVATED])
        assert await stream.data() == DEACTIVATED


async def test_the_open_channels_of_the_agent_report_it_and_others_do_not(account: Account, socket_url: str) -> None:
    room = await account.ana.create_channel("Room", memberIds=["bruno", "carla"])
    other = await account.ana.create_channel("Other", memberIds=["carla"])
    async with open_socket(socket_url, account.carla.token) as socket:
        stream = await socket.subscribe(CHANNEL, channel=room)
        unconcerned = await socket.subscribe(CHANNEL, channel=other)
        await account.until_subscribed(2)
        await account.sync(agents=[RENAMED])
        renamed = await stream.data()
        assert (renamed["change"], renamed["channel"]) == ("CHANNEL_UPDATED", {"name": "Room", "memberCount": 3})
        await account.sync(agents=[DEACTIVATED])
        updated, counted = await _events(stream, 2)
        assert [updated["change"], counted["change"]] == ["CHANNEL_UPDATED", "MEMBERS_CHANGED"]
        assert counted["channel"]["memberCount"] == 2
        assert counted["previousPosition"] == updated["position"]
        await account.ana.send(other, "control")
        assert (await unconcerned.data())["change"] == "MESSAGE_ADDED"


async def test_a_stream_that_resumes_gets_the_changes_of_agents_that_it_missed(
    account: Account, socket_url: str
) -> None:
    room = await account.ana.create_channel("Room", memberIds=["bruno", "carla"])
    position = await account.carla.position(room)
    async with open_socket(socket_url, account.davi.token) as watcher:
        # Keeps the account's feed in memory, which follows no channel.
        await watcher.subscribe(PRESENCE, ids=["ana"])
        await account.until_subscribed()
        await account.ana.send(room, "before")
        await account.sync(agents=[RENAMED])
        await account.ana.send(room, "after")
        async with open_socket(socket_url, account.carla.token) as socket:
            stream = await socket.subscribe(CHANNEL, channel=room, since=position)
            assert _changes(await _events(stream, 3)) == ["MESSAGE_ADDED", "CHANNEL_UPDATED", "MESSAGE_ADDED"]
            await account.sync(agents=[{"id": "bruno", "name": "Bruno"}])
            assert _changes(await _events(stream, 1)) == ["CHANNEL_UPDATED"]


def _changes(events: Sequence[Json]) -> list[str]:
    return [event["change"] for event in events]
