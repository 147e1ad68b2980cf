"""The decision about notifications: the rule in Python equals the statement, for every combination of facts."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import islice, product
from types import MappingProxyType
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel.ext.asyncio.session import AsyncSession

from chat.access import Seat
from chat.identity import AgentToken
from chat.notification_rules import ALL_ON, Decision, Recipient, Switches, decide
from chat.operation import Transaction
from chat.quiet_hours import IS_QUIET_HOUR, QuietTimes
from chat.recipients import NOTIFIES_MEMBERS, notify_of_edited, notify_of_new
from models import Agent, Channel, Member, MentionedAgent, Message, NotificationPreference, QuietHours
from models.database import Connection
from models.enums import AgentRole, ChannelKind, NotificationLevel, NotificationReason, NotificationType, Weekday
from models.rows import ChannelRow, MessageRow, QuietHoursRow
from tests.chat.seats import make_agent, row_of
from tests.support.api import Account

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
"""A Friday; 09:00 in São Paulo."""

EARLIER, LATER = NOW - timedelta(minutes=1), NOW + timedelta(minutes=1)
MUTES = MappingProxyType(
    {"none": (False, None), "running": (True, LATER), "expired": (True, EARLIER), "indefinite": (True, None)}
)
MUTED = {"running", "indefinite"}
MORNING = QuietHoursRow("America/Sao_Paulo", ["FRIDAY"], time(8), time(10))
NIGHT = QuietHoursRow("America/Sao_Paulo", ["THURSDAY"], time(22), time(9, 30))
EVENING = QuietHoursRow("America/Sao_Paulo", ["FRIDAY"], time(18), time(23))
QUIET = MappingProxyType(
    {
        "never": QuietTimes(None, None),
        "until": QuietTimes(LATER, None),
        "until before": QuietTimes(EARLIER, None),
        "morning": QuietTimes(None, MORNING),
        "night before": QuietTimes(None, NIGHT),
        "evening": QuietTimes(None, EVENING),
    }
)
IS_QUIET = {"until", "morning", "night before"}
SWITCHES = (
    ALL_ON,
    Switches(bell=True, email=False),
    Switches(bell=False, email=True),
    Switches(bell=False, email=False),
)


@dataclass(frozen=True)
class Case:
    """An agent of the account, as a possible recipient."""

    agent_id: str
    level: NotificationLevel
    mute: str
    quiet: str
    switches: Switches
    is_member: bool
    is_active: bool
    is_enabled: bool
    is_mentioned: bool
    has_address: bool

    def recipient(self, kind: ChannelKind, is_mentioned: bool) -> Recipient:
        reads = self.is_member or kind == ChannelKind.PUBLIC
        return Recipient(
            is_author=False,
            is_active=self.is_active,
            has_access=self.is_enabled and reads,
            is_muted=self.is_member and self.mute in MUTED,
            is_mentioned=is_mentioned,
            is_quiet=self.quiet in IS_QUIET,
            kind=kind,
            level=self.level if self.is_member else NotificationLevel.MENTIONS,
            preferences=dict.fromkeys(NotificationType, self.switches),
        )


def _cases() -> Iterator[Case]:
    flags = product((True, False), repeat=4)
    places = product(NotificationLevel, MUTES, QUIET, SWITCHES, list(flags))
    for number, (level, mute, quiet, switches, (member, active, enabled, mentioned)) in enumerate(places):
        has_address = number % 3 > 0
        yield Case(f"r-{number:05}", level, mute, quiet, switches, member, active, enabled, mentioned, has_address)


CASES = tuple(_cases())


UNREACHABLE = frozenset(case.agent_id for case in CASES[::5] if not case.is_member and not case.is_mentioned)
"""Agents whom the message mentions although they cannot read it. It addresses nothing to them."""

EMAIL_DELAY = timedelta(minutes=2)


@pytest.mark.parametrize("kind", ChannelKind)
async def test_the_statement_decides_like_the_function(account: Account, kind: ChannelKind) -> None:
    """Also after an edit that removes all mentions. The author, whom their message mentions, gets no row."""
    seat, message = await _scene(account, kind)
    expected = {
        case.agent_id: decide(case.recipient(kind, case.is_mentioned or case.agent_id in UNREACHABLE))
        for case in CASES
        if case.is_mentioned or case.agent_id in UNREACHABLE or (case.is_member and kind in NOTIFIES_MEMBERS)
    }
    async with account.api.pool.transaction(account.account_id) as connection:
        tx = Transaction(connection, AgentToken(account.account_id, "ana", NOW), NOW, EMAIL_DELAY)
        await notify_of_new(tx, seat, message, mentions_agents=True, unreachable_ids=sorted(UNREACHABLE))
        stored = await _stored(connection, account.account_id)
        emails = await connection.fetch(
            "SELECT agent_id, email_state, email_at FROM notifications WHERE account_id = $1", account.account_id
        )
        await connection.fetch("DELETE FROM mentioned_agents WHERE account_id = $1", account.account_id)
        await notify_of_edited(tx, seat, message._replace(revision=2), [])
        edited = await _stored(connection, account.account_id)
        # The workers of other tests must not find e-mails here.
        await connection.fetch("DELETE FROM notifications WHERE account_id = $1", account.account_id)
    assert len(expected) > 1_000
    assert decide(CASES[0].recipient(kind, is_mentioned=True)._replace(is_author=True)).reason == "AUTHOR"
    assert stored == expected
    assert {agent_id: (state, at) for agent_id, state, at in emails} == {
        case.agent_id: _email(case, expected[case.agent_id]) for case in CASES if case.agent_id in expected
    }
    assert edited == {
        case.agent_id: decide(case.recipient(kind, is_mentioned=False))
        for case in CASES
        if case.agent_id in expected and kind in NOTIFIES_MEMBERS
    }


async def _stored(connection: Connection, account_id: str) -> dict[str, Decision]:
    records = await connection.fetch(
        "SELECT agent_id, reason, type, alert, bell, email FROM notifications WHERE account_id = $1", account_id
    )
    return {
        agent_id: Decision(NotificationReason(reason), type and NotificationType(type), alert, bell, email)
        for agent_id, reason, type, alert, bell, email in records
    }


def _email(case: Case, decision: Decision) -> tuple[str, datetime | None]:
    """Returns the state of the e-mail about the new message, and when it is due."""
    if not decision.email or not case.has_address:
        return "NONE", None
    is_direct = decision.type == NotificationType.DIRECT_MESSAGE
    return "WAITING", NOW + (EMAIL_DELAY / 2 if is_direct else EMAIL_DELAY)


def test_the_conditions_are_checked_in_the_order_of_the_chart() -> None:
    everything = NotificationLevel.EVERYTHING
    ordinary = Recipient(
        is_author=False,
        is_active=True,
        has_access=True,
        is_muted=False,
        is_mentioned=True,
        is_quiet=False,
        kind=ChannelKind.PRIVATE,
        level=everything,
    )
    off = {NotificationType.MENTION: Switches(bell=False, email=False)}
    facts: list[tuple[dict[str, object], NotificationReason]] = [
        ({"is_quiet": True}, NotificationReason.QUIET_HOURS),
        ({"preferences": off}, NotificationReason.PREFERENCE_OFF),
        ({"level": NotificationLevel.NOTHING}, NotificationReason.LEVEL),
        ({"is_muted": True}, NotificationReason.MUTED),
        ({"has_access": False}, NotificationReason.NO_ACCESS),
        ({"is_active": False}, NotificationReason.INACTIVE),
        ({"is_author": True}, NotificationReason.AUTHOR),
    ]
    recipient = ordinary
    assert decide(recipient).reason == NotificationReason.MENTIONED
    for changed, reason in facts:
        recipient = recipient._replace(**changed)  # type: ignore[arg-type]
        assert decide(recipient).reason == reason


def test_a_message_that_mentions_nobody_alerts_in_an_ordinary_channel_and_writes_nothing() -> None:
    recipient = Recipient(
        is_author=False,
        is_active=True,
        has_access=True,
        is_muted=False,
        is_mentioned=False,
        is_quiet=False,
        kind=ChannelKind.PUBLIC,
        level=NotificationLevel.EVERYTHING,
    )
    assert decide(recipient) == Decision(NotificationReason.EVERYTHING, alert=True)
    assert decide(recipient._replace(is_quiet=True)) == Decision(NotificationReason.QUIET_HOURS)
    assert decide(recipient._replace(level=NotificationLevel.MENTIONS)) == Decision(NotificationReason.LEVEL)


@pytest.mark.parametrize(
    ("times", "end"),
    [
        (QUIET["never"], NOW),
        (QUIET["until"], LATER),
        (QUIET["morning"], datetime(2026, 11, 27, 13, 0, tzinfo=UTC)),
        (QUIET["night before"], datetime(2026, 11, 27, 12, 30, tzinfo=UTC)),
        (QuietTimes(datetime(2026, 11, 27, 12, 30, tzinfo=UTC), MORNING), datetime(2026, 11, 27, 13, 0, tzinfo=UTC)),
        (
            QuietTimes(None, MORNING._replace(from_time=time(0), until_time=time(0))),
            datetime(2026, 11, 28, 3, tzinfo=UTC),
        ),
    ],
)
def test_the_end_of_quiet_times(times: QuietTimes, end: datetime) -> None:
    assert times.end(NOW) == end
    assert not times.is_quiet(end)


def test_the_end_is_not_in_the_past_when_clocks_go_back() -> None:
    """In New York, the hour from 01:00 occurs twice on this day."""
    times = QuietTimes(None, QuietHoursRow("America/New_York", ["SATURDAY"], time(22), time(1, 30)))
    second_occurrence = datetime(2026, 11, 1, 6, 15, tzinfo=UTC)
    assert times.is_quiet(second_occurrence)
    assert times.end(second_occurrence) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


ZONES = ("UTC", "America/Sao_Paulo", "America/New_York", "Europe/Lisbon", "Australia/Lord_Howe", "Asia/Kathmandu")
WINDOWS = st.builds(
    QuietHoursRow,
    st.sampled_from(ZONES),
    st.lists(st.sampled_from([day.value for day in Weekday]), min_size=1, max_size=4, unique=True),
    st.times().map(lambda given: given.replace(second=0, microsecond=0)),
    st.times().map(lambda given: given.replace(second=0, microsecond=0)),
)
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(WINDOWS, INSTANTS)
def test_the_end_is_later_and_not_quiet(window: QuietHoursRow, now: datetime) -> None:
    times = QuietTimes(None, window)
    end = times.end(now)
    assert not times.is_quiet(end)
    assert (end > now) == times.is_quiet(now)


async def test_hours_in_sql_equal_those_in_python_at_any_time(account: Account) -> None:
    """Also around the changes of the clocks, and in a time zone that is not known, which is never quiet."""
    async with account.api.pool.connection(None) as connection:

        async def check(window: QuietHoursRow, now: datetime) -> None:
            (quiet,) = await connection.fetch(IN_SQL, *window, now)
            assert bool(quiet[0]) == QuietTimes(None, window).is_quiet(now), (window, now)

        for number in range(2_000):
            window, now = SAMPLES[number]
            await check(window, now)
        unknown = MORNING._replace(time_zone="Mars/Olympus")
        assert not QuietTimes(None, unknown).is_quiet(NOW)
        await check(unknown, NOW)


IN_SQL = f"""
SELECT {IS_QUIET_HOUR}
  FROM (
        SELECT $2::text[] AS days, $3::time AS from_time, $4::time AS until_time, local_time($5, $1::text) AS now
       ) AS quiet_hours
