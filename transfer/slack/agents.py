"""The directory's agents, and which of them the people of the workspace are."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from chat.identity import IMPORTED_PREFIX
from chat.operation import Transaction, operation
from models.statements import sql
from transfer.errors import TransferFailed
from transfer.slack.export import SlackUser
from transfer.slack.report import Reason, Report

ERRORS_SHOWN = 20

_ACCOUNT = sql(
    """
    SELECT EXISTS (SELECT FROM account_imports WHERE account_id = :account_id)
      FROM accounts
     WHERE account_id = :account_id
    """
)
_AGENTS = sql(
    f"""
    SELECT agent_id, name, coalesce(email, ''), active
      FROM agents
     WHERE account_id = :account_id AND NOT starts_with(agent_id, '{IMPORTED_PREFIX}')
    """  # noqa: S608
)


class DirectoryPerson(NamedTuple):
    agent_id: str
    name: str
    email: str
    active: bool


@operation
async def read_directory(tx: Transaction) -> dict[str, DirectoryPerson]:
    """Raises TransferFailed for an unknown account, and for one whose own import is not complete."""
    is_being_imported = await tx.fetch_value(_ACCOUNT)
    if is_being_imported is None:
        raise TransferFailed(f"There is no account {tx.account_id}.")
    if is_being_imported:
        raise TransferFailed(f"The import of the account {tx.account_id} is not complete: complete it first.")
    people = [DirectoryPerson(*row) for row in await tx.fetch(_AGENTS)]
    return {person.agent_id: person for person in people}


class Assignment(NamedTuple):
    """A row of the CSV file: the Slack user with this id or this e-mail address is the agent."""

    slack_user_id: str
    email: str
    agent_id: str


def read_assignments(path: Path | None, directory: Mapping[str, DirectoryPerson]) -> list[Assignment]:
    """Returns the rows of the CSV file; none without a file. Raises TransferFailed with the numbers of wrong lines."""
    if path is None:
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            _check_columns(path, reader.fieldnames or [])
            rows = [(reader.line_num, _assignment(row)) for row in reader]
    except OSError as error:
        raise TransferFailed(f"{path} cannot be read: {error.strerror}.") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise TransferFailed(f"{path} is not a CSV file in UTF-8: {error}.") from None
    _check_rows(path, rows, directory)
    return [assignment for _, assignment in rows]


def assigned_agents(
    users: Sequence[SlackUser],
    assignments: Sequence[Assignment],
    directory: Mapping[str, DirectoryPerson],
    report: Report,
) -> dict[str, DirectoryPerson]:
    """Returns the agents by the ids of the Slack users whom they are: by the CSV file, otherwise by the e-mail
    address."""
    by_id = {row.slack_user_id: row.agent_id for row in assignments if row.slack_user_id}
    by_email = {row.email: row.agent_id for row in assignments if row.email}
    in_directory: dict[str, list[DirectoryPerson]] = defaultdict(list)
    for person in directory.values():
        in_directory[_folded(person.email)].append(person)
    found: dict[str, DirectoryPerson] = {}
    for user in users:
        email = _folded(user.email)
        agent_id = by_id.get(user.id) or (by_email.get(email) if email else None)
        candidates = [directory[agent_id]] if agent_id else in_directory[email] if email else []
        if len(candidates) == 1:
            found[user.id] = candidates[0]
        elif candidates:
            report.add(Reason.AMBIGUOUS_EMAIL, user.id, user.email)
    return found


def _check_columns(path: Path, columns: Sequence[str]) -> None:
    if "agent_id" not in columns or not {"slack_user_id", "email"} & set(columns):
        raise TransferFailed(f"The first line of {path} must name the columns: agent_id, and slack_user_id or email.")


def _assignment(row: Mapping[str, str | None]) -> Assignment:
    values = {name: (row.get(name) or "").strip() for name in Assignment._fields}
    return Assignment(values["slack_user_id"], _folded(values["email"]), values["agent_id"])


def _check_rows(path: Path, rows: Sequence[tuple[int, Assignment]], directory: Mapping[str, DirectoryPerson]) -> None:
    errors = list(_wrong_rows(rows, directory))
    if errors:
        more = [f"and {len(errors) - ERRORS_SHOWN} more"] if len(errors) > ERRORS_SHOWN else []
        raise TransferFailed("\n".join([f"{path} cannot be used:", *errors[:ERRORS_SHOWN], *more]))


def _wrong_rows(rows: Sequence[tuple[int, Assignment]], directory: Mapping[str, DirectoryPerson]) -> Iterator[str]:
    agents: dict[str, str] = {}
    for line, row in rows:
        keys = [key for key in (row.slack_user_id, row.email) if key]
        if not keys:
            yield f"line {line}: slack_user_id or email is missing"
        if row.agent_id not in directory:
            yield f"line {line}: the account has no agent {row.agent_id!r}"
        for key in keys:
            if agents.setdefault(key, row.agent_id) != row.agent_id:
                yield f"line {line}: {key} is another agent in a line before"


def _folded(email: str) -> str:
    return email.strip().casefold()
