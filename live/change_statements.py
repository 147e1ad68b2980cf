"""The statements that read the order of changes."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Select,
    TableValuedAlias,
    Text,
    and_,
    any_,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    text,
    true,
    union,
    union_all,
)
from sqlalchemy.dialects.postgresql import array
from sqlmodel import col

from chat.change_kinds import ADDRESSING_KINDS, PEOPLE_KINDS
from live.addresses import ADDRESS_TABLES, AddressKind
from models import AccountClock, Change, ChangedAgent, Member
from models.columns import ACCOUNT_ID, IDENTIFIER, TEXT_ARRAY, is_one_of, is_one_of_members
from models.enums import ChangeKind
from models.rows import ChangeRow, columns
from models.statements import Statement, keys_table, one_row, rows_of_keys

BATCH = 500
"""How many changes are read at a time."""


def is_in_days(table: type[Change] | type[ChangedAgent]) -> ColumnElement[bool]:
    """Returns the condition that excludes the partitions before `first_day` and after `last_day`."""
    return and_(
        col(table.day) >= bindparam("first_day", type_=Date), col(table.day) <= bindparam("last_day", type_=Date)
    )


def _select_scope() -> Select[*tuple[Any, ...]]:
    """Returns a SELECT of the changes in (after, upto] of the channels `ids`, of the agent and of the account, and of
    messages that are addressed to the agent in one of the ways `address_kinds`.

    LATERAL reads one index range per channel: `channel_id IN (…)` over many channels took eighteen times as long.
    """
    is_in_range = and_(
        col(Change.account_id) == ACCOUNT_ID,
        is_in_days(Change),
        col(Change.change) > bindparam("after"),
        col(Change.change) <= bindparam("upto"),
    )
    keys = keys_table(id=IDENTIFIER)
    of_channel = select(col(Change.change)).where(is_in_range, col(Change.channel_id) == keys.c.id)
    in_channel = _limited(of_channel).lateral("in_channel")
    of_channels = select(in_channel.c.change).select_from(keys).join(in_channel, true())
    of_agent = select(col(ChangedAgent.change)).where(
        col(ChangedAgent.account_id) == ACCOUNT_ID,
        is_in_days(ChangedAgent),
        col(ChangedAgent.agent_id) == bindparam("agent_id"),
        col(ChangedAgent.change) > bindparam("after"),
        col(ChangedAgent.change) <= bindparam("upto"),
    )
    of_account = select(col(Change.change)).where(
        is_in_range,
        col(Change.channel_id).is_(None),
        is_one_of_members(col(Change.kind), [ChangeKind.SETTINGS_CHANGED]),
    )
    of_members = select(col(Change.change)).where(
        is_in_range,
        col(Change.channel_id).is_(None),
        is_one_of_members(col(Change.kind), PEOPLE_KINDS),
        _changed_members().where(is_one_of(col(Member.channel_id), "ids")).exists(),
    )
    branches = [select(_limited(branch).subquery().c.change) for branch in (of_agent, of_account, of_members)]
    of_addresses = [_select_addressing_changes(kind, is_in_range) for kind in AddressKind]
    numbers = union(of_channels, *branches, *of_addresses).subquery()
    # MATERIALIZED makes the planner find the numbers first, through the ranges, whatever it estimates for their rows.
    page = _limited(select(numbers.c.change)).cte("page").prefix_with("MATERIALIZED")
    change = one_row(
        select(*columns(ChangeRow)).where(
            col(Change.account_id) == ACCOUNT_ID, is_in_days(Change), col(Change.change) == page.c.change
        ),
        "change",
    )
    return select(*change.c).select_from(page).join(change, true()).order_by(change.c.change)


def _changed_members() -> Select[*tuple[Any, ...]]:
    """Returns a SELECT of the memberships of the agents whom a change is about."""
    return (
        select(literal_column("1"))
        .select_from(ChangedAgent)
        .join(
            Member,
            and_(
                col(Member.account_id) == col(ChangedAgent.account_id),
                col(Member.agent_id) == col(ChangedAgent.agent_id),
            ),
        )
        .where(
            col(ChangedAgent.account_id) == ACCOUNT_ID,
            is_in_days(ChangedAgent),
            col(ChangedAgent.change) == col(Change.change),
        )
        .correlate(Change)
    )


def _select_channels() -> Select[*tuple[Any, ...]]:
    """Returns a SELECT of the pairs of one of `changes` and one of `ids` in which the change is about a member of the
    channel. LIMIT makes the planner stop at the first member of each channel."""
    keys = keys_table(id=IDENTIFIER)
    member = (
        _changed_members().where(col(Member.channel_id) == keys.c.id).correlate(Change, keys).limit(1).lateral("member")
    )
    return (
        select(col(Change.change), keys.c.id)
        .select_from(Change)
        .join(keys, true())
        .join(member, true())
        .where(col(Change.account_id) == ACCOUNT_ID, is_in_days(Change), is_one_of(col(Change.change), "changes"))
    )


def _select_addressing_changes(kind: AddressKind, is_in_range: ColumnElement[bool]) -> Select[int]:
    """Returns a SELECT of the changes that are the first to address a message to the agent in this way, if it is one
    of `address_kinds`. LIMIT makes the planner look up each change by its message instead of reading all messages that
    were ever addressed to the agent."""
    table = ADDRESS_TABLES[kind].table
    is_addressed = and_(
        col(table.account_id) == ACCOUNT_ID,
        col(table.message_id) == col(Change.message_id),
        col(table.agent_id) == bindparam("agent_id"),
        col(table.revision) == col(Change.revision),
        ADDRESS_TABLES[kind].condition,
    )
    address: Select[Any] = select(literal_column("1")).select_from(table).where(is_addressed).limit(1).correlate(Change)
    changes = (
        select(col(Change.change))
        .join(address.lateral("address"), true())
        .where(
            literal(kind.value) == any_(bindparam("address_kinds", type_=TEXT_ARRAY)),
            is_in_range,
            is_one_of_members(col(Change.kind), ADDRESSING_KINDS),
        )
    )
    return select(_limited(changes).subquery().c.change)


def _select_agents() -> Select[*tuple[Any, ...]]:
    keys = keys_table(change=BigInteger)
    has_key = and_(
        col(ChangedAgent.account_id) == ACCOUNT_ID, is_in_days(ChangedAgent), col(ChangedAgent.change) == keys.c.change
    )
    return rows_of_keys(keys, select(col(ChangedAgent.change), col(ChangedAgent.agent_id)).where(has_key))


def _select_addressees(kind: AddressKind) -> Select[*tuple[Any, ...]]:
    """Returns a SELECT of the agents to whom the messages are addressed in this way, as one array per message and first
    revision: an announcement has thousands of them."""
    table, keys = ADDRESS_TABLES[kind].table, keys_table(message_id=IDENTIFIER)
    agents = (
        select(_name(kind), col(table.message_id), col(table.revision), func.array_agg(col(table.agent_id)))
        .where(_addresses_message(kind, keys))
        .group_by(col(table.message_id), col(table.revision))
    )
    return rows_of_keys(keys, agents)


def _select_addresses_of_agent(kind: AddressKind) -> Select[*tuple[Any, ...]]:
    """Returns a SELECT of those of the messages that are addressed to the agent in this way, in the same columns."""
    table, keys = ADDRESS_TABLES[kind].table, keys_table(message_id=IDENTIFIER)
    agent = select(
        _name(kind), col(table.message_id), col(table.revision), array([bindparam("agent_id", type_=Text)])
    ).where(_addresses_message(kind, keys), col(table.agent_id) == bindparam("agent_id"))
    return rows_of_keys(keys, agent)


def _addresses_message(kind: AddressKind, keys: TableValuedAlias) -> ColumnElement[bool]:
    table, condition = ADDRESS_TABLES[kind].table, ADDRESS_TABLES[kind].condition
    return and_(col(table.account_id) == ACCOUNT_ID, col(table.message_id) == keys.c.message_id, condition)


def _name(kind: AddressKind) -> ColumnElement[str]:
    return literal(kind.value).label("kind")


def _limited(numbers: Select[int]) -> Select[int]:
    """Limits each branch of the union to the size of a batch."""
    return numbers.order_by(text("change")).limit(BATCH)


NEXT = Statement(
    select(*columns(ChangeRow))
    .where(col(Change.account_id) == ACCOUNT_ID, is_in_days(Change), col(Change.change) > bindparam("after"))
    .order_by(col(Change.change))
    .limit(BATCH)
)
SCOPE = Statement(_select_scope())
CLOCKS = Statement(
    select(
        col(AccountClock.account_id),
        col(AccountClock.change),
        col(AccountClock.day),
        func.greatest(col(AccountClock.day), literal_column("CAST(now() AT TIME ZONE 'UTC' AS date)"), type_=Date),
    ).where(is_one_of(col(AccountClock.account_id), "account_ids"))
)
CHANNELS_OF_MEMBERS = Statement(_select_channels())
AGENTS = Statement(_select_agents())
CHANGES_OF_AGENT = Statement(
    select(col(ChangedAgent.change)).where(
        col(ChangedAgent.account_id) == ACCOUNT_ID,
        is_in_days(ChangedAgent),
        col(ChangedAgent.agent_id) == bindparam("agent_id"),
        is_one_of(col(ChangedAgent.change), "changes"),
    )
)
DAY = Statement(
    select(col(Change.day)).where(
        col(Change.account_id) == ACCOUNT_ID, is_in_days(Change), col(Change.change) == bindparam("change")
    )
)
ADDRESSEES = Statement(union_all(*map(_select_addressees, AddressKind)))
ADDRESSES_OF_AGENT = Statement(union_all(*map(_select_addresses_of_agent, AddressKind)))
