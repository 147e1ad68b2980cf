"""Running an import in the process of the test."""

from pathlib import Path

from rich.console import Console

from chat.ports import Chat
from server.clock import SystemClock
from server.file_store import open_files
from server.slack_import import Permalinks
from sources.registry import build_sources
from tests.support.api import Account, AgentClient, Json
from tests.transfer.slack.export_files import Export
from transfer.progress import PlainProgress
from transfer.slack.importing import ImportRequest, import_slack
from transfer.slack.report import Report


async def import_export(
    account: Account, export: Export, folder: Path, csv: str | None = None, report: Path | None = None
) -> Report:
    agents = folder / "agents.csv"
    if csv is not None:
        agents.write_text(csv, "utf-8")
    path = export.write(folder / "export.zip")
    request = ImportRequest(path, account.account_id, agents if csv is not None else None, report)
    return await import_file(account, request)


async def import_file(account: Account, request: ImportRequest) -> Report:
    settings = account.api.settings
    files = open_files(settings)
    chat = Chat(account.api.pool, SystemClock(), account.api.hub, build_sources({}, {}), files)
    return await import_slack(chat, Permalinks(settings.url), request, PlainProgress(Console(quiet=True)))


async def channel_named(agent: AgentClient, name: str) -> str:
    """Returns the id of the only channel with this name that the agent can see in lists or manages."""
    query = """query ($name: String) {
        viewer: chatViewer { agent { id } }
        mine: chatChannels(first: 100) { nodes { id name } }
        archived: chatChannels(first: 100, archived: true) { nodes { id name } }
        others: discoverChatChannels(query: $name, first: 100) { nodes { id name } }
    }"""
    found = await agent.query(query, name=name)
    nodes: list[Json] = [node for each in ("mine", "archived", "others") for node in found[each]["nodes"]]
    (id,) = {node["id"] for node in nodes if node["name"] == name}
    return str(id)
