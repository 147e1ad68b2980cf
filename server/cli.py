"""The command line: the server, and commands for operators and developers.

Commands import what they need when they run. Loading the whole server takes 2 s of CPU time, which `token` and `--help`
do not need.
"""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from server.banner import PROGRAM, print_banner
from server.check_commands import check, check_source
from server.failures import OPERATIONAL_ERRORS, fail
from server.http.listener import bind_listener
from server.misconfigured import Misconfigured
from server.settings import read_settings

DIRECTORY = "directory"
TOKEN_HOURS = 12

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


def main() -> None:
    """Prints failures that the operator can resolve as a sentence. Only bugs show a traceback."""
    try:
        app()
    except Misconfigured as error:
        fail(error, 2)
    except OPERATIONAL_ERRORS as error:
        fail(error, 1)


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


app.command()(check)
app.command()(check_source)
