"""Statements are built once, take exactly their parameters, and raise errors without values."""

import pytest
from asyncpg.exceptions import PostgresError
from sqlalchemy import Text, bindparam, select
from sqlmodel import col

from models import Agent
from models.columns import ACCOUNT_ID, is_one_of_members
from models.enums import AgentRole
from models.statements import FilteredStatement, Statement, sql
from tests.support.api import Account

AGENTS = FilteredStatement(
    lambda conditions: (
        select(col(Agent.agent_id))
        .where(col(Agent.account_id) == ACCOUNT_ID, *conditions)
        .order_by(col(Agent.agent_id))
        .limit(bindparam("limit"))
    ),
    col(Agent.name) == bindparam("name"),
    (col(Agent.agent_id) > bindparam("after")) & (col(Agent.agent_id) < bindparam("before")),
)
ADMINISTRATORS = Statement(
    select(col(Agent.agent_id)).where(
        col(Agent.account_id) == ACCOUNT_ID,
        col(Agent.role) == AgentRole.ADMINISTRATOR,
        is_one_of_members(col(Agent.role), [AgentRole.ADMINISTRATOR, AgentRole.AGENT]),
    )
)
DIVIDE = sql("SELECT CAST(CAST(:value AS text) AS integer)")
INSERT_TWICE = sql(
    "INSERT INTO personal_notes (account_id, agent_id, channel_id, note) VALUES (:account_id, 'a', NULL, :note)",
    note=Text,
)


async def test_parameters_have_names_and_constants_are_part_of_the_statement(account: Account) -> None:
    async with account.api.pool.connection(None) as connection:
        records = await ADMINISTRATORS.fetch(connection, account_id=account.account_id)
    assert [agent_id for (agent_id,) in records] == ["ana"]


@pytest.mark.parametrize("parameters", [{}, {"account_id": "1", "agent_id": "ana"}], ids=["missing", "unknown"])
async def test_other_parameters_are_an_error(account: Account, parameters: dict[str, str]) -> None:
    async with account.api.pool.connection(None) as connection:
        with pytest.raises(AssertionError):
            await ADMINISTRATORS.fetch(connection, **parameters)


@pytest.mark.parametrize(
    ("name", "after", "before", "found"),
    [
        (None, None, None, ["ana", "bruno", "carla"]),
        ("Carla", None, None, ["carla"]),
        (None, "ana", "d", ["bruno", "carla"]),
        ("Ana", "ana", "d", []),
    ],
)
async def test_conditions_without_values_are_omitted(
    account: Account, name: str | None, after: str | None, before: str | None, found: list[str]
) -> None:
    async with account.api.pool.connection(None) as connection:
        records = await AGENTS.fetch(
            connection, account_id=account.account_id, name=name, after=after, before=before, limit=3
        )
    assert [agent_id for (agent_id,) in records] == found


@pytest.mark.parametrize(
    ("statement", "parameters"),
    [
        (DIVIDE, {"value": "a secret"}),
        (INSERT_TWICE, {"account_id": "1", "note": "a secret"}),
        (DIVIDE, {"value": b"a secret"}),
    ],
    ids=["rejected by PostgreSQL", "a row that violates a constraint", "rejected by the driver"],
)
async def test_errors_contain_no_values(account: Account, statement: Statement, parameters: dict[str, object]) -> None:
    async with account.api.pool.connection(None) as connection:
        with pytest.raises(PostgresError) as raised:
            await statement.fetch(connection, **parameters)
    assert "secret" not in repr(raised.value) + str(raised.value)
    assert raised.value.__suppress_context__
