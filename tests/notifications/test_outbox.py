"""`internal-chat outbox`: what waits, what failed and why, and new attempts for failed e-mails."""

from datetime import timedelta
from io import StringIO

from rich.console import Console

from notifications.outbox import OutboxEntry, read_outbox, retry_failed
from notifications.transports import PermanentFailure
from server.outbox import outbox_table
from server.postgres.database import single_connection
from tests.notifications.office import Office

MENTIONS = {name: f"[@{name}](mention://user/{name}/{name})" for name in ("bruno", "carla", "davi")}


async def test_it_lists_what_waits_and_what_failed_by_reason(office: Office, database_url: str) -> None:
    await _fill(office)
    entries = await _entries(office, database_url)
    assert [(each.kind, each.state, each.reason, each.amount) for each in entries] == [
        ("notifications", "WAITING", None, 1),
        ("e-mails", "WAITING", "451 Try again", 1),
        ("e-mails", "FAILED", "550 No such mailbox", 1),
    ]
    waiting, failing, failed = entries
    assert waiting.next_at is not None
    assert waiting.next_at - waiting.oldest == timedelta(minutes=2)
    assert failing.next_at is not None
    assert timedelta() < failing.next_at - office.clock.now() <= timedelta(seconds=30)
    assert failed.next_at is None


async def test_failed_e_mails_are_sent_again_with_the_same_message_id(office: Office, database_url: str) -> None:
    await _fill(office)
    ((failed,),) = await office.rows("SELECT count(*) FROM emails WHERE state = 'FAILED' AND :account_id <> ''")
    ((email_id,),) = await office.rows(
        "SELECT email_id FROM emails WHERE account_id = :account_id AND state = 'FAILED'"
    )
    office.inbox.failure = None
    async with single_connection(database_url) as connection:
        assert await retry_failed(connection, office.clock.now()) == failed
        assert await retry_failed(connection, office.clock.now()) == 0
    await office.work()
    (email,) = office.emails_to("bruno")
    assert email["Message-ID"] == f"<{email_id}@chat.test>"
    assert await office.states(office.account.bruno) == ["SENT"]


async def test_a_failed_e_mail_that_was_read_is_not_sent_again(office: Office, database_url: str) -> None:
    await _fill(office)
    office.inbox.failure = None
    await office.account.bruno.mutate("markChatNotificationsRead", "viewer { agent { id } }")
    async with single_connection(database_url) as connection:
        await retry_failed(connection, office.clock.now())
    await office.work()
    assert office.emails_to("bruno") == []
    assert await office.states(office.account.bruno) == ["TAKEN_BACK"]


async def test_the_table_has_relative_times(office: Office) -> None:
    now = office.clock.now()
    entries = [
        OutboxEntry(
            "1", "notifications", "WAITING", None, 1_200, now - timedelta(minutes=3), now - timedelta(minutes=1)
        ),
        OutboxEntry(
            "1", "e-mails", "WAITING", "451 Try again", 2, now - timedelta(hours=3), now + timedelta(seconds=40)
        ),
        OutboxEntry("2", "e-mails", "FAILED", "550 No such mailbox", 1, now - timedelta(days=2), None),
    ]
    output = StringIO()
    Console(file=output, width=120).print(outbox_table(entries, now))
    lines = [line.split("  ") for line in output.getvalue().splitlines()]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert cells == [
        ["account", "entries", "state", "count", "oldest", "next attempt", "reason"],
        ["1", "notifications", "waiting", "1,200", "3 min ago", "now"],
        ["1", "e-mails", "waiting", "2", "3 h ago", "in 40 s", "451 Try again"],
        ["2", "e-mails", "failed", "1", "2 d ago", "never", "550 No such mailbox"],
    ]


async def _fill(office: Office) -> None:
    """bruno's e-mail is failed, carla's has failed once, and davi's notification waits."""
    channel = await office.account.ana.create_channel("Equipe", "PRIVATE", memberIds=list(MENTIONS))
    for name, failure in (("bruno", PermanentFailure("550 No such mailbox")), ("carla", None)):
        await office.account.ana.send(channel, MENTIONS[name])
        office.inbox.fail_temporarily()
        office.inbox.failure = failure or office.inbox.failure
        await office.work_after()
    await office.account.ana.send(channel, MENTIONS["davi"])


async def _entries(office: Office, database_url: str) -> list[OutboxEntry]:
    async with single_connection(database_url) as connection:
        entries = await read_outbox(connection)
    return [each for each in entries if each.account_id == office.account.account_id]
