"""The command line: the server, and commands for operators and developers.

Commands import what they need when they run. Loading the whole server takes 2 s of CPU time, which `token` and `--help`
do not need.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from server.banner import PROGRAM, print_banner
from server.http.listener import AddressUnavailable, bind_listener
from server.postgres.errors import DatabaseUnreachable, EmbeddedPostgresError
from server.settings import Misconfigured, Settings, read_settings
from transfer.errors import TransferFailed

if TYPE_CHECKING:
    from sources.findings import Finding

DIRECTORY = "directory"
TOKEN_HOURS = 12


class BrokerUnreachable(Exception):
    """The broker does not answer."""


class StorageUnreachable(Exception):
    """Files cannot be written, read and deleted."""


OPERATIONAL_ERRORS = (
    AddressUnavailable,
    DatabaseUnreachable,
    EmbeddedPostgresError,
    BrokerUnreachable,
    StorageUnreachable,
    TransferFailed,
)

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


def main() -> None:
    """Prints failures that the operator can resolve as a sentence. Only bugs show a traceback."""
    try:
        app()
    except Misconfigured as error:
        _fail(error, 2)
    except OPERATIONAL_ERRORS as error:
        _fail(error, 1)


def _print_version(requested: bool) -> None:
    if requested:
        from importlib.metadata import version

        typer.echo(f"{PROGRAM} {version(PROGRAM)}")
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Internal Chat: a GraphQL team chat. Its settings are CHAT_* environment variables: see docs/settings.md."""


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Overrides CHAT_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Overrides CHAT_PORT.")] = None,
) -> None:
    """Migrate the database and serve the chat."""
    settings = read_settings(host, port)

    from server.app import create_app
    from server.demo import seed as seed_demo
    from server.exit_signals import exit_on_signals
    from server.file_store import open_files
    from server.http.draining import DrainingServer
    from server.logs import configure_logging
    from server.postgres.database import open_database
    from server.postgres.migrate import upgrade

    configure_logging(settings.log_format)
    exit_on_signals()
    with bind_listener(settings.host, settings.port) as listener, open_database(settings) as database:
        upgrade(database.url)
        if settings.is_demo:
            asyncio.run(seed_demo(database.url, open_files(settings)))
        print_banner(settings)
        app = create_app(settings, database.url, database_parts=database.background_parts)
        server = DrainingServer(app, app.state.connections, settings)
        server.run([listener])
        sys.exit(0 if server.started else 1)


@app.command()
def worker() -> None:
    """Migrate the database and send e-mails, without serving the chat. Any number of workers can run."""
    settings = read_settings()
    if not settings.sends_email:
        raise Misconfigured("`worker` needs a mail server: set CHAT_SMTP_URL and CHAT_EMAIL_FROM.")

    from server.exit_signals import exit_on_signals
    from server.logs import configure_logging
    from server.postgres.database import open_database
    from server.postgres.migrate import upgrade
    from server.worker import work_until_stopped

    configure_logging(settings.log_format)
    exit_on_signals()
    with open_database(settings) as database:
        upgrade(database.url)
        asyncio.run(work_until_stopped(settings, database.url, database.background_parts))


@app.command()
def migrate() -> None:
    """Migrate the database to the newest revision."""
    settings = read_settings()

    from server.postgres.database import open_database
    from server.postgres.migrate import current_and_head, upgrade

    with open_database(settings) as database:
        upgrade(database.url)
        typer.echo(f"The database is at revision {current_and_head(database.url).current}.")


@app.command()
def seed(
    into_my_database: Annotated[
        bool, typer.Option("--into-my-database", help="Write them into the database of CHAT_DATABASE_URL.")
    ] = False,
) -> None:
    """Write the demo's accounts, agents and channels, unless they exist."""
    settings = read_settings()
    if settings.database_url is not None and not into_my_database:
        raise Misconfigured(
            "`seed` writes two invented companies with their conversations. To write them into the database of"
            " CHAT_DATABASE_URL, add --into-my-database."
        )

    from server.demo import seed as seed_demo
    from server.file_store import open_files
    from server.postgres.database import open_database
    from server.postgres.migrate import upgrade

    with open_database(settings) as database:
        upgrade(database.url)
        asyncio.run(seed_demo(database.url, open_files(settings)))


