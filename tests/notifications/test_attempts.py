"""E-mails that fail: their further attempts, and when they are given up."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from models.database import Database
from notifications.contents import Contents, read_contents
from notifications.leases import LEASE
from notifications.outcomes import ATTEMPTS, Outcome
from notifications.sending import description
from notifications.transports import PermanentFailure, TemporaryFailure
from tests.notifications.office import DELAY, Office

MENTION = "[@Bruno](mention://user/bruno/Bruno)"
HOUR = timedelta(hours=1)


async def test_a_temporary_failure_is_repeated_with_growing_pauses_until_the_tenth(office: Office) -> None:
    await _mention_bruno(office)
    office.inbox.fail_temporarily()
    attempts_at = []
    await office.work_after()
    for _ in range(ATTEMPTS - 1):
        attempts_at.append(office.clock.now())
        ((state, attempts, next_at, error),) = await office.email_rows()
        assert (state, attempts, error) == ("WAITING", len(attempts_at), "451 Try again")
        office.clock.time = next_at
        await office.work()
    attempts_at.append(office.clock.now())
    assert [row[0] for row in await office.email_rows()] == ["FAILED"]
    assert await office.states(office.account.bruno) == ["FAILED"]
    pauses = [later - earlier for earlier, later in pairwise(attempts_at)]
    expected = [timedelta(seconds=min(30 * 2**number, 3600)) for number in range(ATTEMPTS - 1)]
    assert all(0.75 * most <= pause <= most for pause, most in zip(pauses, expected, strict=True)), pauses
    office.inbox.failure = None
    await office.work_after(24 * HOUR)
    assert office.received("bruno") == []


async def test_attempts_have_the_same_message_id(office: Office) -> None:
    await _mention_bruno(office)
    office.inbox.accept_and_fail()
    await office.work_after()
    office.inbox.failure = None
    await office.work_after()
    first, second = office.emails_to("bruno")
    assert first["Message-ID"] == second["Message-ID"]
    assert await office.states(office.account.bruno) == ["SENT"]


async def test_a_permanent_failure_is_final(office: Office) -> None:
    await _mention_bruno(office)
    office.inbox.failure = PermanentFailure("550 No such mailbox bruno@example.com")
    await office.work_after()
    ((state, attempts, _, error),) = await office.email_rows()
    assert (state, attempts, error) == ("FAILED", 1, "550 No such mailbox …")
    assert await office.states(office.account.bruno) == ["FAILED"]


async def test_an_e_mail_that_cannot_be_composed_fails_and_delays_no_other(office: Office) -> None:
    channel = await office.account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno", "carla"])
    await office.account.ana.send(channel, f"{MENTION} [@Carla](mention://user/carla/Carla)")
    office.composer.fails_for = office.address("bruno")
    await office.work_after()
    assert len(office.emails_to("carla")) == 1
    errors = {error for state, _, _, error in await office.email_rows() if state == "FAILED"}
    assert errors == {"The e-mail could not be composed: ValueError"}


async def test_an_unexpected_error_of_the_transport_is_a_temporary_failure(office: Office) -> None:
    await _mention_bruno(office)
    office.inbox.failure = ValueError("bruno@example.com")
    await office.work_after()
    ((state, _, _, error),) = await office.email_rows()
    assert (state, error) == ("WAITING", "The e-mail could not be sent: ValueError")


async def test_an_e_mail_whose_worker_died_is_sent_when_its_lease_has_ended(office: Office) -> None:
    await _mention_bruno(office)
    office.clock.advance(timedelta(minutes=3))
    await office.claim_and_die()
    assert [row[:2] for row in await office.email_rows()] == [("WAITING", 1)]
    await office.work_after(timedelta(minutes=4))
    assert office.received("bruno") == []
    await office.work_after(timedelta(minutes=2))
    assert office.received("bruno") == [MENTION]
    assert [row[:2] for row in await office.email_rows()] == [("SENT", 2)]


async def test_what_is_read_while_it_is_sent_counts_as_sent(office: Office) -> None:
    channel = await _mention_bruno(office)

    async def read() -> None:
        await office.account.bruno.mutate("markChatRead", "channel { id }", channelId=channel)

    office.inbox.before_accepting = read
    await office.work_after()
    assert office.received("bruno") == [MENTION]
    assert await office.states(office.account.bruno) == ["SENT"]


async def test_after_a_chunk_that_fails_the_others_are_released(office: Office) -> None:
    """A mail server that is down is tried with a few e-mails, not with all of them."""
    ids = [f"reader-{number}" for number in range(40)]
    await office.account.sync(agents=[{"id": id, "name": id, "email": office.address(id)} for id in ids])
    channel = await office.account.ana.create_channel("Avisos", "ANNOUNCEMENT")
    await office.account.ana.send(channel, "Bom dia")
    office.inbox.fail_temporarily()
    office.clock.advance(timedelta(minutes=3))
    done = await office.worker().send_due()
    assert done.is_outage
    rows = await office.email_rows()
    assert sorted(attempts for _, attempts, _, _ in rows) == [0] * (len(rows) - 8) + [1] * 8
    office.inbox.failure = None
    await office.work_after()
    assert len(office.emails) == len(rows) == len(ids) + 3
    assert len({email["To"] for email in office.emails}) == len(rows)


async def test_an_e_mail_is_not_sent_if_reading_its_contents_took_as_long_as_its_lease(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker may have claimed it meanwhile."""
    await _mention_bruno(office)

    async def read_slowly(database: Database, account_id: str, email_ids: Sequence[UUID]) -> Mapping[UUID, Contents]:
        office.clock.advance(LEASE)
        return await read_contents(database, account_id, email_ids)

    with monkeypatch.context() as patched:
        patched.setattr("notifications.sending.read_contents", read_slowly)
        office.clock.advance(DELAY)
        assert Outcome.SENT not in (await office.worker().send_due()).outcomes
    assert office.received("bruno") == []
    await office.work()
    assert office.received("bruno") == [MENTION]


@pytest.mark.parametrize("error", ["550 <a@example.com> unknown", "452 a@example.com\r\nfull", "421 " + "x" * 999])
def test_descriptions_contain_no_address_and_are_short(error: str) -> None:
    text = description(TemporaryFailure(error))
    assert re.match(r"\d{3} ", text)
    assert "@" not in text
    assert "\n" not in text
    assert len(text) <= 200


async def _mention_bruno(office: Office) -> str:
    """Returns the channel."""
    channel = await office.account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno"])
    await office.account.ana.send(channel, MENTION)
    return channel
