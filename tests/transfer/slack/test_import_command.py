"""`internal-chat import-slack` as a process that is killed, while the chat is served by another."""

import asyncio
import re
from pathlib import Path

import pytest
from sqlalchemy import text

from server.settings import Settings
from tests.support.api import Account
from tests.support.fingerprint import fingerprint
from tests.support.processes import PROGRAM, environment
from tests.support.waiting import until_true
from tests.transfer.slack.export_files import Export, conversation, said, user
from tests.transfer.slack.sample import ANA, BRUNO

CHANNELS, DAYS, MESSAGES = 4, 20, 100
COUNT = text("SELECT count(*) FROM messages WHERE account_id = :account_id")
INDEXED = text("SELECT count(*) FROM search_entries WHERE account_id = :account_id")
UNFINISHED = text("SELECT count(*) FROM search_backfills WHERE account_id = :account_id")


def _export() -> Export:
    """Returns a workspace with enough messages to interrupt its import."""
    return Export(
        users=[user(ANA, "Ana", "ana@example.com"), user(BRUNO, "Bruno"), user("U0OUT", "Outside")],
        channels=[conversation(f"C{number}", f"channel-{number}", [ANA, BRUNO]) for number in range(CHANNELS)],
        days={
            f"channel-{number}/2020-10-{day + 1:02}": [
                said(
                    86_400 * day + second * 10,
                    (ANA, BRUNO, "U0OUT")[second % 3],
                    f"Message {second} <@{BRUNO}>",
                    reactions=[{"name": "tada", "users": [BRUNO], "count": 1}],
                )
                for second in range(MESSAGES)
            ]
            for number in range(CHANNELS)
            for day in range(DAYS)
        },
    )


async def _count(account: Account, statement: object = COUNT) -> int:
    async with account.api.engine.connect() as connection:
        found = await connection.scalar(statement, {"account_id": account.account_id})  # type: ignore[call-overload]
        return int(found)


async def _start(settings: Settings, database_url: str, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        PROGRAM,
        "import-slack",
        *arguments,
        env=environment({"CHAT_DATABASE_URL": database_url, "CHAT_DATA_DIR": str(settings.data_dir)}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.mark.long
async def test_a_killed_import_is_completed_by_the_next_one(
    account: Account, settings: Settings, database_url: str, tmp_path: Path
) -> None:
    path = _export().write(tmp_path / "export.zip")
    csv = tmp_path / "agents.csv"
    csv.write_text(f"slack_user_id,agent_id\n{BRUNO},bruno\n")
    arguments = (str(path), "--account", account.account_id, "--agents", str(csv))
    messages = CHANNELS * DAYS * MESSAGES
    for least in (messages // 8, messages // 2):
        command = await _start(settings, database_url, *arguments)

        async def has_written(least: int = least) -> bool:
            return await _count(account) >= least

        await until_true(has_written, f"{least} messages")
        command.kill()
        await command.communicate()
    interrupted = await _count(account)
    assert interrupted < messages
    # A channel that is not complete has no members.
    channels = "{ chatChannels(archived: false, first: 100) { nodes { name } } }"
    complete = (await account.bruno.query(channels))["chatChannels"]["nodes"]
    assert len(complete) < CHANNELS

    command = await _start(settings, database_url, *arguments)
    output, errors = await command.communicate()
    assert command.returncode == 0, errors.decode()
    assert re.search(r"^Imported \d channels, [\d,]+ messages and 0 files. [\d,]+ messages were imp", output.decode())
    assert await _count(account) == messages + CHANNELS
    assert await _count(account, INDEXED) == messages
    await _check_channels(account)

    before = await fingerprint(account)
    command = await _start(settings, database_url, *arguments)
    output, _ = await command.communicate()
    assert output.decode().startswith(
        f"Imported 0 channels, 0 messages and 0 files. {messages:,} messages were imported"
    )
    assert await fingerprint(account) == before


async def _check_channels(account: Account) -> None:
    """Fails unless every channel is complete, in order, and read by its members."""
    violations = text(
        """
        SELECT count(*) FROM (
            SELECT channel_id, count(*) AS total, count(*) FILTER (WHERE system_event IS NULL) AS posts,
                   array_agg(seq ORDER BY created_at, message_id) <> array_agg(seq ORDER BY seq) AS is_mixed
              FROM messages WHERE account_id = :account_id GROUP BY channel_id
        ) AS counted JOIN channels USING (channel_id)
        WHERE account_id = :account_id AND (
            is_mixed OR last_seq <> total OR post_count <> posts OR member_count <> 2 OR kind <> 'PUBLIC'
            OR archived_at IS NOT NULL OR EXISTS (
                SELECT FROM members
                 WHERE members.account_id = :account_id AND members.channel_id = channels.channel_id
                   AND (read_seq, read_posts) <> (last_seq, post_count)))
        """
    )
    assert await _count(account, violations) == 0
    assert await _count(account, UNFINISHED) == 0


async def test_failures_are_sentences(account: Account, settings: Settings, database_url: str, tmp_path: Path) -> None:
    path = _export().write(tmp_path / "export.zip")
    command = await _start(settings, database_url, str(path), "--account", "nobody")
    output, errors = await command.communicate()
    assert (command.returncode, output) == (1, b"")
    assert errors.decode().endswith("There is no account nobody.\n")
