"""When e-mails are sent: quiet hours, the presence of their agents, and the window between batches."""

from datetime import UTC, datetime, timedelta

from schema.ids import message_id as parse_message_id
from tests.notifications.office import Office
from tests.support.api import AgentClient

MENTION = "[@Bruno](mention://user/bruno/Bruno)"
MINUTE = timedelta(minutes=1)


async def test_an_e_mail_is_sent_after_the_delay(office: Office) -> None:
    channel = await _room(office)
    await office.account.ana.send(channel, MENTION)
    await office.work_after(timedelta(seconds=110))
    assert office.received("bruno") == []
    await office.work_after(timedelta(seconds=20))
    assert office.received("bruno") == [MENTION]
    assert await office.states(office.account.bruno) == ["SENT"]


async def test_a_direct_message_is_sent_after_half_the_delay(office: Office) -> None:
    direct = await _direct_message(office.account.ana, "bruno")
    await office.account.ana.send(direct, "Bom dia")
    await office.work_after(timedelta(seconds=50))
    assert office.received("bruno") == []
    await office.work_after(timedelta(seconds=20))
    assert office.received("bruno") == ["Bom dia"]


# ------------------------------------------------------------------ quiet hours
async def test_e_mails_wait_for_the_end_of_do_not_disturb(office: Office) -> None:
    channel = await _room(office)
    until = datetime.now(UTC) + timedelta(hours=3)
    await office.account.bruno.mutate(
        "updateChatProfile", "viewer { agent { id } }", doNotDisturbUntil=until.isoformat()
    )
    await office.account.ana.send(channel, f"{MENTION} [@Carla](mention://user/carla/Carla)")
    await office.work_after()
    assert (len(office.emails_to("bruno")), len(office.emails_to("carla"))) == (0, 1)
    assert await _waits(office) == ("POSTPONED", until)
    await office.work_after(timedelta(hours=3))
    assert len(office.emails_to("bruno")) == 1


async def test_ending_quiet_hours_early_sends_what_waits(office: Office) -> None:
    until = office.clock.now() + timedelta(hours=8)
    await office.account.bruno.mutate(
        "updateChatProfile", "viewer { agent { id } }", doNotDisturbUntil=until.isoformat()
    )
    channel = await office.account.ana.create_channel("Vendas", "PRIVATE", memberIds=["bruno"])
    await office.account.ana.send(channel, MENTION)
    await office.work_after()
    assert await office.states(office.account.bruno) == ["POSTPONED"]
    await office.account.bruno.mutate("updateChatProfile", "viewer { agent { id } }", doNotDisturbUntil=None)
    await office.work()
    assert office.received("bruno") == [MENTION]


async def test_e_mails_wait_for_the_end_of_weekly_quiet_hours(office: Office) -> None:
    channel = await _room(office)
    office.clock.time = _next_monday_evening()
    await office.execute(
        "INSERT INTO quiet_hours (account_id, agent_id, time_zone, days, from_time, until_time)"
        " VALUES (:account_id, 'bruno', 'America/Sao_Paulo', ARRAY['MONDAY'], '19:00', '08:00')"
    )
    await office.account.ana.send(channel, MENTION)
    await office.work()
    assert office.received("bruno") == []
    morning = office.clock.time.replace(hour=11, minute=0) + timedelta(days=1)
    assert await _waits(office) == ("POSTPONED", morning)
    office.clock.time = morning
    await office.work()
    assert office.received("bruno") == [MENTION]


async def test_an_e_mail_that_failed_is_not_sent_again_in_quiet_hours(office: Office) -> None:
    channel = await _room(office)
    await office.account.ana.send(channel, MENTION)
    office.inbox.fail_temporarily()
    await office.work_after()
    office.inbox.failure = None
    until = office.clock.now() + timedelta(hours=3)
    await office.account.bruno.mutate(
        "updateChatProfile", "viewer { agent { id } }", doNotDisturbUntil=until.isoformat()
    )
    await office.work_after()
    assert office.received("bruno") == []
    assert [row[:3] for row in await office.email_rows()] == [("WAITING", 1, until)]
    await office.work_after(timedelta(hours=3))
    assert office.received("bruno") == [MENTION]


# ------------------------------------------------------------------ presence
async def test_e_mails_wait_for_an_agent_who_is_active_at_most_for_the_limit(office: Office) -> None:
    channel = await _room(office)
    await _connect(office, "bruno")
    await office.account.ana.send(channel, MENTION)
    written = datetime.now(UTC)
    await office.work_after()
    assert office.received("bruno") == []
    state, until = await _waits(office)
    assert (state, until) == ("POSTPONED", office.clock.now() + timedelta(seconds=30))
    office.clock.time = written + office.timing.presence - 5 * timedelta(seconds=1)
    await office.work()
    assert office.received("bruno") == []
    await office.work_after(6 * timedelta(seconds=1))
    assert office.received("bruno") == [MENTION]


async def test_e_mails_are_sent_when_the_agent_is_not_active_any_more(office: Office) -> None:
    channel = await _room(office)
    await _connect(office, "bruno")
    await office.account.ana.send(channel, MENTION)
    await office.work_after()
    await office.execute("DELETE FROM presences WHERE account_id = :account_id")
    await office.work_after(MINUTE)
    assert office.received("bruno") == [MENTION]


