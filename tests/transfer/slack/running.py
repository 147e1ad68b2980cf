"""Running an import in the process of the test."""

from pathlib import Path

from rich.console import Console

from chat.ports import Chat
from schema.ids import Prefix, public_id
from server.clock import SystemClock
from server.file_store import open_files
from server.slack_import import Permalinks
from sources.registry import build_sources
from tests.support.api import Account
from tests.transfer.slack.export_files import NOON, TEAM, Export
from transfer.progress import PlainProgress
from transfer.slack.identifiers import Workspace
from transfer.slack.importing import ImportRequest, import_slack
from transfer.slack.report import Report

MICROSECONDS = 1_000_000


async def import_export(
    account: Account, export: Export, folder: Path, csv: str | None = None, report: Path | None = None
) -> Report:
    agents = folder / "agents.csv"
    if csv is not None:
        agents.write_text(csv, "utf-8")
    path = export.write(folder / "export.zip")
    return await import_file(account, ImportRequest(path, account.account_id, agents if csv else None, report))


async def import_file(account: Account, request: ImportRequest) -> Report:
    settings = account.api.settings
    files = open_files(settings)
    chat = Chat(account.api.pool, SystemClock(), account.api.hub, build_sources({}, {}), files)
    return await import_slack(chat, Permalinks(settings.url), request, PlainProgress(Console(quiet=True)))


def channel_id(account: Account, slack_id: str) -> str:
    """Returns the API's id of an imported channel."""
    workspace = Workspace(account.account_id, TEAM)
    return public_id(Prefix.CHANNEL, workspace.channel_id(slack_id, (NOON - 100) * MICROSECONDS))


def message_id(account: Account, slack_channel_id: str, seconds: int) -> str:
    """Returns the API's id of an imported message."""
    workspace = Workspace(account.account_id, TEAM)
    return public_id(Prefix.MESSAGE, workspace.message_id(slack_channel_id, (NOON + seconds) * MICROSECONDS))