"""


def _samples() -> Iterator[tuple[QuietHoursRow, datetime]]:
    """Yields windows and times, half of them within hours of a change of the clocks."""
    chosen = random.Random(1)
    changes = [
        datetime(2026, 3, 8, 7, tzinfo=UTC),
        datetime(2026, 11, 1, 6, tzinfo=UTC),
        datetime(2026, 10, 25, 1, tzinfo=UTC),
    ]
    while True:
        near = chosen.choice(changes) if chosen.random() < 0.5 else NOW + timedelta(days=chosen.randrange(400))
        days = chosen.sample([day.value for day in Weekday], chosen.randint(1, 4))
        begin, end = (time(chosen.randrange(24), chosen.choice((0, 15, 30))) for _ in range(2))
        yield (
            QuietHoursRow(chosen.choice(ZONES), days, begin, end),
            near + timedelta(minutes=chosen.randrange(-300, 300)),
        )


SAMPLES = list(islice(_samples(), 2_000))


def test_quiet_hours_of_the_whole_week_end_somewhere() -> None:
    always = QuietTimes(None, QuietHoursRow("UTC", [day.value for day in Weekday], time(0), time(0)))
    assert always.end(NOW) > NOW + timedelta(days=6)


async def _scene(account: Account, kind: ChannelKind) -> tuple[Seat, MessageRow]:
    """Writes the agents of all cases, a channel of this kind, and a message of ana in it."""
    account_id, channel_id, message_id = account.account_id, uuid4(), uuid4()
    await account.ana.mutate("updateChatAccountSettings", "settings { id }", enabledRoles=["ADMINISTRATOR"])
    direct = kind == ChannelKind.DIRECT
    channel = Channel(
        account_id=account_id,
        channel_id=channel_id,
        kind=kind,
        name=None if direct else "Canal",
        direct_low="ana" if direct else None,
        direct_high="bruno" if direct else None,
        created_by="ana",
        created_at=NOW,
        last_activity_at=NOW,
    )
    message = Message(
        account_id=account_id,
        message_id=message_id,
        channel_id=channel_id,
        seq=1,
        post_number=1,
        author_id="ana",
        body="Olá",
        created_at=NOW,
    )
    async with AsyncSession(account.api.engine) as session, session.begin():
        for rows in ([_agent(account_id, case) for case in CASES], [channel], [message]):
            session.add_all(rows)
            await session.flush()
        session.add_all(_author(account_id, channel_id, message_id))
        for case in CASES:
            session.add_all(_settings(account_id, case))
            if case.is_member:
                muted, until = MUTES[case.mute]
                session.add(
                    Member(
                        account_id=account_id,
                        channel_id=channel_id,
                        agent_id=case.agent_id,
                        joined_at=NOW,
                        notification_level=case.level,
                        muted=muted,
                        muted_until=until,
                    )
                )
            if case.is_mentioned:
                session.add(
                    MentionedAgent(
                        account_id=account_id,
                        agent_id=case.agent_id,
                        channel_id=channel_id,
                        seq=1,
                        message_id=message_id,
                        revision=1,
                    )
                )
        channel_row, message_row = row_of(ChannelRow, channel), row_of(MessageRow, message)
    return Seat(make_agent("ana"), channel_row, None, author=False, peer=None), message_row


def _author(account_id: str, channel_id: UUID, message_id: UUID) -> Iterator[Member | MentionedAgent]:
    """Yields the membership of the author, and the mention of them in their own message."""
    yield Member(account_id=account_id, channel_id=channel_id, agent_id="ana", joined_at=NOW)
    yield MentionedAgent(
        account_id=account_id, agent_id="ana", channel_id=channel_id, seq=1, message_id=message_id, revision=1
    )


def _agent(account_id: str, case: Case) -> Agent:
    role = AgentRole.ADMINISTRATOR if case.is_enabled else AgentRole.AGENT
    until = QUIET[case.quiet].until
    return Agent(
        account_id=account_id,
        agent_id=case.agent_id,
        name=case.agent_id,
        sort_name=case.agent_id,
        role=role,
        active=case.is_active,
        email=f"{case.agent_id}@example.com" if case.has_address else None,
        do_not_disturb_until=until,
    )


def _settings(account_id: str, case: Case) -> Iterator[NotificationPreference | QuietHours]:
    for type in NotificationType if case.switches != ALL_ON else ():
        yield NotificationPreference(
            account_id=account_id, agent_id=case.agent_id, type=type, **case.switches._asdict()
        )
    hours = QUIET[case.quiet].hours
    if hours is not None:
        yield QuietHours(account_id=account_id, agent_id=case.agent_id, **hours._asdict())
