"""The caches of Apollo Client and urql, with the configuration in docs/front-end.md."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from graphql import (
    GraphQLList,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    get_nullable_type,
    is_composite_type,
)
from starlette.applications import Starlette

from models.enums import ItemKind
from tests.schema.client_caches.documents import halves
from tests.support.api import Account, Json
from tests.support.long_documents import accept_long_documents
from tests.support.node import installed

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SDL = (ROOT / "schema.client.graphql").read_text()
SCHEMA = build_schema(SDL)
(CONFIGURATION,) = re.findall(r"```js\n(const parts.*?)```", (ROOT / "docs" / "front-end.md").read_text(), re.DOTALL)
NO_CONFIGURATION = "export const typePolicies = {}; export const keys = {};"
NODE = ("node", "--conditions=development")
"""Apollo Client warns only in its development build."""

REQUIRED = {
    "chatChannel": {"id": "ID!"},
    "chatMessage": {"id": "ID!"},
    "whyNotified": {"messageId": "ID!"},
    "sharePreview": {"entity": "SharedEntityRef!", "destination": "ShareDestinationRef!"},
}
EDIT = "mutation ($input: EditChatMessageInput!) { editChatMessage(input: $input) { message { id editedAt } } }"
REMOVE = "mutation ($input: RemoveChatReactionInput!) { removeChatReaction(input: $input) { message { id } } }"


def cached_types() -> dict[str, GraphQLObjectType]:
    """Returns the types of objects that queries and streams contain."""
    found: dict[str, GraphQLObjectType] = {}

    def visit(type_: GraphQLNamedType) -> None:
        if isinstance(type_, GraphQLUnionType):
            for member in type_.types:
                visit(member)
        if isinstance(type_, GraphQLObjectType) and type_.name not in found:
            found[type_.name] = type_
            for field in type_.fields.values():
                visit(get_named_type(field.type))

    for root in (SCHEMA.query_type, SCHEMA.subscription_type):
        assert root is not None
        visit(root)
        del found[root.name]
    return found


def test_the_configuration_names_every_type_without_an_id() -> None:
    """The elements of edges are nodes, which have ids, or destinations."""
    parts = re.search(r"const parts = \[(.*?)\];", CONFIGURATION, re.DOTALL)
    assert parts is not None
    named = re.findall(r"'(\w+)'", parts[1])
    without_id = {name for name, type_ in cached_types().items() if "id" not in type_.fields}
    assert set(named) == {name for name in without_id if not name.endswith("Edge")}
    assert len(named) == len(set(named))


def test_the_configuration_names_every_list_of_objects() -> None:
    lists = {
        (name, field)
        for name, type_ in cached_types().items()
        if "id" in type_.fields
        for field, described in type_.fields.items()
        if isinstance(get_nullable_type(described.type), GraphQLList)
        and is_composite_type(get_named_type(described.type))
    }
    replaced = re.findall(r"(\w+): \{ fields: \{(.*)\} \},", CONFIGURATION)
    assert lists == {(name, field) for name, fields in replaced for field in re.findall(r"(\w+): replaced", fields)}


def test_the_configuration_names_the_types_of_every_union() -> None:
    unions = re.search(r"possibleTypes = \{\n(.*?)\n\};", CONFIGURATION, re.DOTALL)
    assert unions is not None
    listed = re.findall(r"(\w+): \[(.*?)\]", unions[1], re.DOTALL)
    assert {name: re.findall(r"'(\w+)'", members) for name, members in listed} == {
        type_.name: [member.name for member in type_.types]
        for type_ in SCHEMA.type_map.values()
        if isinstance(type_, GraphQLUnionType)
    }


@pytest.fixture(autouse=True)
def _accepts_long_documents(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both clients send documents with line breaks and indentation."""
    accept_long_documents(app, monkeypatch)


@pytest.fixture
async def session(account: Account, socket_url: str) -> Json:
    """The input of the scripts: queries of the first halves, changes that shorten lists, and the second halves."""
    for kind in ItemKind:
        account.add_item(kind, "1")
    avatar = {"icon": {"icon": "life-buoy", "color": "#ff8800"}}
    channel = await account.ana.create_channel("Vendas", memberIds=["bruno", "carla"], avatar=avatar)
    opened = await account.ana.mutate("openDirectMessage", "channel { id }", agentId="bruno")
    await account.bruno.send(opened["channel"]["id"], "Olá")
    hours = {"timeZone": "America/Sao_Paulo", "days": ["SUNDAY"], "from": "22:00", "to": "07:00"}
    await account.ana.mutate("updateChatProfile", "viewer { sendKey }", quietHours=hours)
    names = ("bruno", "carla")
    message = await account.ana.send(
        channel,
        " ".join(f"[@{name}](mention://user/{name}/{name})" for name in names),
        cards=[{"kind": kind, "id": "1"} for kind in ItemKind],
    )
    for emoji in ("👍", "🎉"):
        await account.ana.mutate("addChatReaction", "message { id }", messageId=message, emoji=emoji)
    variables: dict[str, Json] = {
        "chatChannel": {"id": channel},
        "chatMessage": {"id": message},
        "whyNotified": {"messageId": message},
        "sharePreview": {"entity": {"kind": "DEAL", "id": "1"}, "destination": {"channelId": channel}},
    }
    assert SCHEMA.query_type is not None
    requests: tuple[list[Json], list[Json]] = ([], [])
    for field in SCHEMA.query_type.fields:
        for half, document in zip(requests, halves(SCHEMA, field, REQUIRED.get(field, {})), strict=True):
            half.append({"name": field, "query": document, "variables": variables.get(field, {})})
    shorter = "[@bruno](mention://user/bruno/bruno)"
    return {
        "url": socket_url.replace("ws://", "http://"),
        "token": account.ana.token,
        "sdl": SDL,
        "before": requests[0],
        "changes": [
            {"query": EDIT, "variables": {"input": {"messageId": message, "body": shorter}}},
            {"query": REMOVE, "variables": {"input": {"messageId": message, "emoji": "🎉"}}},
        ],
        "after": requests[1],
    }


async def run(script: str, npm_folder: Path, folder: Path, session: Json, configuration: str) -> Json:
    packages = await asyncio.to_thread(installed, HERE, npm_folder)
    module = folder / "configuration.mjs"
    module.write_text(configuration)
    process = await asyncio.create_subprocess_exec(
        *NODE, script, cwd=packages, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate(json.dumps(session | {"configuration": str(module)}).encode())
    assert process.returncode == 0
    result: Json = json.loads(output)
    return result


@pytest.mark.node
@pytest.mark.parametrize("script", ["apollo.mjs", "urql.mjs"])
async def test_both_halves_of_every_object_stay_in_the_cache(
    npm_folder: Path, tmp_path: Path, session: Json, script: str
) -> None:
    assert await run(script, npm_folder, tmp_path, session, CONFIGURATION) == {"warnings": [], "missing": []}


@pytest.mark.node
@pytest.mark.parametrize("script", ["apollo.mjs", "urql.mjs"])
async def test_without_the_configuration_the_caches_warn(
    npm_folder: Path, tmp_path: Path, session: Json, script: str
) -> None:
    """Shows that the other test would notice a missing line."""
    result = await run(script, npm_folder, tmp_path, session, NO_CONFIGURATION)
    assert any("ChatChannelPermissions" in warning for warning in result["warnings"])
