"""Several workers at once, and the number of statements."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from asyncpg.connection import LoggedQuery

from notifications.claims import claim_new
from notifications.further_attempts import claim_again
from notifications.sending import CHUNK
from tests.notifications.office import Office

READERS = 60


async def test_workers_at_once_send_every_e_mail_once(office: Office) -> None:
    await _announce(office, READERS)
    office.clock.advance(timedelta(minutes=3))
    workers = [office.worker() for _ in range(4)]
    for _ in range(4):
        await asyncio.gather(*(worker.send_due() for worker in workers))
    await office.work()
    counts = Counter(email["To"] for email in office.emails)
    assert len(counts) == READERS + 3
    assert set(counts.values()) == {1}


async def test_workers_at_once_claim_different_agents(office: Office) -> None:
    """Also if an agent has several notifications, of which each worker could take one."""
    channels = [await office.account.ana.create_channel(f"Avisos {number}", "ANNOUNCEMENT") for number in range(3)]
    await _add_readers(office, 20)
    for channel in channels:
        await office.account.ana.send(channel, "Bom dia")
    now, pool = office.clock.now() + timedelta(minutes=3), office.account.api.pool
    for _ in range(5):
        await asyncio.gather(*(claim_new(pool, office.account.account_id, office.timing, now) for _ in range(4)))
    found = await office.rows("SELECT agent_id, channel_id, created_at FROM emails WHERE account_id = :account_id")
    assert len(found) == len({(agent_id, channel_id) for agent_id, channel_id, _ in found}) == 3 * 23
    assert set(Counter(agent_id for agent_id, *_ in found).values()) == {3}


@pytest.mark.parametrize("readers", [1, 50])
async def test_the_number_of_statements_does_not_depend_on_the_number_of_agents(office: Office, readers: int) -> None:
    await _announce(office, readers)
    now, pool, account_id = (
        office.clock.now() + timedelta(minutes=3),
        office.account.api.pool,
        office.account.account_id,
    )
    statements: list[str] = []

    def collect(executed: LoggedQuery) -> None:
        statements.append(executed.query)

    with pool.logging(collect):
        claim = await claim_new(pool, account_id, office.timing, now)
    assert len(claim.emails) == readers + 3
    assert len(statements) == 6
    statements.clear()
    with pool.logging(collect):
        again = await claim_again(pool, account_id, now + timedelta(minutes=6))
    assert len(again.emails) == readers + 3
    assert len(statements) == 3


async def test_sending_reads_the_contents_of_several_e_mails_together(office: Office) -> None:
    await _announce(office, CHUNK - 3)
    office.clock.advance(timedelta(minutes=3))
    statements: list[str] = []
    with office.account.api.pool.logging(lambda executed: statements.append(executed.query)):
        await office.worker().send_due()
    accounts, claim_again, claim_new, contents = 1, 1, 6, 3
    assert len(office.emails) == CHUNK
    own = [each for each in statements if any(name in each for name in ("email", "notifications", "quiet_hours"))]
    assert len(own) == accounts + claim_again + claim_new + contents + CHUNK


async def test_a_claim_waits_for_no_lock(office: Office) -> None:
    await _announce(office, 1)
    office.clock.advance(timedelta(minutes=3))
    async with office.account.api.engine.begin() as connection:
        await connection.exec_driver_sql("SELECT FROM notifications WHERE agent_id = 'bruno' FOR UPDATE")
        await connection.exec_driver_sql("SELECT FROM agents WHERE agent_id = 'carla' FOR UPDATE")
        async with asyncio.timeout(3):
            await office.work()
    assert sorted(email["To"].partition("@")[0] for email in office.emails) == ["davi", "reader-0"]
    await office.work()
    assert len(office.emails) == 4


async def _announce(office: Office, readers: int) -> None:
    """Sends a message to so many agents, and to bruno, carla and davi."""
    await _add_readers(office, readers)
    channel = await office.account.ana.create_channel("Avisos", "ANNOUNCEMENT")
    await office.account.ana.send(channel, "Bom dia")


async def _add_readers(office: Office, readers: int) -> None:
    ids = [f"reader-{number}" for number in range(readers)]
    await office.account.sync(agents=[{"id": id, "name": id, "email": office.address(id)} for id in ids])
