"""Who is notified of a message, and what ends a notification."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from asyncpg.connection import LoggedQuery
from asyncpg.exceptions import DeadlockDetectedError

from loaders.pages import encode_cursor
from tests.support.api import Account, AgentClient, Json

BELL = """query ($unread: Boolean) {
  chatNotifications(unreadOnly: $unread) {
    nodes { id type readAt createdAt actor { id } channel { id } message { id body } }
  }
  chatViewer { unreadNotificationCount }
}"""
WHY = "query ($id: ID!) { whyNotified(messageId: $id) { alert bell email reason emailState emailAt } }"
BRUNO, CARLA = "[@Bruno](mention://user/bruno/Bruno)", "[@Carla](mention://user/carla/Carla)"


async def bell(agent: AgentClient, *, unread: bool = False) -> list[Json]:
    data = await agent.query(BELL, unread=unread)
    found: list[Json] = data["chatNotifications"]["nodes"]
    count = data["chatViewer"]["unreadNotificationCount"]
    assert count == sum(each["readAt"] is None for each in found)
    return found


async def why(agent: AgentClient, message: str) -> Json | None:
    found: Json | None = (await agent.query(WHY, id=message))["whyNotified"]
    return found


async def reason(agent: AgentClient, message: str) -> str:
    found = await why(agent, message)
    assert found is not None
    return str(found["reason"])


async def open_direct(account: Account) -> str:
    opened = await account.carla.mutate("openDirectMessage", "channel { id }", agentId="bruno")
    return str(opened["channel"]["id"])


async def set_membership(agent: AgentClient, channel: str, **settings: object) -> None:
    await agent.mutate("updateChatMembership", "membership { muted }", channelId=channel, **settings)


async def test_a_mention_notifies_only_the_mentioned(account: Account) -> None:
    channel = await account.ana.create_channel("Vendas", "PRIVATE", memberIds=["bruno", "carla"])
    message = await account.ana.send(channel, f"{BRUNO}, olha isso")
    (notification,) = await bell(account.bruno)
    assert notification["type"] == "MENTION"
    assert notification["message"]["id"] == message
    assert (notification["actor"]["id"], notification["channel"]["id"]) == ("ana", channel)
    assert await bell(account.carla) == await bell(account.ana) == []
    assert await reason(account.bruno, message) == "MENTIONED"
    assert await reason(account.carla, message) == "EVERYTHING"
    assert await reason(account.ana, message) == "AUTHOR"


async def test_direct_messages_and_announcements_notify_without_a_mention(account: Account) -> None:
    direct = await account.carla.send(await open_direct(account), "Oi")
    news = await account.ana.create_channel("Avisos", "ANNOUNCEMENT")
    announced = await account.ana.send(news, "Feriado amanhã")
    assert [each["type"] for each in await bell(account.bruno)] == ["ANNOUNCEMENT", "DIRECT_MESSAGE"]
    assert [each["type"] for each in await bell(account.carla)] == ["ANNOUNCEMENT"]
    assert await reason(account.bruno, direct) == "DIRECT_MESSAGE"
    assert await reason(account.davi, announced) == "ANNOUNCEMENT"
    assert await bell(account.ana) == []


async def test_everybody_and_teams_can_be_mentioned(account: Account) -> None:
    await account.sync(teams=[{"id": "t1", "name": "Suporte", "agentIds": ["carla", "davi"]}])
    channel = await account.ana.create_channel("Vendas", "PRIVATE", memberIds=["bruno", "carla"])
    await account.ana.send(channel, "[@Suporte](mention://team/t1/Suporte)")
    assert len(await bell(account.carla)) == 1
    assert await bell(account.bruno) == await bell(account.davi) == []
    await account.ana.send(channel, "[@Todos](mention://channel/all)")
    assert (len(await bell(account.bruno)), len(await bell(account.carla))) == (1, 2)


async def test_the_decision_is_reported_as_it_was_taken(account: Account) -> None:
    channel = await account.ana.create_channel("Vendas", "PRIVATE", memberIds=["bruno", "carla"])
    await set_membership(account.bruno, channel, muted=True)
    message = await account.ana.send(channel, BRUNO)
    await set_membership(account.bruno, channel, muted=False)
    assert await reason(account.bruno, message) == "MUTED"
    assert await bell(account.bruno) == []
    later = await account.ana.send(channel, BRUNO)
    await set_membership(account.bruno, channel, notificationLevel="NOTHING")
    assert await reason(account.bruno, later) == "MENTIONED"


@pytest.mark.parametrize(
    ("membership", "expected"), [({"notificationLevel": "NOTHING"}, "LEVEL"), ({"muted": True}, "MUTED")]
)
async def test_a_setting_of_the_membership_suppresses_a_mention(
    account: Account, membership: Json, expected: str
) -> None:
    channel = await account.ana.create_channel("Vendas", "PRIVATE", memberIds=["bruno"])
    await account.ana.send(channel, BRUNO)
    assert len(await bell(account.bruno)) == 1
    await set_membership(account.bruno, channel, **membership)
    suppressed = await account.ana.send(channel, BRUNO)
    assert len(await bell(account.bruno)) == 1
    assert await why(account.bruno, suppressed) == {
        "alert": False,
        "bell": False,
        "email": False,
        "reason": expected,
        "emailState": "NONE",
        "emailAt": None,
    }


async def test_somebody_who_cannot_read_the_channel_is_not_notified(account: Account) -> None:
    channel = await account.ana.create_channel("Vendas", "PRIVATE", memberIds=["carla"])
    message = await account.ana.send(channel, f"{BRUNO} {CARLA}")
    assert len(await bell(account.carla)) == 1
    assert await bell(account.bruno) == []
    assert await why(account.bruno, message) is None
    await account.ana.mutate("addChatMembers", "channel { id }", channelId=channel, agentIds=["bruno"])
    assert await reason(account.bruno, message) == "NO_ACCESS"
    assert await bell(account.bruno) == []


async def test_a_member_who_joined_later_was_not_notified_of_an_earlier_announcement(account: Account) -> None:
    news = await account.ana.create_channel("Avisos", "ANNOUNCEMENT")
    message = await account.ana.send(news, "Feriado amanhã")
    await account.sync(agents=[{"id": "gil", "name": "Gil"}])
    assert await reason(account.agent("gil"), message) == "NO_ACCESS"


@pytest.mark.parametrize(("kind", "expected"), [("PRIVATE", "NO_ACCESS"), ("PUBLIC", "LEVEL")])
async def test_a_member_who_joined_later_was_no_member_for_an_earlier_message(
    account: Account, kind: str, expected: str
) -> None:
    channel = await account.ana.create_channel("Vendas", kind, memberIds=["carla"])
    message = await account.ana.send(channel, "Bom dia")
    await account.ana.mutate("addChatMembers", "channel { id }", channelId=channel, agentIds=["bruno"])
    assert await reason(account.bruno, message) == expected
    assert await reason(account.carla, message) == "EVERYTHING"
    assert await reason(account.ana, message) == "AUTHOR"


async def test_a_public_channel_notifies_readers_whom_it_mentions(account: Account) -> None:
    channel = await account.ana.create_channel("Geral", "PUBLIC")
    mentioning, other = await account.ana.send(channel, BRUNO), await account.ana.send(channel, "Bom dia")
    assert [each["message"]["id"] for each in await bell(account.bruno)] == [mentioning]
    assert await reason(account.bruno, other) == "LEVEL"


# ------------------------------------------------------------------ reading
async def test_reading_a_message_reads_its_notification(account: Account) -> None:
    channel = await account.ana.create_channel("Vendas", "PRIVATE", memberIds=["bruno"])
    first, _ = await account.ana.send(channel, BRUNO), await account.ana.send(channel, BRUNO)
    await account.bruno.mutate("markChatRead", "channel { id }", channelId=channel, messageId=first)
    assert [each["readAt"] is None for each in await bell(account.bruno)] == [True, False]
    assert len(await bell(account.bruno, unread=True)) == 1
    await account.bruno.query("mutation { markAllChatsRead { userErrors { code } } }")
    assert await bell(account.bruno, unread=True) == []


async def test_posting_reads_the_author_s_notifications_of_the_channel(account: Account) -> None:
    channel = await account.ana.create_channel("Vendas", "PRIVATE", memberIds=["bruno"])
    direct = await open_direct(account)
    await account.carla.send(direct, "Oi")
    await account.ana.send(channel, BRUNO)
    await account.bruno.send(channel, "Vi")
    assert [each["channel"]["id"] for each in await bell(account.bruno, unread=True)] == [direct]


async def test_notifications_can_be_marked_read_one_by_one_and_together(account: Account) -> None:
    channel = await account.ana.create_channel("Vendas", "PRIVATE", memberIds=["bruno", "carla"])
    for _ in range(3):
        await account.ana.send(channel, f"{BRUNO} {CARLA}")
    ids = [each["id"] for each in await bell(account.bruno)]
    unknown = ["ntf_" + "0" * 32, "x", ""]
    await account.bruno.mutate(
        "markChatNotificationsRead", "viewer { unreadNotificationCount }", notificationIds=[ids[0], *unknown]
    )
    assert [each["id"] for each in await bell(account.bruno, unread=True)] == ids[1:]
    marked = await account.bruno.mutate("markChatNotificationsRead", "viewer { unreadNotificationCount }")
    assert marked["viewer"]["unreadNotificationCount"] == 0
    assert len(await bell(account.carla, unread=True)) == 3


async def test_two_devices_that_read_and_write_at_the_same_time_never_deadlock(account: Account) -> None:
    direct, bruno = await open_direct(account), account.bruno
    failed: list[BaseException] = []

    def collect(executed: LoggedQuery) -> None:
        if isinstance(executed.exception, DeadlockDetectedError):
            failed.append(executed.exception)

    with account.api.logging(collect):
        for _ in range(10):
            await asyncio.gather(*(account.carla.send(direct, "Oi") for _ in range(3)))
            await asyncio.gather(
                bruno.send(direct, "Vi"),
                bruno.mutate("markChatRead", "channel { id }", channelId=direct),
                bruno.query("mutation { markAllChatsRead { userErrors { code } } }"),
                bruno.mutate("markChatNotificationsRead", "viewer { sendKey }"),
            )
    assert failed == []
    assert await bell(bruno, unread=True) == []
    assert len(await bell(bruno)) == 30


async def test_reading_takes_the_unsent_email_back(account: Account) -> None:
    channel = await account.bruno.create_channel("Vendas", "PUBLIC", memberIds=["ana"])
    message = await account.bruno.send(channel, "[@Ana](mention://user/ana/Ana)")
    waiting = await why(account.ana, message)
    assert waiting is not None
    assert waiting["emailState"] == "WAITING"
    due = datetime.fromisoformat(waiting["emailAt"]) - datetime.now(UTC)
    assert timedelta(seconds=60) < due <= timedelta(seconds=120)
    await account.ana.mutate("markChatRead", "channel { id }", channelId=channel)
    read = await why(account.ana, message)
    assert read is not None
    assert read["emailState"] == "TAKEN_BACK"


async def test_an_agent_without_an_address_gets_no_email(account: Account) -> None:
    channel = await account.ana.create_channel("Vendas", "PRIVATE", memberIds=["bruno"])
    decision = await why(account.bruno, await account.ana.send(channel, BRUNO))
    assert decision is not None
    assert (decision["email"], decision["emailState"]) == (True, "NONE")


# ------------------------------------------------------------------ edits, deletions and lost access
async def test_an_edit_notifies_only_those_whom_it_mentions_for_the_first_time(account: Account) -> None:
    channel = await account.ana.create_channel("Vendas", "PRIVATE", memberIds=["bruno", "carla"])
    message = await account.ana.send(channel, BRUNO)
    before = await bell(account.bruno)
    await account.bruno.mutate("markChatRead", "channel { id }", channelId=channel)
    await account.ana.mutate("editChatMessage", "message { id }", messageId=message, body=f"{BRUNO} {CARLA}")
    (after,) = await bell(account.bruno)
    assert after["createdAt"] == before[0]["createdAt"]
    assert after["readAt"] is not None
    assert len(await bell(account.carla, unread=True)) == 1


async def test_removing_a_mention_removes_the_notification(account: Account) -> None:
    channel = await account.ana.create_channel("Vendas", "PRIVATE", memberIds=["bruno", "carla"])
    message = await account.ana.send(channel, f"{BRUNO} {CARLA}")
    await account.ana.mutate("editChatMessage", "message { id }", messageId=message, body=CARLA)
    assert await bell(account.bruno) == []
    assert len(await bell(account.carla)) == 1


async def test_an_announcement_that_does_not_mention_somebody_any_more_still_notifies_them(account: Account) -> None:
    news = await account.ana.create_channel("Avisos", "ANNOUNCEMENT")
    await set_membership(account.carla, news, notificationLevel="MENTIONS")
    message = await account.ana.send(news, f"{BRUNO} {CARLA}")
    assert [each["type"] for each in await bell(account.bruno) + await bell(account.carla)] == ["MENTION", "MENTION"]
    await account.ana.mutate("editChatMessage", "message { id }", messageId=message, body="Feriado amanhã")
    assert [each["type"] for each in await bell(account.bruno)] == ["ANNOUNCEMENT"]
    assert await bell(account.carla) == []


async def test_a_removed_mention_leaves_the_decision_about_a_message_without_it(account: Account) -> None:
    """The switches of announcements apply, and what was suppressed for a mention is decided again."""
    news = await account.ana.create_channel("Avisos", "ANNOUNCEMENT")
    for agent, type in ((account.bruno, "ANNOUNCEMENT"), (account.carla, "MENTION")):
        await agent.mutate("updateChatNotificationPreference", "viewer { sendKey }", type=type, bell=False, email=False)
    await set_membership(account.davi, news, notificationLevel="MENTIONS")
    davi = "[@Davi](mention://user/davi/Davi)"
    message = await account.ana.send(news, f"{BRUNO} {CARLA} {davi}")
    agents = (account.bruno, account.carla, account.davi)
    assert [await reason(agent, message) for agent in agents] == ["MENTIONED", "PREFERENCE_OFF", "MENTIONED"]
    await account.ana.mutate("editChatMessage", "message { id }", messageId=message, body="Feriado amanhã")
    assert [await reason(agent, message) for agent in agents] == ["PREFERENCE_OFF", "ANNOUNCEMENT", "LEVEL"]
    assert [[each["type"] for each in await bell(agent)] for agent in agents] == [[], ["ANNOUNCEMENT"], []]


async def test_a_suppressed_mention_is_forgotten_with_the_mention(account: Account) -> None:
    channel = await account.ana.create_channel("Vendas", "PRIVATE", memberIds=["bruno"])
    await set_membership(account.bruno, channel, muted=True)
    message = await account.ana.send(channel, BRUNO)
    await account.ana.mutate("editChatMessage", "message { id }", messageId=message, body="Bom dia")
    await set_membership(account.bruno, channel, muted=False)
    assert await reason(account.bruno, message) == "EVERYTHING"


async def test_removing_a_mention_takes_back_the_unsent_email(account: Account) -> None:
    direct = await account.bruno.mutate("openDirectMessage", "channel { id }", agentId="ana")
    channel = direct["channel"]["id"]
    await set_membership(account.ana, channel, notificationLevel="MENTIONS")
    message = await account.bruno.send(channel, "[@Ana](mention://user/ana/Ana)")
    states = [(await why(account.ana, message) or {})["emailState"]]
    await account.bruno.mutate("editChatMessage", "message { id }", messageId=message, body="Oi")
    decision = await why(account.ana, message)
    assert decision is not None
    assert [*states, decision["emailState"], decision["reason"]] == ["WAITING", "TAKEN_BACK", "LEVEL"]
    assert await bell(account.ana) == []


async def test_a_mention_that_is_added_to_an_announcement_notifies_again(account: Account) -> None:
    news = await account.ana.create_channel("Avisos", "ANNOUNCEMENT")
    message = await account.ana.send(news, "Feriado amanhã")
    await account.bruno.mutate("markChatRead", "channel { id }", channelId=news)
    await account.ana.mutate("editChatMessage", "message { id }", messageId=message, body=BRUNO)
    assert [each["type"] for each in await bell(account.bruno, unread=True)] == ["MENTION"]
    assert [each["type"] for each in await bell(account.carla)] == ["ANNOUNCEMENT"]


async def test_deleting_the_message_removes_its_notifications(account: Account) -> None:
    channel = await account.ana.create_channel("Vendas", "PRIVATE", memberIds=["bruno"])
    message = await account.ana.send(channel, BRUNO)
    assert len(await bell(account.bruno)) == 1
    await account.ana.mutate("deleteChatMessage", "message { id }", messageId=message)
    assert await bell(account.bruno) == []
    assert await why(account.bruno, message) is None


async def test_losing_access_removes_the_notifications(account: Account) -> None:
    private = await account.ana.create_channel("Vendas", "PRIVATE", memberIds=["bruno", "carla"])
    await account.ana.send(private, f"{BRUNO} {CARLA}")
    await account.ana.mutate("removeChatMember", "channel { id }", channelId=private, agentId="bruno")
    assert await bell(account.bruno) == []
    await account.ana.mutate("addChatMembers", "channel { id }", channelId=private, agentIds=["bruno"])
    assert await bell(account.bruno) == []
    assert len(await bell(account.carla)) == 1


async def test_a_channel_that_becomes_private_removes_the_notifications_of_others(account: Account) -> None:
    public = await account.ana.create_channel("Geral", "PUBLIC", memberIds=["carla"])
    await account.ana.send(public, f"{BRUNO} {CARLA}")
    assert len(await bell(account.bruno)) == 1
    await account.ana.mutate("updateChatChannel", "channel { id }", channelId=public, kind="PRIVATE")
    assert await bell(account.bruno) == []
    assert len(await bell(account.carla)) == 1


async def test_leaving_a_public_channel_keeps_the_notifications(account: Account) -> None:
    public = await account.ana.create_channel("Geral", "PUBLIC", memberIds=["bruno"])
    await account.ana.send(public, BRUNO)
    await account.bruno.mutate("leaveChatChannel", "channel { id }", channelId=public)
    assert len(await bell(account.bruno)) == 1


# ------------------------------------------------------------------ preferences and quiet hours
async def test_switches_of_a_type(account: Account) -> None:
    channel = await account.ana.create_channel("Vendas", "PRIVATE", memberIds=["bruno"])
    changed = await account.bruno.mutate(
        "updateChatNotificationPreference",
        "viewer { notificationPreferences { type bell email } }",
        type="MENTION",
        bell=False,
    )
    assert changed["viewer"]["notificationPreferences"] == [
        {"type": "MENTION", "bell": False, "email": True},
        {"type": "DIRECT_MESSAGE", "bell": True, "email": True},
        {"type": "ANNOUNCEMENT", "bell": True, "email": True},
    ]
    decision = await why(account.bruno, await account.ana.send(channel, BRUNO))
    assert decision is not None
    assert [decision[name] for name in ("alert", "bell", "email", "reason")] == [True, False, True, "MENTIONED"]
    await account.bruno.mutate("updateChatNotificationPreference", "viewer { sendKey }", type="MENTION", email=False)
    assert await reason(account.bruno, await account.ana.send(channel, BRUNO)) == "PREFERENCE_OFF"
    assert await bell(account.bruno) == []


async def test_quiet_hours_keep_the_bell_and_suppress_the_alert(account: Account) -> None:
    channel = await account.ana.create_channel("Vendas", "PRIVATE", memberIds=["bruno", "carla"])
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    await account.bruno.mutate("updateChatProfile", "viewer { sendKey }", doNotDisturbUntil=until)
    everyday = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
    hours = {"timeZone": "America/Sao_Paulo", "days": everyday, "from": "00:00", "to": "00:00"}
    changed = await account.carla.mutate(
        "updateChatProfile", "viewer { quietHours { timeZone days from to } }", quietHours=hours
    )
    assert changed["viewer"]["quietHours"] == hours
    message = await account.ana.send(channel, f"{BRUNO} {CARLA}")
    for agent in (account.bruno, account.carla):
        decision = await why(agent, message)
        assert decision is not None
        assert [decision[name] for name in ("alert", "bell", "reason")] == [False, True, "QUIET_HOURS"]
        assert len(await bell(agent)) == 1
    await account.bruno.mutate("updateChatProfile", "viewer { sendKey }", doNotDisturbUntil=None)
    cleared = await account.carla.mutate("updateChatProfile", "viewer { quietHours { days } }", quietHours=None)
    assert cleared["viewer"]["quietHours"] is None
    assert await reason(account.bruno, await account.ana.send(channel, f"{BRUNO} {CARLA}")) == "MENTIONED"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"timeZone": "Mars/Olympus"}, ["quietHours", "timeZone"]),
        ({"timeZone": "EST5EDT,M3.2.0,M11.1.0"}, ["quietHours", "timeZone"]),
        ({"days": []}, ["quietHours", "days"]),
        ({"from": "24:00"}, ["quietHours", "from"]),
        ({"from": "7:05"}, ["quietHours", "from"]),
        ({"to": "seven"}, ["quietHours", "to"]),
        ({"to": "07:00:30"}, ["quietHours", "to"]),
    ],
)
async def test_impossible_quiet_hours_are_refused(account: Account, change: Json, path: list[str]) -> None:
    hours = {"timeZone": "America/Sao_Paulo", "days": ["SUNDAY"], "from": "22:00", "to": "07:00"}
    await account.bruno.mutate("updateChatProfile", "viewer { sendKey }", quietHours=hours)
    payload = await account.bruno.payload("updateChatProfile", "viewer { sendKey }", quietHours=hours | change)
    assert [(each["code"], each["path"]) for each in payload["userErrors"]] == [("INVALID", path)]
    kept = await account.bruno.query("{ chatViewer { quietHours { timeZone days from to } } }")
    assert kept["chatViewer"]["quietHours"] == hours


@pytest.mark.parametrize(
    "key", [["x", "y"], ["", ""], ["2026-01-01", str(UUID(int=0))], ["0001-01-01T00:00:00+23:00", "y"]]
)
async def test_a_forged_cursor_is_bad_input(account: Account, key: list[str]) -> None:
    query = "query ($after: String) { chatNotifications(after: $after) { nodes { id } } }"
    genuine = encode_cursor("notifications", datetime.now(UTC).isoformat(), str(UUID(int=0)))
    assert (await account.bruno.execute(query, after=genuine)).body["data"]["chatNotifications"] == {"nodes": []}
    assert (await account.bruno.execute(query, after=encode_cursor("notifications", *key))).code == "BAD_USER_INPUT"


async def test_pages_of_the_bell(account: Account) -> None:
    channel = await account.ana.create_channel("Vendas", "PRIVATE", memberIds=["bruno"])
    sent = [await account.ana.send(channel, BRUNO) for _ in range(5)]
    query = """query ($after: String) {
      chatNotifications(first: 2, after: $after) { nodes { message { id } } pageInfo { endCursor hasNextPage } }
    }"""
    seen, after = [], None
    while True:
        page = (await account.bruno.query(query, after=after))["chatNotifications"]
        seen += [node["message"]["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == sent[::-1]
