"""What `internal-chat serve` prints when it starts: where the chat is, and how to sign in."""

import os
import shlex
import shutil
import sys
from pathlib import Path

import typer

from server.settings import EMAIL_FOLDER, PREFIX, Settings

PROGRAM = "internal-chat"


def print_banner(settings: Settings) -> None:
    typer.echo(f"\n{typer.style('Internal Chat', bold=True)} is running at {typer.style(settings.url, bold=True)}")
    if settings.graphiql:
        typer.echo(f"  GraphiQL  open {settings.url}/graphql in a browser")
    if settings.is_demo:
        command = _pasteable_command(settings)
        choose = "choose an agent at the top of GraphiQL, or " if settings.graphiql else ""
        typer.echo(f"  Sign in   {choose}print a token in another terminal:")
        typer.echo(f"            {command} token 2")
        typer.echo(f"            {command} token 21 --account 2")
        typer.echo("  Agents    account 1: 1 Ana, 2 Bruno, 3 Carla, 4 Davi, 5 Elisa (deactivated)")
        typer.echo("            account 2: 21 Otto, 22 Paula")
    else:
        typer.echo(f"  Sign in   with a bearer token of {settings.issuer} for {settings.jwt_audience}")
    typer.echo(f"  E-mail    {_email(settings)}")
    typer.echo(f"  Data      {'your PostgreSQL' if settings.database_url else settings.data_dir}\n")


def _email(settings: Settings) -> str:
    if not settings.email_worker:
        return "is sent by `internal-chat worker`, not by this process"
    if not settings.sends_email:
        return "waits in the database until CHAT_SMTP_URL is set"
    if settings.smtp_url is None:
        return f"is written as .eml files into {settings.data_dir / EMAIL_FOLDER}"
    return "is sent to the mail server of CHAT_SMTP_URL"


def _pasteable_command(settings: Settings) -> str:
    """Returns the program as a new shell in this directory can run it: with its path if it is not on PATH, and with the
    settings that determine the secret and the claims of tokens."""
    default_audience = Settings.model_fields["jwt_audience"].default
    different = {
        "data_dir": str(settings.data_dir) if settings.data_dir != Path(".data").resolve() else None,
        "jwt_issuer": settings.jwt_issuer,
        "jwt_audience": settings.jwt_audience if settings.jwt_audience != default_audience else None,
    }
    variables = [f"{PREFIX}{name.upper()}={shlex.quote(value)}" for name, value in different.items() if value]
    return " ".join([*variables, _program_path()])


def _program_path() -> str:
    program = Path(sys.argv[0]).absolute()
    on_path = shutil.which(PROGRAM)
    if on_path is not None and program.exists() and os.path.samefile(on_path, program):
        return PROGRAM
    if program.is_relative_to(Path.cwd()) and program.parent != Path.cwd():
        program = program.relative_to(Path.cwd())
    return shlex.quote(str(program))