async def test_no_e_mail_is_sent_if_the_active_agent_reads_the_message(office: Office) -> None:
    channel = await _room(office)
    await _connect(office, "bruno")
    await office.account.ana.send(channel, MENTION)
    await office.work_after()
    await office.account.bruno.mutate("markChatRead", "channel { id }", channelId=channel)
    await office.work_after(timedelta(hours=1))
    assert office.received("bruno") == []
    assert await office.states(office.account.bruno) == ["TAKEN_BACK"]


# ------------------------------------------------------------------ batches and their window
async def test_a_batch_is_one_e_mail_for_each_channel(office: Office) -> None:
    first, second = await _room(office, "Um"), await _room(office, "Dois")
    for channel in (first, second):
        await office.account.ana.send(channel, f"{MENTION} 1")
        await office.account.ana.send(channel, f"{MENTION} 2")
    await office.work_after()
    assert sorted(email["Subject"] for email in office.emails_to("bruno")) == ["Dois", "Um"]
    assert office.received("bruno") == [f"{MENTION} 1\n{MENTION} 2"] * 2
    assert await office.states(office.account.bruno) == ["SENT"] * 4


async def test_a_batch_includes_what_is_not_due_yet(office: Office) -> None:
    channel = await _room(office)
    first = await office.account.ana.send(channel, f"{MENTION} 1")
    await office.account.ana.send(channel, f"{MENTION} 2")
    await office.execute(
        "UPDATE notifications SET email_at = email_at - interval '1 minute'"
        " WHERE account_id = :account_id AND message_id = :message_id",
        message_id=parse_message_id(first),
    )
    await office.work_after(timedelta(seconds=90))
    assert office.received("bruno") == [f"{MENTION} 1\n{MENTION} 2"]


async def test_the_next_batch_is_sent_when_the_window_has_ended(office: Office) -> None:
    channel = await _room(office)
    await office.account.ana.send(channel, f"{MENTION} 1")
    await office.work_after()
    sent_at = office.clock.now()
    await office.account.ana.send(channel, f"{MENTION} 2")
    await office.work()
    await office.account.ana.send(await _room(office), f"{MENTION} 3")
    await office.work_after(timedelta(minutes=9))
    assert office.received("bruno") == [f"{MENTION} 1"]
    assert await office.states(office.account.bruno) == ["SENT", "WAITING", "WAITING"]
    assert await _waits(office) == ("WAITING", sent_at + office.timing.window)
    await office.work_after(MINUTE)
    assert sorted(office.received("bruno")[1:]) == [f"{MENTION} 2", f"{MENTION} 3"]


async def test_the_window_is_that_of_one_agent(office: Office) -> None:
    channel = await _room(office)
    await office.account.ana.send(channel, MENTION)
    await office.work_after()
    await office.account.ana.send(channel, "[@Carla](mention://user/carla/Carla)")
    await office.work_after()
    assert (len(office.emails_to("bruno")), len(office.emails_to("carla"))) == (1, 1)


async def test_while_an_e_mail_fails_no_further_ones_gather_for_its_agent(office: Office) -> None:
    """When the mail server is available again, the agent gets two e-mails, not one for every window of the outage."""
    channel = await _room(office)
    office.inbox.fail_temporarily()
    for number in range(5):
        await office.account.ana.send(channel, f"{MENTION} {number}")
        await office.work_after(timedelta(minutes=11))
    assert len(await office.email_rows()) == 1
    office.inbox.failure = None
    await office.work_after(timedelta(hours=1))
    await office.work_after(timedelta(minutes=10))
    assert office.received("bruno") == [f"{MENTION} 0", "\n".join(f"{MENTION} {number}" for number in range(1, 5))]


async def _room(office: Office, name: str = "Equipe") -> str:
    return await office.account.ana.create_channel(name, "PRIVATE", memberIds=["bruno", "carla"])


async def _direct_message(agent: AgentClient, peer_id: str) -> str:
    payload = await agent.mutate("openDirectMessage", "channel { id }", agentId=peer_id)
    id: str = payload["channel"]["id"]
    return id


async def _connect(office: Office, agent_id: str) -> None:
    """Makes the agent active in the chat for a day."""
    await office.execute(
        "INSERT INTO presences (account_id, agent_id, status, connected_until)"
        " VALUES (:account_id, :agent_id, 'ONLINE', now() + interval '1 day')",
        agent_id=agent_id,
    )


async def _waits(office: Office) -> tuple[str, datetime]:
    """Returns the state of bruno's newest notification, and the time until which it waits."""
    ((state, until),) = await office.rows(
        "SELECT email_state, email_at FROM notifications WHERE account_id = :account_id AND agent_id = 'bruno'"
        " ORDER BY message_id DESC LIMIT 1"
    )
    return state, until


def _next_monday_evening() -> datetime:
    """Returns a time at which it is Monday, 20:00, in São Paulo, an hour from now or later."""
    now = datetime.now(UTC)
    monday = now.replace(hour=23, minute=0, second=0, microsecond=0) + timedelta(days=-now.weekday() % 7)
    return monday if monday > now + timedelta(hours=1) else monday + timedelta(days=7)
