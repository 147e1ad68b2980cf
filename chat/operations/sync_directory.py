"""The directory sync: the platform sends an account's agents and teams.

It is an idempotent upsert: sending the same data again changes nothing, and agents and teams that are not sent remain
unchanged. Rows that do not change are not locked. The number of statements does not depend on the number of agents. An
advisory lock serializes the calls of each account. No channel is locked: what follows for the channels of agents who
are activated or deactivated is done afterwards (`chat.operations.activations`).
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from chat.audit import AuditRecord, each_or_count
from chat.directory import Directory, DirectoryAgent, Skipped, applicable, check_directory
from chat.directory_rows import (
    DirectoryCounts,
    read_agents,
    read_counts,
    write_account,
    write_agents,
    write_teams,
)
from chat.errors import DenialCode, Denied, RefusalCode, Refused
from chat.identity import DirectoryToken, Identity
from chat.operation import Transaction, operation
from chat.operations.activations import apply_activations, list_activations
from chat.ports import Chat, presence_signals
from models.enums import AuditAction, ChangeKind
from models.rows import AgentRow
from models.statements import sql

ACTIVATION_SECONDS = 1.0
"""How long the sync itself updates the channels of activated and deactivated agents. The server completes the rest in
the background."""

_ONE_AT_A_TIME = sql("SELECT pg_advisory_xact_lock(hashtextextended(:account_id, 0))")
_IS_IMPORTED = sql("SELECT FROM account_imports WHERE account_id = :account_id")


class Synced(NamedTuple):
    """The account after the sync, and the parts of the directory that were not applied."""

    counts: DirectoryCounts
    skipped: Sequence[Skipped]


async def sync_directory(chat: Chat, identity: Identity, directory: Directory) -> Synced:
    """Raises Denied without a service token, Refused for a directory of which nothing can be applied."""
    synced = await write_directory(chat, identity, directory)
    with suppress(TimeoutError):
        async with asyncio.timeout(ACTIVATION_SECONDS):
            await apply_activations(chat, identity)
    return synced


@operation
async def write_directory(tx: Transaction, directory: Directory) -> Synced:
    """Does what `sync_directory` does except for the channels, which `apply_activations` updates."""
    check_directory_service(tx)
    check_directory(directory)
    await tx.fetch(_ONE_AT_A_TIME)
    if await tx.fetch(_IS_IMPORTED):
        raise Refused(RefusalCode.CONFLICT, "The account is being imported. Send the directory again afterwards.")
    known = await read_agents(tx)
    directory, skipped = applicable(directory, known)
    activated = [agent.agent_id for agent in directory.agents if agent.active and not _was_active(known, agent)]
    deactivated = [agent.agent_id for agent in directory.agents if not agent.active and _was_active(known, agent)]

    await write_account(tx, directory.account_name)
    await write_agents(tx, directory.agents)
    await write_teams(tx, directory.teams)
    _announce_agents(tx, directory.agents, known)
    await list_activations(tx, [*activated, *deactivated])
    return Synced(await read_counts(tx), skipped)


def check_directory_service(tx: Transaction) -> None:
    if not isinstance(tx.identity, DirectoryToken):
        raise Denied(DenialCode.FORBIDDEN, "Only a service token with the scope `directory` can do this.")


def _was_active(known: dict[str, AgentRow], agent: DirectoryAgent) -> bool:
    before = known.get(agent.agent_id)
    return before is not None and before.active


def _announce_agents(tx: Transaction, agents: Sequence[DirectoryAgent], known: dict[str, AgentRow]) -> None:
    changed: dict[ChangeKind, list[str]] = defaultdict(list)
    records: dict[AuditAction, list[AuditRecord]] = defaultdict(list)
    for agent in agents:
        before = known.get(agent.agent_id)
        kind = _kind_of_change(before, agent)
        if kind is not None:
            changed[kind].append(agent.agent_id)
        for record in _audit_records(before, agent):
            records[record.action].append(record)
    for kind, agent_ids in changed.items():
        tx.announce(kind, agent_ids=agent_ids)
        tx.signals.extend(presence_signals(tx.account_id, agent_ids))
    for of_action in records.values():
        tx.audit(*each_or_count(of_action))


def _audit_records(before: AgentRow | None, agent: DirectoryAgent) -> Iterator[AuditRecord]:
    """Yields the records of an agent: added, activated or deactivated, in another role."""
    id, role = agent.agent_id, agent.role.value
    if before is None:
        yield AuditRecord(AuditAction.AGENT_ADDED, None, agent_id=id, after=role)
        return
    if before.active != agent.active:
        action = AuditAction.AGENT_REACTIVATED if agent.active else AuditAction.AGENT_DEACTIVATED
        yield AuditRecord(action, None, agent_id=id)
    if before.role != agent.role:
        yield AuditRecord(AuditAction.AGENT_ROLE_CHANGED, None, agent_id=id, before=before.role.value, after=role)


def _kind_of_change(before: AgentRow | None, agent: DirectoryAgent) -> ChangeKind | None:
    if before is None:
        return ChangeKind.AGENT_ADDED
    if before.active != agent.active:
        return ChangeKind.AGENT_REACTIVATED if agent.active else ChangeKind.AGENT_DEACTIVATED
    if (before.name, before.avatar_url, before.role) != (agent.name, agent.avatar_url, agent.role):
        return ChangeKind.AGENT_CHANGED
    return None
