"""The command line: the server, and what an operator or a developer needs beside it."""

import asyncio
import signal
import socket
import sys
from datetime import timedelta
from types import FrameType
from typing import Annotated, NoReturn

import typer
import uvicorn
from rich.console import Console

from models.enums import ItemKind
from server.app import create_app
from server.demo import seed as seed_demo
from server.http.connections import RequestProtocol, SocketProtocol
from server.http.draining import DrainingServer
from server.identity.tokens import issue_token
from server.logs import configure_logging
from server.postgres.database import DatabaseUnreachable, open_database, server_version
from server.postgres.migrate import current_and_head, upgrade
from server.postgres.programs import EmbeddedPostgresError
from server.schema import schema as graphql_schema
from server.settings import Misconfigured, Settings, read_settings
from sources.checker import Trial, findings
from sources.config import TIMEOUT_MS, http_config
from sources.findings import Mark

FAREWELL_SECONDS = 5
"""How long requests on their way may take once the sockets are gone."""

FRAME_BYTES = 1_000_000
TOKEN_HOURS = 12


class AddressUnavailable(Exception):
    """Somebody else listens there, or it is no address of this machine."""


OPERATIONAL_ERRORS = (AddressUnavailable, DatabaseUnreachable, EmbeddedPostgresError)

app = typer.Typer(
    help="Internal Chat: a GraphQL team chat. Settings are CHAT_* variables; see the README.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """What the operator can put right is said in a sentence; only a mistake of ours shows a traceback."""
    try:
        app()
    except Misconfigured as error:
        _fail(error, 2)
    except OPERATIONAL_ERRORS as error:
        _fail(error, 1)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Instead of CHAT_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Instead of CHAT_PORT.")] = None,
) -> None:
    """Serve the chat, after bringing its database up to date."""
    settings = read_settings(host, port)
    configure_logging()
    _end_on_signals()
    with _bound(settings) as listener, open_database(settings) as database_url:
        upgrade(database_url)
        if settings.is_demo:
            asyncio.run(seed_demo(database_url))
        _welcome(settings)
        app = create_app(settings, database_url)
        config = uvicorn.Config(
            app,
            loop="uvloop",
            http=RequestProtocol,
            ws=SocketProtocol,
            ws_max_size=FRAME_BYTES,
            ws_per_message_deflate=False,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=FAREWELL_SECONDS,
        )
        server = DrainingServer(config, app.state.connections, settings.drain_seconds)
        server.run([listener])
        sys.exit(0 if server.started else 1)


@app.command()
def migrate() -> None:
    """Bring the database to the newest revision."""
    with open_database(read_settings()) as database_url:
        upgrade(database_url)
        typer.echo(f"The database is at revision {current_and_head(database_url).current}.")


@app.command()
def seed() -> None:
    """Write the demo's accounts, agents and channels; what is there already stays."""
    with open_database(read_settings()) as database_url:
        upgrade(database_url)
        asyncio.run(seed_demo(database_url))


@app.command()
def token(
    agent_id: Annotated[str, typer.Argument(help="The agent to sign in as.")],
    account: Annotated[str, typer.Option(help="The account the agent belongs to.")] = "1",
    ttl: Annotated[int, typer.Option(min=1, help="Seconds until it expires.")] = TOKEN_HOURS * 3600,
    scope: Annotated[str | None, typer.Option(help="`directory` for a token that feeds the directory.")] = None,
) -> None:
    """Print one bearer token, for the demo and for development."""
    typer.echo(issue_token(read_settings(), account, agent_id, timedelta(seconds=ttl), scope))


@app.command()
def schema() -> None:
    """Print the GraphQL schema (SDL)."""
    typer.echo(graphql_schema.as_str().rstrip())


@app.command()
def check() -> None:
    """Look at settings, database and migrations, in this order; the first that is not in order ends it."""
    try:
        settings = read_settings()
        _tell("settings", f"{'the demo, ' if settings.is_demo else ''}{settings.url}")
        with open_database(settings) as database_url:
            _tell("database", f"PostgreSQL {asyncio.run(server_version(database_url))}")
            _tell("migrations", f"at revision {_revision_at_head(database_url)}, the newest")
    except (Misconfigured, *OPERATIONAL_ERRORS) as error:
        _fail(error, 1)


@app.command()
def check_source(
    url: Annotated[str, typer.Argument(help="Where the source module answers.")],
    kind: Annotated[ItemKind, typer.Option(help="The kind of item that it owns.")],
    secret: Annotated[str, typer.Option(envvar="SOURCE_SECRET", help="The secret it shares with the chat.")],
    agent: Annotated[str, typer.Option(help="An agent who may see the item.")],
    item: Annotated[str, typer.Option(help="An item that exists.")],
    account: Annotated[str, typer.Option(help="The account of both.")] = "1",
    timeout_ms: Annotated[int, typer.Option(min=50, help="How long an answer may take.")] = TIMEOUT_MS,
) -> None:
    """Try a source module out, and say in plain words what is wrong with it."""
    try:
        trial = Trial(http_config(url, secret, timeout_ms), kind, account, agent, item)
    except ValueError as error:
        raise Misconfigured(f"{error}.") from None
    if not asyncio.run(_tell_findings(trial)):
        sys.exit(1)


async def _tell_findings(trial: Trial) -> bool:
    """Whether nothing is wrong."""
    found = []
    async for finding in findings(trial):
        found.append(finding)
        _tell(finding.mark, finding.text)
    wrong = sum(finding.mark == Mark.WRONG for finding in found)
    typer.echo(f"\n{wrong} to put right: see docs/source-modules.md." if wrong else "\nAll is well.")
    return wrong == 0


def _revision_at_head(database_url: str) -> str:
    revisions = current_and_head(database_url)
    if revisions.current is None or revisions.current != revisions.head:
        raise Misconfigured(
            f"The database is at revision {revisions.current}, the newest is {revisions.head}: "
            "run `internal-chat migrate`."
        )
    return revisions.current


def _bound(settings: Settings) -> socket.socket:
    """Ours before anything is started; connections are taken only when there is somebody to answer."""
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise AddressUnavailable(f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}.") from None
    return listener


def _end_on_signals() -> None:
    """Ctrl-C and SIGTERM leave every `with` and end in 0. The first one counts: an impatient second would
    leave the database running. While uvicorn serves it listens itself, and passes them on when it is done."""

    def end(_signal: int, _frame: FrameType | None) -> NoReturn:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(0)

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, end)


def _welcome(settings: Settings) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"\n[bold]Internal Chat[/] is at [bold]{settings.url}[/]")
    console.print(f"  GraphiQL  {settings.url}/graphql in a browser")
    if settings.is_demo:
        console.print("  Sign in   choose an agent at the top of GraphiQL, or print a token of your own:")
        console.print("            internal-chat token 2   (1 Ana, 2 Bruno, 3 Carla, 4 Davi; Elisa is deactivated)")
        console.print("            internal-chat token 21 --account 2   (21 Otto, 22 Paula)")
    else:
        console.print(f"  Sign in   with a bearer token of {settings.issuer} for {settings.jwt_audience}")
    console.print(f"  Data      {'your PostgreSQL' if settings.database_url else settings.data_dir}\n")


def _tell(part: str, finding: str) -> None:
    typer.echo(f"{part:<12}{finding}")


def _fail(error: Exception, code: int) -> NoReturn:
    typer.echo(str(error), err=True)
    sys.exit(code)
