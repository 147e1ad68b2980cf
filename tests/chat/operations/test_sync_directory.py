"""syncChatDirectory: any number of agents in one call, idempotent, and limited to the account of its token."""

import pytest

from tests.support.api import Account, Api, Json
from tests.support.fingerprint import fingerprint

COUNTS = "agentCount teamCount"
AGENTS = "query ($query: String) { chatAgents(query: $query) { nodes { id name avatarUrl role active } } }"


def _directory(agent_count: int, teams: int = 5) -> Json:
    agents = [
        {
            "id": f"a{number:05}",
            "name": f"Agente {number:05}",
            "email": f"a{number}@example.com",
            "active": number % 10 != 9,
        }
        for number in range(agent_count)
    ]
    groups = [
        {"id": f"t{team}", "name": f"Time {team}", "agentIds": [agent["id"] for agent in agents[team::teams]]}
        for team in range(teams)
    ]
    return {"account": {"name": "Grande"}, "agents": agents, "teams": groups}


async def _sync(account: Account, directory: Json) -> Json:
    return await account.api.service(account.account_id).mutate("syncChatDirectory", COUNTS, **directory)


@pytest.fixture
def patient_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the sync complete everything itself, however long it takes."""
    monkeypatch.setattr("chat.operations.sync_directory.ACTIVATION_SECONDS", 60)


@pytest.mark.usefixtures("patient_sync")
async def test_5000_agents_fit_in_one_call_and_repeating_it_writes_nothing(account: Account) -> None:
    announcement = await account.ana.create_channel("Avisos", "ANNOUNCEMENT")
    directory = _directory(5_000)
    assert (await _sync(account, directory))["agentCount"] == 5_005
    assert (await account.ana.read(announcement, "memberCount"))["memberCount"] == 4 + 4_500
    before = await fingerprint(account)
    again = await _sync(account, directory)
    assert (again["agentCount"], again["teamCount"]) == (5_005, 5)
    assert await fingerprint(account) == before


@pytest.mark.usefixtures("patient_sync")
async def test_statements_do_not_grow_with_the_number_of_agents(api: Api) -> None:
    counts: list[list[int]] = []
    for agents in (50, 5_000):
        account = await api.create_account()
        await account.ana.create_channel("Avisos", "ANNOUNCEMENT")
        directory, counted = _directory(agents), []
        away = {**directory, "agents": [{**agent, "active": False} for agent in directory["agents"]]}
        for listed in (directory, directory, away, directory):
            with api.statements() as sent:
                await _sync(account, listed)
            counted.append(len(sent))
        counts.append(counted)
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 27


async def test_listed_agents_are_updated_and_others_stay(account: Account) -> None:
    listed = {"id": "bruno", "name": " Bruno Braga ", "avatarUrl": "https://x.test/b.png", "role": "ADMINISTRATOR"}
    await account.sync(agents=[listed])
    found = (await account.carla.query(AGENTS))["chatAgents"]["nodes"]
    assert [agent["id"] for agent in found] == ["ana", "bruno", "carla", "davi", "elisa"]
    assert found[1] == {**listed, "name": "Bruno Braga", "active": True}
    assert (await account.bruno.query("{ chatViewer { viewerCan { administer } } }"))["chatViewer"]["viewerCan"] == {
        "administer": True
    }


async def test_each_change_of_an_agent_is_announced_once(account: Account) -> None:
    before = await _changes(account)
    await account.sync(agents=[{"id": "bruno", "name": "Bruno"}, {"id": "nova", "name": "Nova"}])
    await account.sync(agents=[{"id": "bruno", "name": "Bruno B."}, {"id": "davi", "name": "Davi", "active": False}])
    await account.sync(agents=[{"id": "davi", "name": "Davi"}])
    assert (await _changes(account))[len(before) :] == [
        ("AGENT_ADDED", ["nova"]),
        ("AGENT_CHANGED", ["bruno"]),
        ("AGENT_DEACTIVATED", ["davi"]),
        ("AGENT_REACTIVATED", ["davi"]),
    ]


async def test_the_same_change_of_many_agents_is_announced_together(account: Account) -> None:
    before = await _changes(account)
    await account.sync(agents=[{"id": name.lower(), "name": name, "active": False} for name in ("Bruno", "Davi")])
    assert (await _changes(account))[len(before) :] == [("AGENT_DEACTIVATED", ["bruno", "davi"])]


async def test_spaces_around_names_are_ignored(account: Account) -> None:
    listed: Json = {
        "agents": [{"id": "nova", "name": " Nova "}],
        "teams": [{"id": "1", "name": " Time ", "agentIds": []}],
    }
    await account.sync(**listed)
    before = await fingerprint(account)
    await account.sync(**listed)
    assert await fingerprint(account) == before


async def _changes(account: Account) -> list[tuple[str, list[str]]]:
    """Returns the kind of each change and the agents whom it is about, in order."""
    query = """
        SELECT kind, array(SELECT agent_id FROM changed_agents
                            WHERE account_id = $1 AND changed_agents.change = changes.change ORDER BY agent_id)
               AS agent_ids
          FROM changes WHERE account_id = $1 ORDER BY change
    """
    async with account.api.engine.connect() as connection:
        rows = await connection.exec_driver_sql(query, (account.account_id,))
        return [(row.kind, row.agent_ids) for row in rows]


async def test_a_team_has_exactly_the_agents_listed_for_it(account: Account) -> None:
    channel = await account.bruno.create_channel(memberIds=["carla", "davi"])
    for members, mentioned in ((["carla", "davi", "carla"], (1, 1)), (["davi"], (1, 2)), ([], (1, 2))):
        await account.sync(teams=[{"id": "1", "name": "Time", "agentIds": members}])
        await account.bruno.send(channel, "[@Time](mention://team/1/Time)")
        counts = [
            (await agent.read(channel, "unreadMentionCount"))["unreadMentionCount"]
            for agent in (account.carla, account.davi)
        ]
        assert tuple(counts) == mentioned


async def test_a_directory_token_updates_only_its_own_account(account: Account, other_account: Account) -> None:
    before = await fingerprint(other_account)
    await account.sync(agents=[{"id": "bruno", "name": "Outro Bruno", "active": False}])
    assert await fingerprint(other_account) == before
    assert (await other_account.bruno.query("{ chatViewer { agent { name } } }"))["chatViewer"]["agent"][
        "name"
    ] == "Bruno"


async def test_a_new_account_starts_with_the_chat_disabled(api: Api) -> None:
    account = await api.create_account(enabled=False)
    viewer = (await account.bruno.query("{ chatViewer { chatEnabled } }"))["chatViewer"]
    assert viewer == {"chatEnabled": False}
    settings = (await account.ana.query("{ chatAccountSettings { chatEnabled enabledRoles } }"))["chatAccountSettings"]
    assert settings == {"chatEnabled": False, "enabledRoles": ["AGENT", "ADMINISTRATOR"]}


async def test_a_name_that_cannot_be_seen_does_not_block_a_sync(account: Account) -> None:
    agents = [
        {"id": "invisible", "name": "\u200b\u202e"},
        {"id": "empty", "name": ""},
        {"id": "control", "name": "\ufeffAna\x00\nLima\u2066"},
        {"id": "bruno", "name": "Bruno", "active": False},
    ]
    await account.sync(agents=agents, teams=[{"id": "7", "name": "\u200b", "agentIds": ["empty"]}])
    nodes = (await account.ana.query(AGENTS))["chatAgents"]["nodes"]
    known = {agent["id"]: (agent["name"], agent["active"]) for agent in nodes}
    assert (known["invisible"], known["empty"]) == (("invisible", True), ("empty", True))
    assert (known["control"], known["bruno"]) == (("Ana Lima", True), ("Bruno", False))
    before = await fingerprint(account)
    await account.sync(agents=agents)
    assert await fingerprint(account) == before


NAMED = {"name": "Nome"}
LONG_URL = "https://example.com/".ljust(2_001, "x")


MANY = [{"id": str(number), **NAMED} for number in range(10_001)]
SKIPPED = "skipped { path code }"


@pytest.mark.parametrize(
    ("wrong", "code", "path"),
    [
        ({"account": {"name": " "}}, "INVALID", ["account", "name"]),
        ({"account": {"name": "n" * 201}}, "INVALID", ["account", "name"]),
        ({"account": {"name": "\u200b"}}, "INVALID", ["account", "name"]),
        ({"teams": [{**team, "agentIds": []} for team in MANY[:1_001]]}, "TOO_LARGE", ["teams"]),
        ({"agents": MANY}, "TOO_LARGE", ["agents"]),
    ],
)
async def test_an_invalid_directory_is_refused_as_a_whole(
    account: Account, wrong: Json, code: str, path: list[str]
) -> None:
    right: Json = {"account": {"name": "Casa"}, "agents": [{"id": "nova", "name": "Nova"}], "teams": []}
    before = await fingerprint(account)
    payload = await account.api.service(account.account_id).payload("syncChatDirectory", COUNTS, **{**right, **wrong})
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [(code, path)]
    assert (payload["agentCount"], payload["teamCount"]) == (None, None)
    assert await fingerprint(account) == before
    await _sync(account, right)
    assert await fingerprint(account) != before


@pytest.mark.parametrize("id", ["", "i" * 65, "i\x00", "bruno ", "\u200b"])
async def test_a_row_without_a_valid_id_is_left_out(account: Account, id: str) -> None:
    agents = [{"id": id, **NAMED}, {"id": "bruno", "name": "Bruno", "active": False}]
    payload = await account.sync(agents=agents, teams=[{"id": id, **NAMED, "agentIds": []}], selection=SKIPPED)
    paths = [["agents", "0", "id"], ["teams", "0", "id"]]
    assert payload["skipped"] == [{"path": path, "code": "INVALID"} for path in paths]
    assert (await account.bruno.execute("{ chatViewer { sendKey } }")).code == "AGENT_INACTIVE"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "n" * 201),
        ("email", "e" * 321),
        ("locale", "português do Brasil"),
        ("locale", "p" * 100),
        ("email", "\x00"),
        ("avatarUrl", "javascript:alert(1)"),
        ("avatarUrl", LONG_URL),
    ],
)
async def test_the_rest_of_a_row_with_an_invalid_field_is_applied(account: Account, field: str, value: str) -> None:
    bruno: Json = {"id": "bruno", "name": "Bruno", "role": "ADMINISTRATOR", field: value}
    nova: Json = {"id": "nova", "name": "Nova", "active": False, field: value}
    payload = await account.sync(agents=[bruno, nova], selection=SKIPPED)
    assert payload["skipped"] == [{"path": ["agents", place, field], "code": "INVALID"} for place in ("0", "1")]
    nodes = (await account.ana.query(AGENTS))["chatAgents"]["nodes"]
    known = {agent.pop("id"): agent for agent in nodes}
    assert known["bruno"] == {"name": "Bruno", "avatarUrl": None, "role": "ADMINISTRATOR", "active": True}
    new_name = "nova" if field == "name" else "Nova"
    assert known["nova"] == {"name": new_name, "avatarUrl": None, "role": "AGENT", "active": False}


async def test_the_first_of_several_rows_with_one_id_is_applied(account: Account) -> None:
    agents = [{"id": "bruno", "name": "First"}, {"id": "carla", "name": "Carla"}, {"id": "bruno", "name": "Second"}]
    payload = await account.sync(agents=agents, selection=SKIPPED)
    assert payload["skipped"] == [{"path": ["agents", "2", "id"], "code": "CONFLICT"}]
    nodes = (await account.ana.query(AGENTS))["chatAgents"]["nodes"]
    assert [node["name"] for node in nodes if node["id"] == "bruno"] == ["First"]


async def test_unknown_agents_of_a_team_are_left_out(account: Account) -> None:
    channel = await account.bruno.create_channel(memberIds=["carla"])
    teams = [{"id": "1", "name": "Time", "agentIds": ["nobody", "carla", "\x00", "nova"]}]
    payload = await account.sync(agents=[{"id": "nova", "name": "Nova"}], teams=teams, selection=SKIPPED)
    assert payload["skipped"] == [{"path": ["teams", "0", "agentIds"], "code": "NOT_FOUND"}]
    await account.bruno.send(channel, "[@Time](mention://team/1/Time)")
    assert (await account.carla.read(channel, "unreadMentionCount"))["unreadMentionCount"] == 1


async def test_the_answer_says_whether_an_administrator_is_left(account: Account) -> None:
    ana = {"id": "ana", "name": "Ana"}
    for agent, left in (
        ({**ana, "role": "ADMINISTRATOR"}, True),
        (ana, False),
        ({**ana, "role": "ADMINISTRATOR", "active": False}, False),
    ):
        assert (await account.sync(agents=[agent], selection="hasAdministrator"))["hasAdministrator"] is left