@app.command()
def outbox(
    retry: Annotated[bool, typer.Option("--retry", help="Queue failed e-mails for new attempts.")] = False,
) -> None:
    """List waiting and failed e-mails, with their last errors."""
    settings = read_settings()

    from server.outbox import print_outbox, retry_all
    from server.postgres.database import open_database
    from server.postgres.migrate import require_head

    with open_database(settings) as database:
        require_head(database.url)
        if retry:
            typer.echo(f"{asyncio.run(retry_all(database.url)):,} failed e-mails are queued again.")
        asyncio.run(print_outbox(database.url))


@app.command("export")
def export_account(
    account: Annotated[str, typer.Option(help="The id of the account.")],
    into: Annotated[Path, typer.Option(metavar="FOLDER", help="An empty folder, or that of an interrupted export.")],
) -> None:
    """Write everything of an account into a folder, while the chat is running. See docs/moving.md."""
    settings = read_settings()

    from server.account_transfer import run_export

    run_export(settings, account, into)


@app.command("import")
def import_account(
    folder: Annotated[Path, typer.Argument(help="The folder of a complete export.")],
) -> None:
    """Write an exported account into a database that does not have it, while the chat is running."""
    settings = read_settings()

    from server.account_transfer import run_import

    run_import(settings, folder)


@app.command()
def import_slack(
    export: Annotated[Path, typer.Argument(metavar="ZIP", help="The ZIP file of a Slack workspace's export.")],
    account: Annotated[str, typer.Option(help="The id of the account.")],
    agents: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Which agents the people are: slack_user_id or email, and agent_id."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to list what could not be imported, as lines of JSON.")
    ] = None,
) -> None:
    """Import a Slack workspace into an account, while the chat is running. See docs/moving.md."""
    settings = read_settings()

    from server.slack_import import run_slack_import
    from transfer.slack.importing import ImportRequest

    run_slack_import(settings, ImportRequest(export, account, agents, report))


@app.command()
def token(
    agent_id: Annotated[str, typer.Argument(help="The id of the agent.")],
    account: Annotated[str, typer.Option(help="The id of the agent's account.")] = "1",
    ttl: Annotated[int, typer.Option(min=1, help="The lifetime in seconds.")] = TOKEN_HOURS * 3600,
    scope: Annotated[str | None, typer.Option(help="`directory` for a token that syncs the directory.")] = None,
) -> None:
    """Print a bearer token, for the demo and for development."""
    settings = read_settings()
    if scope not in (None, DIRECTORY):
        raise typer.BadParameter(f"the only scope is `{DIRECTORY}`.", param_hint="--scope")

    from server.identity.tokens import issue_token
    from server.postgres.embedded import EmbeddedPostgres

    database_url = settings.database_url or EmbeddedPostgres(settings.data_dir).url_if_running()
    if scope is None and database_url is not None:
        from server.postgres.unknown_agents import agent_is_unknown

        if asyncio.run(agent_is_unknown(database_url, account, agent_id)):
            typer.echo(f"Warning: account {account} has no active agent {agent_id}. The token is refused.", err=True)
    typer.echo(issue_token(settings, account, agent_id, timedelta(seconds=ttl), scope))


@app.command()
def schema(
    client: Annotated[bool, typer.Option("--client", help="Leave federation out, for tools of clients.")] = False,
) -> None:
    """Print the GraphQL schema (SDL)."""
    from server.client_schema import client_sdl
    from server.schema import schema as graphql_schema

    sdl = graphql_schema.as_str()
    typer.echo((client_sdl(sdl) if client else sdl).rstrip())


@app.command()
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
        _fail(error, 1)


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


@app.command()
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


def _fail(error: Exception, code: int) -> NoReturn:
    typer.echo(str(error), err=True)
    sys.exit(code)
