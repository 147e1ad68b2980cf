"""An account that is exported and imported into an empty database is the same there."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.applications import Starlette

from chat.positions import encode_position
from server.settings import Settings
from tests.schema.documents import QUERIES
from tests.support.api import Account, Api, Json, path_of
from tests.support.long_documents import accept_long_documents
from tests.transfer.answers import answers, first_difference, variables
from tests.transfer.company import AGENTS, Company
from tests.transfer.moving import export, exported_files, exported_rows, import_, served
from transfer.importing import CLOCK_ADVANCE
from transfer.manifest import Manifest


@dataclass(frozen=True)
class Moved:
    company: Company
    """On the server that it was exported from."""

    api: Api
    """The server that it was imported into."""

    manifest: Manifest
    archive: Path
    settings: Settings
    database_url: str

    @property
    def account(self) -> Account:
        return Account(self.api, self.company.account_id)


@pytest.fixture(scope="module")
async def moved(
    app: Starlette,
    api: Api,
    settings: Settings,
    database_url: str,
    new_database_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Moved]:
    folder = tmp_path_factory.mktemp("moved")
    company = await Company.build(api)
    archive = folder / "archive"
    await export(settings, database_url, company.account_id, archive)
    new_settings = settings.model_copy(update={"data_dir": folder / "data"})
    assert api.items is not None
    async with served(new_settings, new_database_url, api.items) as (new_app, new_api):
        manifest = await import_(new_settings, new_database_url, archive)
        with pytest.MonkeyPatch.context() as monkeypatch:
            accept_long_documents(app, monkeypatch)
            accept_long_documents(new_app, monkeypatch)
            yield Moved(company, new_api, manifest, archive, new_settings, new_database_url)


@pytest.mark.parametrize("field", QUERIES)
async def test_every_query_has_the_same_answers(moved: Moved, field: str) -> None:
    given = variables(moved.company)[field]
    answered = False
    for agent_id in AGENTS:
        expected = await answers(moved.company.scene.account.agent(agent_id), field, given)
        actual = await answers(moved.account.agent(agent_id), field, given)
        assert first_difference(expected, actual) is None
        answered = answered or any((answer["data"] or {}).get(field) for answer in expected)
    assert answered


async def test_files_have_the_same_contents(moved: Moved) -> None:
    before, after = [await _files(account, moved.company) for account in (moved.company.scene.account, moved.account)]
    assert before == after
    assert len(before) >= 5


async def _files(account: Account, company: Company) -> list[bytes]:
    """Returns the contents of all files that bruno can download."""
    links: list[str | None] = []
    for id in company.messages:
        for file in await account.bruno.attachments(id, "url thumbnailUrl"):
            links += [file["url"], file["thumbnailUrl"]]
    for id in company.channels:
        avatar = (await account.bruno.find_channel(id, "avatar { ... on ChatImageAvatar { url } }") or {}).get("avatar")
        links.append((avatar or {}).get("url"))
    contents = []
    for link in filter(None, links):
        answer = await account.api.http.get(path_of(link))
        assert answer.status_code == 200
        contents.append(answer.content)
    return contents


async def test_an_export_of_the_imported_account_is_the_same_archive(moved: Moved, tmp_path: Path) -> None:
    await export(moved.settings, moved.database_url, moved.company.account_id, tmp_path / "again")
    before, after = exported_rows(moved.archive), exported_rows(tmp_path / "again")
    ((clock,), (moved_clock,)) = (rows.pop("account_clocks") for rows in (before, after))
    assert moved_clock == clock | {"change": clock["change"] + CLOCK_ADVANCE}
    assert after == before
    assert exported_files(tmp_path / "again") == exported_files(moved.archive)


async def test_the_manifest_counts_everything(moved: Moved) -> None:
    rows = exported_rows(moved.archive)
    assert {table.name: table.rows for table in moved.manifest.tables if table.rows} == {
        name: len(found) for name, found in rows.items()
    }
    assert moved.manifest.files.count == len(exported_files(moved.archive)) >= 5
    assert moved.manifest.files.problems == []
    assert moved.manifest.account_id == moved.company.account_id


async def test_uploads_that_were_not_sent_are_left_out(moved: Moved) -> None:
    names = {row["filename"] for row in exported_rows(moved.archive)["attachments"]}
    assert "unsent.txt" not in names
    assert "note.txt" in names


async def test_nothing_is_mailed(moved: Moved) -> None:
    async with moved.api.engine.connect() as connection:
        states = set(await connection.scalars(text("SELECT DISTINCT email_state FROM notifications")))
        emails = await connection.scalar(text("SELECT count(*) FROM emails"))
    assert (states & {"WAITING", "POSTPONED"}, emails) == (set(), 0)
    assert "TAKEN_BACK" in states


async def test_a_stream_cannot_resume_from_a_position_of_the_other_server(moved: Moved) -> None:
    position = moved.manifest.snapshot.position
    account_id = moved.company.account_id
    await moved.account.bruno.send(moved.company.scene.public, "Depois da mudança")
    for number in (position - 1, position, position + 1, position + 1_000):
        since = encode_position(account_id, number)
        assert await _stream_error(moved, since) == "RESYNC_REQUIRED"


async def _stream_error(moved: Moved, since: str) -> str:
    query = "subscription ($since: String) { chatMentionAdded(since: $since) { __typename } }"
    headers = {"authorization": f"Bearer {moved.account.bruno.token}", "accept": "text/event-stream"}
    body: Json = {"query": query, "variables": {"since": since}}
    answer = await moved.api.http.post("/graphql", json=body, headers=headers)
    assert answer.status_code == 200
    return "RESYNC_REQUIRED" if "RESYNC_REQUIRED" in answer.text else answer.text


async def test_the_chat_goes_on_in_the_new_place(moved: Moved) -> None:
    account, scene = moved.account, moved.company.scene
    with_files = moved.company.messages[0]
    before = await account.davi.read(scene.private, "unreadCount lastMessage { seq }")
    sent = await account.bruno.send(scene.private, "Continuamos aqui, inesquecível", replyToId=with_files)
    after = await account.davi.read(scene.private, "unreadCount lastMessage { id seq replyTo { id } }")
    assert after["unreadCount"] == before["unreadCount"] + 1
    assert after["lastMessage"] == {
        "id": sent,
        "seq": before["lastMessage"]["seq"] + 1,
        "replyTo": {"id": with_files},
    }
    await account.davi.mutate("markChatRead", "channel { id }", channelId=scene.private)
    assert (await account.davi.read(scene.private, "unreadCount"))["unreadCount"] == 0
    query = '{ searchChatMessages(query: "inesquecivel") { nodes { message { id } } } }'
    assert (await account.davi.query(query))["searchChatMessages"]["nodes"] == [{"message": {"id": sent}}]
    repeated = await account.carla.send(
        scene.private,
        "Dois cartões",
        cards=[{"kind": "DEAL", "id": "1"}, {"kind": "TASK", "id": "hidden"}],
        clientKey="cards",
    )
    assert repeated == moved.company.messages[1]
    await account.sync(agents=[{"id": "zoe", "name": "Zoé"}])
    assert await account.agent("zoe").find_channel(scene.announcement) == {"id": scene.announcement}
