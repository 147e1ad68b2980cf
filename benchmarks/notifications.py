"""An announcement to 5,000 agents: the time of the statement that writes their notifications, and how many e-mails a
worker sends per second to a mail server on this machine, which accepts everything."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from statistics import median

import httpx
from asyncpg.connection import LoggedQuery
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette

from benchmarks.environment import Client, Environment, in_process_http, running_app
from benchmarks.generated_account import vacuum
from benchmarks.processes import START_SECONDS, free_port
from notifications.outcomes import Outcome
from server.email import email_worker
from server.identity.tokens import issue_token

READERS = 5_000
ROUNDS = 10
"""Announcements whose statement is measured. The one before them, which is sent by e-mail, prepares the statement."""

ACCOUNT = "announcement"
STATEMENT = "INSERT INTO notifications"

SYNC = "mutation ($input: SyncChatDirectoryInput!) { syncChatDirectory(input: $input) { userErrors { message } } }"
ENABLE = """mutation ($input: UpdateChatAccountSettingsInput!) {
  updateChatAccountSettings(input: $input) { userErrors { message } }
}"""
CREATE = """mutation ($input: CreateChatChannelInput!) {
  createChatChannel(input: $input) { channel { id } userErrors { message } }
}"""
SEND = """mutation ($input: SendChatMessageInput!) {
  sendChatMessage(input: $input) { message { id } userErrors { message } }
}"""


async def run(environment: Environment) -> None:
    async with running_app(environment) as app, in_process_http(app) as http:
        channel_id = await _found_announcement(environment, http)
        author = Client.of(http, environment.settings, ACCOUNT, "agent-0")
        await _announce(author, channel_id)
        emails, duration = await _send_emails(environment, app)
        seconds = await _statement_seconds(app, author, channel_id)
    table = Table(title=f"an announcement to {READERS:,} agents")
    table.add_column("measured")
    table.add_column("value", justify="right")
    table.add_row("statement that writes the notifications, p50", f"{median(seconds) * 1000:.0f} ms")
    table.add_row("the same, slowest", f"{max(seconds) * 1000:.0f} ms")
    table.add_row("e-mails sent by one worker", f"{emails:,}")
    table.add_row("the time that takes", f"{duration:.1f} s")
    table.add_row("e-mails per second", f"{emails / duration:.0f}")
    Console(highlight=False, soft_wrap=True, width=120).print(table)


async def _found_announcement(environment: Environment, http: httpx.AsyncClient) -> str:
    """Returns the channel, in a new account whose agents have e-mail addresses."""
    token = issue_token(environment.settings, ACCOUNT, "platform", timedelta(hours=1), "directory")
    ids = [f"agent-{number}" for number in range(READERS + 1)]
    agents = [{"id": id, "name": f"Agent {id}", "email": f"{id}@example.com", "role": "AGENT"} for id in ids]
    agents[0]["role"] = "ADMINISTRATOR"
    await Client(http, token).execute(SYNC, input={"account": {"name": "Announcement"}, "agents": agents})
    author = Client.of(http, environment.settings, ACCOUNT, ids[0])
    await author.execute(ENABLE, input={"chatEnabled": True})
    created = await author.execute(CREATE, input={"name": "News", "kind": "ANNOUNCEMENT"})
    channel_id: str = created["createChatChannel"]["channel"]["id"]
    await vacuum(environment.database_url)
    return channel_id


async def _announce(author: Client, channel_id: str) -> None:
    await author.execute(SEND, input={"channelId": channel_id, "body": "An announcement to all agents."})


async def _statement_seconds(app: Starlette, author: Client, channel_id: str) -> Sequence[float]:
    """Returns how long the statement took in each round."""
    seconds: list[float] = []

    def record(executed: LoggedQuery) -> None:
        if STATEMENT in executed.query:
            seconds.append(executed.elapsed)

    with app.state.pool.logging(record):
        for _ in range(ROUNDS):
            await _announce(author, channel_id)
    return seconds


async def _send_emails(environment: Environment, app: Starlette) -> tuple[int, float]:
    """Sends the e-mails of all agents. Returns their number and the time it took."""
    async with _mail_server() as url:
        settings = environment.settings.model_copy(update={"smtp_url": SecretStr(url)})
        worker = email_worker(settings, app.state.pool, _LaterClock())
        assert worker is not None
        sent, start = 0, time.perf_counter()
        while (done := await worker.send_due()).found_work:
            sent += done.outcomes[Outcome.SENT]
        return sent, time.perf_counter() - start


@asynccontextmanager
async def _mail_server() -> AsyncIterator[str]:
    """Runs a mail server that accepts everything in its own process, and yields its URL."""
    port = free_port()
    command = ["aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Sink", "-l", f"127.0.0.1:{port}"]
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", *command)
    try:
        async with asyncio.timeout(START_SECONDS):
            while not await _listens(port):  # noqa: ASYNC110 (another process cannot set an event)
                await asyncio.sleep(0.1)
        yield f"smtp://127.0.0.1:{port}?starttls=never"
    finally:
        process.terminate()
        await process.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


class _LaterClock:
    """The time at which all e-mails are due."""

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(hours=1)
