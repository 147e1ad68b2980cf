"""Importing a workspace: what agents see of it through the API."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.schema.test_search import search
from tests.support.api import Account, AgentClient, Json, path_of
from tests.support.fingerprint import fingerprint
from tests.support.sockets import open_socket
from tests.transfer.slack.export_files import TEAM, Export, conversation, said, user
from tests.transfer.slack.running import channel_id, import_export, message_id
from tests.transfer.slack.sample import AGENTS, ANA, BRUNO, CARLA, DAY, NEXT_DAY, sample
from transfer.slack.report import Reason, Report

MESSAGE = (
    "body createdAt editedAt deletedAt pinnedAt author { id name } replyTo { body } systemEvent { kind before after }"
)
FORMER = f"slack:{TEAM}/U0FORMER"


@pytest.fixture
async def imported(account: Account, tmp_path: Path) -> Report:
    """The report of the sample, which was imported into the account."""
    return await import_export(account, sample(), tmp_path, AGENTS, tmp_path / "report.jsonl")


async def message(account: Account, slack_channel_id: str, seconds: int, selection: str = MESSAGE) -> Json:
    query = f"query ($id: ID!) {{ chatMessage(id: $id) {{ {selection} }} }}"
    found: Json = (await account.bruno.query(query, id=message_id(account, slack_channel_id, seconds)))["chatMessage"]
    return found


async def names(agent: AgentClient, field: str, **arguments: object) -> list[str]:
    written = ", ".join(f"{name}: {json.dumps(value)}" for name, value in arguments.items())
    found = await agent.query(f"{{ list: {field}({written or 'first: 100'}) {{ nodes {{ name }} }} }}")
    return [node["name"] for node in found["list"]["nodes"]]


# ------------------------------------------------------------------ once and again
async def test_the_report_names_what_was_not_imported(imported: Report, tmp_path: Path) -> None:
    assert imported.channels == 5
    assert imported.files == 2
    assert imported.counts == {
        Reason.PERSON_OUTSIDE: 2,
        Reason.DIRECT_MESSAGE: 2,
        Reason.NO_MEMBER: 1,
        Reason.MALFORMED: 2,
        Reason.NO_CONTENT: 1,
        Reason.EVENT: 2,
        Reason.NO_PARENT: 1,
        Reason.SPLIT: 1,
        Reason.EMOJI: 2,
        Reason.REACTION: 3,
        Reason.FILE_MISSING: 2,
        Reason.FILE_REFUSED: 1,
    }
    lines = [json.loads(line) for line in (tmp_path / "report.jsonl").read_text().splitlines()]
    assert sum(line["count"] for line in lines) == sum(imported.counts.values())
    assert {"reason": "EMOJI", "place": "#general, 1600000001.000000", "detail": ":partyparrot:", "count": 2} in lines
    summary = list(imported.lines())
    assert summary[0] == f"Imported 5 channels, {imported.messages} messages and 2 files."
    assert "Replies to a message that is missing (imported as ordinary messages): 1" in summary


async def test_messages_that_the_account_would_not_keep_are_not_imported(account: Account, tmp_path: Path) -> None:
    await account.ana.mutate("updateChatAccountSettings", "settings { messageRetentionDays }", messageRetentionDays=30)
    report = await import_export(account, sample(), tmp_path, AGENTS)
    assert (report.channels, report.messages) == (5, 0)
    assert report.counts[Reason.EXPIRED] > 20
    before = await fingerprint(account)
    again = await import_export(account, sample(), tmp_path, AGENTS)
    assert (again.messages, again.counts[Reason.EXPIRED]) == (0, report.counts[Reason.EXPIRED])
    assert await fingerprint(account) == before


async def test_the_audit_log_has_the_channels(account: Account, imported: Report) -> None:
    query = "query ($id: ID!) { chatAuditLog(channelId: $id) { nodes { action actor { id } after } } }"
    found = await account.ana.query(query, id=channel_id(account, "C0GENERAL"))
    entries = [(entry["action"], entry["actor"], entry["after"]) for entry in found["chatAuditLog"]["nodes"]]
    assert sorted(entries) == [("CHANNEL_CREATED", None, "general"), ("MEMBER_ADDED", None, "3")]


async def test_importing_twice_is_the_same_as_once(account: Account, imported: Report, tmp_path: Path) -> None:
    before = await fingerprint(account)
    again = await import_export(account, sample(), tmp_path, AGENTS)
    assert await fingerprint(account) == before
    assert (again.channels, again.messages, again.files) == (0, 0, 0)
    assert again.present > 30
    assert Reason.OLDER not in again.counts


async def test_nothing_is_announced_and_nobody_is_notified(account: Account, tmp_path: Path, socket_url: str) -> None:
    tables = ("changes", "changed_agents", "account_clocks", "notifications", "emails", "unused_files")

    async def rows() -> list[list[str]]:
        async with account.api.engine.connect() as connection:
            statements = [text(f"SELECT t::text FROM {table} AS t WHERE account_id = :a") for table in tables]
            return [sorted(await connection.scalars(each, {"a": account.account_id})) for each in statements]

    before = await rows()
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await socket.subscribe("subscription { chatInboxChanged { channelId } }")
        await account.until_subscribed()
        await import_export(account, sample(), tmp_path, AGENTS)
        assert await rows() == before
        await account.ana.send(channel_id(account, "C0GENERAL"), "A stream from before does not follow this channel")
        channel = await account.bruno.create_channel("After the import")
        assert (await stream.data())["channelId"] == channel
        stream = await socket.subscribe("subscription { chatInboxChanged { channelId } }")
        await account.until_subscribed(2)
        await account.ana.send(channel_id(account, "C0GENERAL"), "A new one does")
        assert (await stream.data())["channelId"] == channel_id(account, "C0GENERAL")
    bell = "{ chatNotifications { nodes { readAt } } }"
    assert (await account.carla.query(bell))["chatNotifications"]["nodes"] == []


# ------------------------------------------------------------------ channels
async def test_channels(account: Account, imported: Report) -> None:
    fields = "name kind description memberCount archivedAt createdAt unreadCount unreadMentionCount viewerCan { post }"
    assert await account.carla.read(channel_id(account, "C0GENERAL"), fields) == {
        "name": "general",
        "kind": "PUBLIC",
        "description": "For @Ana & all\n\nHello",
        "memberCount": 3,
        "archivedAt": None,
        "createdAt": "2020-09-13T12:25:00+00:00",
        "unreadCount": 0,
        "unreadMentionCount": 0,
        "viewerCan": {"post": True},
    }
    old = await account.bruno.read(channel_id(account, "C0OLD"), "archivedAt memberCount")
    assert old == {"archivedAt": "2020-09-13T12:26:41+00:00", "memberCount": 1}
    assert await names(account.davi, "discoverChatChannels", query="general") == ["general"]
    assert await account.ana.find_channel(channel_id(account, "G0SECRET"), "memberCount") == {"memberCount": 2}
    assert await account.davi.find_channel(channel_id(account, "G0SECRET")) is None
    assert "Ana, Bruno, Fábio Former" in await names(account.bruno, "chatChannels")
    assert "nobody" in await names(account.ana, "manageableChatChannels")


async def test_channels_have_owners(account: Account, imported: Report) -> None:
    roles = "members(first: 100) { nodes { agent { id } role } }"

    async def owners(slack_id: str) -> list[str]:
        found = await account.bruno.read(channel_id(account, slack_id), roles)
        return [node["agent"]["id"] for node in found["members"]["nodes"] if node["role"] == "OWNER"]

    assert await owners("C0GENERAL") == ["ana"]
    # The creator is not an agent of the directory.
    assert await owners("C0OLD") == ["bruno"]
    # The creator is deactivated.
    assert await owners("G0SECRET") == ["bruno", "elisa"]
    refused = await account.ana.refusal(
        "leaveChatChannel", "channel { id }", channelId=channel_id(account, "C0GENERAL")
    )
    assert refused == "LAST_OWNER"


async def test_direct_messages(account: Account, imported: Report) -> None:
    opened = await account.bruno.mutate("openDirectMessage", "channel { id }", agentId="ana")
    channel = opened["channel"]["id"]
    assert await account.bruno.bodies(channel) == await account.ana.bodies(channel) == ["Only us", "Yes"]
    assert await account.ana.read(channel, "unreadCount directPeer { name }") == {
        "unreadCount": 0,
        "directPeer": {"name": "Bruno"},
    }
    direct = "{ chatChannels(kinds: [DIRECT]) { nodes { id } } }"
    assert len((await account.carla.query(direct))["chatChannels"]["nodes"]) == 0


async def test_a_name_that_is_taken(account: Account, tmp_path: Path) -> None:
    await account.bruno.create_channel("General")
    await account.bruno.create_channel("secret (Slack)")
    await account.bruno.create_channel("Secret")
    report = await import_export(account, sample(), tmp_path, AGENTS)
    assert report.counts[Reason.NAME_CHANGED] == 2
    assert {"General", "general (Slack)"} <= set(await names(account.bruno, "chatChannels"))
    assert "secret (Slack 2)" in await names(account.bruno, "chatChannels")


# ------------------------------------------------------------------ people
async def test_people_outside_the_directory_have_a_name_and_nothing_else(account: Account, imported: Report) -> None:
    author = (await message(account, "C0GENERAL", 4, "author { id name active role }"))["author"]
    assert author == {"id": FORMER, "name": "Fábio Former", "active": False, "role": "AGENT"}
    assert "Fábio Former" not in await names(account.ana, "chatAgents")
    former = account.agent(f"slack:{TEAM}/U0FORMER")
    assert (await former.execute("{ chatViewer { chatEnabled } }")).code == "UNAUTHENTICATED"
    assert await account.ana.refusal("openDirectMessage", "channel { id }", agentId=author["id"]) == "NOT_FOUND"
    general = channel_id(account, "C0GENERAL")
    added = await account.ana.refusal("addChatMembers", "channel { id }", channelId=general, agentIds=[author["id"]])
    assert added == "NOT_FOUND"
    sent = await account.ana.send(general, f"[@x](mention://user/slack%3A{TEAM}%2FU0FORMER/x)")
    found = await account.ana.query("query ($id: ID!) { chatMessage(id: $id) { mentions { reachable } } }", id=sent)
    assert found["chatMessage"]["mentions"] == [{"reachable": False}]


async def test_the_directory_sync_ignores_them(account: Account, imported: Report) -> None:
    sent = [{"id": f"slack:{TEAM}/U0FORMER", "name": "Taken over"}]
    result = await account.sync(agents=sent, selection="agentCount skipped { code }")
    assert (result["agentCount"], result["skipped"]) == (5, [{"code": "INVALID"}])
    assert (await message(account, "C0GENERAL", 4))["author"]["name"] == "Fábio Former"


async def test_bots_write_under_their_names(account: Account, imported: Report) -> None:
    assert (await message(account, "C0GENERAL", 40))["author"]["name"] == "CI server"
    assert (await message(account, "C0GENERAL", 41))["author"]["name"] == "Deploys"
    assert (await message(account, "C0GENERAL", 42))["author"]["id"] == "ana"


# ------------------------------------------------------------------ messages
async def test_the_history_is_in_order_and_can_be_paged(account: Account, imported: Report) -> None:
    general = channel_id(account, "C0GENERAL")
    page = "messages(first: 10%s) { nodes { seq createdAt } pageInfo { hasNextPage endCursor } }"
    nodes: list[Json] = []
    after = ""
    while True:
        found = (await account.davi.read(general, page % after))["messages"]
        nodes += found["nodes"]
        if not found["pageInfo"]["hasNextPage"]:
            break
        after = f', after: "{found["pageInfo"]["endCursor"]}"'
    assert [node["seq"] for node in nodes] == list(range(1, len(nodes) + 1))
    assert [node["createdAt"] for node in nodes] == sorted(node["createdAt"] for node in nodes)
    middle = f'messages(around: "{message_id(account, "C0GENERAL", 21)}", first: 3) {{ nodes {{ body }} }}'
    around = await account.davi.read(general, middle)
    assert "An answer" in [node["body"] for node in around["messages"]["nodes"]]
    assert (await account.davi.read(general, "lastMessage { body }"))["lastMessage"] == {"body": "The next day"}


async def test_a_message(account: Account, imported: Report) -> None:
    assert await message(account, "C0GENERAL", 1) == {
        "body": "Hello **world**",
        "createdAt": "2020-09-13T12:26:41+00:00",
        "editedAt": "2020-09-13T12:26:45+00:00",
        "deletedAt": None,
        "pinnedAt": "2020-09-13T12:35:00+00:00",
        "author": {"id": "ana", "name": "Ana"},
        "replyTo": None,
        "systemEvent": None,
    }
    link = (await message(account, "C0GENERAL", 1, "permalink"))["permalink"]
    assert (await message(account, "C0GENERAL", 9))["body"] == f"[this]({link})"
    old = (await account.bruno.read(channel_id(account, "C0OLD"), "id"))["id"]
    assert (
        f"[#old-project]({account.api.settings.url}/channels/{old}) and #gone"
        in (await message(account, "C0GENERAL", 2))["body"]
    )


async def test_replies(account: Account, imported: Report) -> None:
    for seconds, replied_to in ((21, "A question"), (22, "A question"), (25, "")):
        assert (await message(account, "C0GENERAL", seconds))["replyTo"] == {"body": replied_to}
    assert (await message(account, "C0GENERAL", 23))["replyTo"] is None
    deleted = await message(account, "C0GENERAL", 24)
    assert deleted["deletedAt"] == deleted["createdAt"]


async def test_reactions_and_pins(account: Account, imported: Report) -> None:
    selection = "reactions { emoji count viewerReacted }"
    assert (await message(account, "C0GENERAL", 1, selection))["reactions"] == [
        {"emoji": "🎉", "count": 1, "viewerReacted": False},
        {"emoji": "👋🏼", "count": 1, "viewerReacted": False},
        {"emoji": "👍", "count": 2, "viewerReacted": True},
    ]
    target = message_id(account, "C0GENERAL", 1)
    await account.bruno.mutate("removeChatReaction", "message { id }", messageId=target, emoji="👍")
    await account.bruno.mutate("addChatReaction", "message { id }", messageId=target, emoji="🎉")
    pinned = await account.bruno.read(channel_id(account, "C0GENERAL"), "pinnedMessages { nodes { body } }")
    assert pinned["pinnedMessages"]["nodes"] == [{"body": "Hello **world**"}]


async def test_system_messages(account: Account, imported: Report) -> None:
    assert await account.bruno.system_events(channel_id(account, "C0GENERAL")) == [
        "CREATED",
        "JOINED",
        "ADDED",
        "DESCRIBED",
        "RENAMED",
        "LEFT",
        "PINNED",
        "KIND_CHANGED",
    ]
    assert (await message(account, "C0GENERAL", 53))["systemEvent"] == {
        "kind": "RENAMED",
        "before": "all",
        "after": "general",
    }
    assert (await message(account, "C0GENERAL", 55))["replyTo"] == {"body": "Hello **world**"}
    added = await message(account, "C0GENERAL", 51, "author { id } systemEvent { agents { id } }")
    assert added == {"author": {"id": "ana"}, "systemEvent": {"agents": [{"id": "bruno"}]}}


async def test_files(account: Account, imported: Report) -> None:
    found = await account.bruno.attachments(
        message_id(account, "C0GENERAL", 30), "filename kind byteSize width url thumbnailUrl"
    )
    assert [(each["filename"], each["kind"], each["width"]) for each in found] == [
        ("photo.png", "IMAGE", 600),
        ("note.txt", "FILE", None),
    ]
    assert (await account.api.http.get(path_of(found[1]["url"]))).content == b"A note."
    for url in (found[0]["url"], found[0]["thumbnailUrl"]):
        assert (await account.api.http.get(path_of(url))).status_code == 200
    body = (await message(account, "C0GENERAL", 30))["body"]
    assert body == "📎 [lost.pdf](https://files.slack.com/F0MISSING/lost.pdf)"


async def test_mentions(account: Account, imported: Report) -> None:
    selection = "mentions { target reachable agent { id } }"
    assert (await message(account, "C0GENERAL", 2, selection))["mentions"] == [
        {"target": "AGENT", "reachable": True, "agent": {"id": "carla"}}
    ]
    assert (await message(account, "C0GENERAL", 3, selection))["mentions"] == [
        {"target": "CHANNEL", "reachable": True, "agent": None}
    ]
    secret = (await message(account, "G0SECRET", 2, selection))["mentions"]
    assert secret == [{"target": "AGENT", "reachable": False, "agent": {"id": "ana"}}]
    mentioned = await search(account.carla, mentionsViewer=True)
    assert len(mentioned) == 1
    everybody = await search(account.ana, mentionsViewer=True)
    assert [body.split()[0] for body in everybody] == ["**Deployed**", "[@all](mention://channel/all)"]


async def test_search(account: Account, imported: Report) -> None:
    assert await search(account.davi, "question") == ["A question"]
    assert await search(account.carla, "secret") == ["Secret text"]
    assert await search(account.davi, "secret") == []
    assert await search(account.bruno, has=["IMAGE"]) == ["📎 [lost.pdf](https://files.slack.com/F0MISSING/lost.pdf)"]
    general = channel_id(account, "C0GENERAL")
    assert await search(account.davi, "Next", channelId=general, after="2020-09-14T00:00:00Z") == ["The next day"]
    await account.bruno.send(general, "A question of today")
    assert await search(account.davi, "question") == ["A question of today", "A question"]


async def test_unread_counts_begin_with_the_next_message(account: Account, imported: Report) -> None:
    general = channel_id(account, "C0GENERAL")
    await account.bruno.send(general, "Now [@Carla](mention://user/carla/Carla)")
    counts = "unreadCount unreadMentionCount firstUnreadMessage { body }"
    assert await account.carla.read(general, counts) == {
        "unreadCount": 1,
        "unreadMentionCount": 1,
        "firstUnreadMessage": {"body": "Now [@Carla](mention://user/carla/Carla)"},
    }
    first = message_id(account, "C0GENERAL", 3)
    await account.carla.mutate("markChatUnread", "channel { id }", channelId=general, messageId=first)
    assert (await account.carla.read(general, "unreadCount"))["unreadCount"] > 20


# ------------------------------------------------------------------ a later export
@pytest.fixture
async def pair(account: Account, tmp_path: Path) -> Export:
    """A workspace of a channel and a direct message, which was imported."""
    export = Export(
        users=[
            user(ANA, "Ana", "ana@example.com"),
            user(BRUNO, "Bruno"),
            user(CARLA, "Carla", "carla@old.example.com"),
        ],
        channels=[conversation("C0ONE", "one", [ANA, BRUNO, CARLA], creator=ANA)],
        dms=[conversation("D0PAIR", "", [ANA, BRUNO])],
        days={f"one/{DAY}": [said(1, ANA, "First")], f"D0PAIR/{DAY}": [said(1, ANA, "Just us")]},
    )
    await import_export(account, export, tmp_path, AGENTS)
    return export


async def test_a_later_export_appends(account: Account, pair: Export, tmp_path: Path) -> None:
    channel = channel_id(account, "C0ONE")
    first = message_id(account, "C0ONE", 1)
    await account.carla.mutate("markChatUnread", "channel { id }", channelId=channel, messageId=first)
    pair.days[f"one/{NEXT_DAY}"] = [
        said(90_000, BRUNO, "Second"),
        said(90_001, CARLA, "Third", thread_ts="1600000001.0"),
    ]
    pair.days[f"D0PAIR/{NEXT_DAY}"] = [said(90_000, BRUNO, "Still us")]
    report = await import_export(account, pair, tmp_path, AGENTS)
    assert (report.channels, report.messages, report.present) == (0, 3, 2)
    assert await account.bruno.bodies(channel) == ["First", "Second", "Third"]
    assert (await message(account, "C0ONE", 90_001))["replyTo"] == {"body": "First"}
    assert (await account.bruno.read(channel, "unreadCount"))["unreadCount"] == 0
    assert (await account.carla.read(channel, "unreadCount"))["unreadCount"] == 3
    assert await search(account.bruno, "second") == ["Second"]


async def test_messages_that_would_be_out_of_order_are_reported(account: Account, pair: Export, tmp_path: Path) -> None:
    channel = channel_id(account, "C0ONE")
    await account.davi.mutate("joinChatChannel", "channel { id }", channelId=channel)
    pair.days[f"one/{NEXT_DAY}"] = [said(90_000, BRUNO, "Second")]
    assert (await import_export(account, pair, tmp_path, AGENTS)).messages == 1
    await account.ana.send(channel, "Here")
    pair.days[f"one/{NEXT_DAY}"].append(said(90_001, BRUNO, "In Slack meanwhile"))
    report = await import_export(account, pair, tmp_path, AGENTS)
    assert report.messages == 0
    assert report.examples == {Reason.OLDER: ["#one, 1600090001.000000"]}
    assert await account.bruno.bodies(channel) == ["First", "Second", "Here"]


async def test_changes_made_here_are_kept(account: Account, pair: Export, tmp_path: Path) -> None:
    channel, first = channel_id(account, "C0ONE"), message_id(account, "C0ONE", 1)
    await account.ana.mutate("deleteChatMessage", "message { id }", messageId=first)
    await account.ana.mutate("updateChatChannel", "channel { id }", channelId=channel, name="renamed")
    await account.carla.mutate("leaveChatChannel", "channel { id }", channelId=channel)
    before = await fingerprint(account)
    await import_export(account, pair, tmp_path, AGENTS)
    assert await fingerprint(account) == before


async def test_a_direct_message_that_exists_is_continued_only_in_order(account: Account, tmp_path: Path) -> None:
    opened = await account.ana.mutate("openDirectMessage", "channel { id }", agentId="bruno")
    await account.ana.send(opened["channel"]["id"], "Here")
    report = await import_export(account, sample(), tmp_path, AGENTS)
    assert report.counts[Reason.OLDER] == 2
    assert await account.bruno.bodies(opened["channel"]["id"]) == ["Here"]
