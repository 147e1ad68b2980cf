"""The commands that check the server's configuration, and a source module. They import what they need when they run."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from server.failures import OPERATIONAL_ERRORS, BrokerUnreachable, StorageUnreachable, fail
from server.misconfigured import Misconfigured
from server.settings import Settings, read_settings

if TYPE_CHECKING:
    from sources.findings import Finding


def check() -> None:
    """Check settings, trusted documents, database, migrations, broker and storage, in this order.

    Exits with 1 at the first failure.
    """
    try:
        settings = read_settings()
        _print_result("settings", f"{'the demo, ' if settings.is_demo else ''}{settings.url}")
        if settings.documents is not None:
            _print_result("documents", f"{_check_documents(settings.documents)} trusted, all valid")

        from live.broadcast import broker_answers
        from server.logs import disable_logging
        from server.postgres.database import open_database, server_version
        from server.postgres.migrate import require_head

        disable_logging()
        with open_database(settings) as database:
            _print_result("database", f"PostgreSQL {asyncio.run(server_version(database.url))}")
            _print_result("migrations", f"at revision {require_head(database.url)}, the newest")
            if not asyncio.run(broker_answers(settings.broadcast_address(database.url))):
                raise BrokerUnreachable("The broker of CHAT_BROADCAST_URL does not answer.")
            _print_result("broker", f"{settings.broadcast_url.partition(':')[0]}, a message came back")
            _check_storage(settings)
            _print_result("storage", "a file was written, read and deleted")
    except (Misconfigured, *OPERATIONAL_ERRORS) as error:
        fail(error, 1)


def _check_documents(folder: Path) -> int:
    """Returns the number of trusted documents. Raises Misconfigured."""
    from server.http.documents import valid_trusted_documents
    from server.http.trusted_documents import read_trusted_documents
    from server.schema import schema as graphql_schema

    documents = read_trusted_documents(folder)
    valid_trusted_documents(graphql_schema._schema, documents)
    return len(documents)


def _check_storage(settings: Settings) -> None:
    """Raises Misconfigured or StorageUnreachable."""
    from chat.ports import FilesUnavailable
    from server.file_store import check_storage, open_files

    try:
        check_storage(open_files(settings))
    except FilesUnavailable:
        raise StorageUnreachable("The storage of CHAT_FILES_URL cannot write, read and delete a file.") from None


def check_source(
    url: Annotated[str, typer.Argument(help="The URL of the source module's endpoint.")],
    kind: Annotated[str, typer.Option(metavar="KIND", help="The kind of its items, such as DEAL.")],
    secret: Annotated[str, typer.Option(envvar="SOURCE_SECRET", help="The secret that it shares with the chat.")],
    agent: Annotated[str, typer.Option(help="The id of an agent who can see the item.")],
    item: Annotated[str, typer.Option(help="The id of an existing item.")],
    account: Annotated[str, typer.Option(help="The id of their account.")] = "1",
    timeout_ms: Annotated[
        int | None, typer.Option(min=50, help="The time limit of an answer. The default is that of CHAT_SOURCES.")
    ] = None,
) -> None:
    """Test a source module and report what is wrong with it."""
    from models.enums import ItemKind
    from sources.checker import Trial, findings
    from sources.config import TIMEOUT_MS, http_config

    if kind not in set(ItemKind):
        raise typer.BadParameter(f"it must be one of {', '.join(ItemKind)}.", param_hint="--kind")
    try:
        trial = Trial(http_config(url, secret, timeout_ms or TIMEOUT_MS), ItemKind(kind), account, agent, item)
    except ValueError as error:
        raise Misconfigured(f"{error}.") from None
    if asyncio.run(_print_findings(findings(trial))):
        sys.exit(1)


async def _print_findings(findings: AsyncIterator["Finding"]) -> int:
    """Returns the number of problems."""
    from sources.findings import Mark

    problems = 0
    async for finding in findings:
        _print_result(finding.mark, finding.text)
        problems += finding.mark == Mark.WRONG
    typer.echo(f"\nProblems: {problems}. See docs/source-modules.md." if problems else "\nNo problems found.")
    return problems


def _print_result(name: str, text: str) -> None:
    typer.echo(f"{name:<12}{text}")
