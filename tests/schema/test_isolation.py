"""What belongs to another account, or is hidden within the account, is answered like what does not exist: agents,
items, teams, texts, and the channels of streams. The places that take ids come from the schema.

Ids of the chat's own channels, messages and files are in test_unknown_ids.py.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import uuid4

import pytest
from graphql import GraphQLArgument, GraphQLInputField, GraphQLInputObjectType, get_named_type

from models.enums import ItemKind
from schema.entities import ENTITIES
from tests.schema.documents import MUTATIONS, QUERIES, SUBSCRIPTIONS, document
from tests.schema.permissions import CALLERS, MATRIX
from tests.schema.scene import Scene
from tests.schema.test_unknown_ids import PLATFORM_IDS, Hidden
from tests.support.api import AgentClient, Api, ApiClient, Json
from tests.support.fingerprint import fingerprint
from tests.support.sockets import open_socket

THEIRS = "theirs-0001"
"""The id of an agent, of a team and of items of the other account. This account has none of that id."""

AGENTS = {"searchChatMessages": "bruno", "removeChatAuthor": "davi"}
"""Agents for whom a request succeeds, where carla is none."""

SELECTIONS = {"sharePreview": "card { access title }"}


@dataclass(frozen=True)
class Place:
    """A place in the arguments of a root field that takes an id of the platform."""

    field: str
    path: tuple[str, ...]
    is_item: bool

    def filled(self, variables: Json, id: str) -> Json:
        return _filled(variables, self.path, id)


def _places() -> Iterator[Place]:
    for name, field in {**QUERIES, **MUTATIONS}.items():
        input_type = get_named_type(field.args["input"].type) if "input" in field.args else None
        fields = input_type.fields if isinstance(input_type, GraphQLInputObjectType) else field.args
        yield from _places_in(name, fields, ())


def _places_in(
    field: str, described: Mapping[str, GraphQLArgument | GraphQLInputField], path: tuple[str, ...]
) -> Iterator[Place]:
    for name, argument in described.items():
        type_ = get_named_type(argument.type)
        if isinstance(type_, GraphQLInputObjectType):
            inner = {"id": type_.fields["id"]} if type_.name == "SharedEntityRef" else type_.fields
            yield from _places_in(field, inner, (*path, name))
        elif name in PLATFORM_IDS or (path and path[-1] in ("entity", "cards")):
            yield Place(field, (*path, name), name == "id")


def _filled(value: Json, path: tuple[str, ...], id: str) -> Json:
    first, *rest = path
    if not rest:
        return {**value, first: id}
    if first == "destination":
        return {**value, first: {rest[0]: id}}
    inner = value.get(first) or ({"kind": "DEAL"} if first == "cards" else {})
    return {**value, first: _filled(inner, tuple(rest), id)}


PLACES = [place for place in _places() if place.field != "syncChatDirectory"]
"""`syncChatDirectory` defines agents and teams, so every id is valid there."""


async def build_scene(api: Api) -> Scene:
    """Returns a scene in whose other account an agent, a team and a deal have the id THEIRS. A deal of this account,
    "hidden", is hidden from everybody."""
    scene = await Scene.build(api)
    team = {"id": THEIRS, "name": "Deles", "agentIds": [THEIRS]}
    await scene.other.sync(agents=[{"id": THEIRS, "name": "Deles"}], teams=[team])
    scene.other.add_item(ItemKind.DEAL, THEIRS)
    everybody = [*scene.account.agents, "ana", "bruno", "carla", "davi"]
    scene.account.add_item(ItemKind.DEAL, "hidden", hidden_from=everybody)
    return scene


def test_many_places_take_ids_of_the_platform() -> None:
    assert len([place for place in PLACES if place.is_item]) >= 3
    assert len([place for place in PLACES if not place.is_item]) >= 10


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place.field}.{'.'.join(place.path)}")
async def test_an_agent_or_item_of_another_account_is_answered_like_an_unknown_one(api: Api, place: Place) -> None:
    scene = await build_scene(api)
    row = MATRIX[place.field]
    if row.prepare:
        await row.prepare(scene)
    caller = scene.caller(next(name for name in reversed(CALLERS) if row.outcomes[name] == "ok"))
    table = row.variables(scene)
    before = [await fingerprint(scene.account), await fingerprint(scene.other)]
    ids = [THEIRS, uuid4().hex, *(["hidden"] if place.is_item else [])]
    answers = [await answer_of(caller, place.field, place.filled(table, id), id) for id in ids]
    assert len(set(answers)) == 1, answers
    assert THEIRS not in answers[0]
    assert [await fingerprint(scene.account), await fingerprint(scene.other)] == before
    known = "1" if place.is_item else AGENTS.get(place.field, "carla")
    assert await answer_of(caller, place.field, place.filled(table, known), known) != answers[0]


async def answer_of(caller: ApiClient, field: str, variables: Json, id: str) -> str:
    """Returns the answer as text, in which the id is masked."""
    query, sent = document(field, variables, SELECTIONS.get(field))
    return json.dumps((await caller.execute(query, **sent)).body).replace(id, "<id>")


STREAM_PLACES = [(name, argument) for name, field in SUBSCRIPTIONS.items() for argument in field.args]


def test_the_arguments_of_streams_are_known() -> None:
    assert {argument for _, argument in STREAM_PLACES} == {"channelId", "since", "agentIds"}


@pytest.mark.parametrize("field", sorted({name for name, argument in STREAM_PLACES if argument == "channelId"}))
async def test_a_stream_of_a_hidden_channel_ends_like_that_of_an_unknown_one(
    api: Api, socket_url: str, field: str
) -> None:
    scene = await Scene.build(api)
    hidden = await Hidden.build(scene)
    for caller in (scene.account.davi, scene.other.bruno):
        async with open_socket(socket_url, caller.token) as socket:
            answers = set()
            for id in hidden.channels.values():
                query, variables = document(field, {"channelId": id})
                frame = await (await socket.subscribe(query, **variables)).next()
                answers.add(json.dumps(frame).replace(id, "<id>") if id else json.dumps(frame))
            assert len(answers) == 1, answers
            assert "ACCESS_LOST" in answers.pop()


async def test_the_presence_of_agents_of_another_account_is_silent(api: Api, socket_url: str) -> None:
    scene = await build_scene(api)
    theirs = scene.other.agent(THEIRS)
    query = "subscription ($ids: [ID!]!) { chatPresenceChanged(agentIds: $ids) { id presence } }"
    async with open_socket(socket_url, scene.account.davi.token) as socket:
        stream = await socket.subscribe(query, ids=[THEIRS, uuid4().hex, "carla"])
        await scene.account.until_subscribed()
        for agent in (theirs, scene.account.carla):
            await agent.mutate("setChatPresence", "viewer { sendKey }", presence="BUSY")
        assert (await stream.data())["id"] == "carla"


@pytest.mark.parametrize("kind", sorted(ENTITIES))
async def test_an_item_of_another_account_resolves_like_an_unknown_one(api: Api, kind: ItemKind) -> None:
    scene = await build_scene(api)
    type_name = ENTITIES[kind].__name__
    scene.account.add_item(kind, "secret", hidden_from=["davi"])
    scene.account.add_item(kind, "open")
    scene.other.add_item(kind, THEIRS)
    bruno = scene.account.bruno
    channel = await bruno.create_channel("Fechado", "PRIVATE")
    for item in ("secret", "open"):
        await bruno.send(channel, "", cards=[{"kind": kind, "id": item}])
    answers = [await entity(scene.account.davi, type_name, id) for id in (THEIRS, uuid4().hex, "secret")]
    assert len(set(answers)) == 1, answers
    assert "Secret title" in await entity(scene.account.davi, type_name, "open")
    assert '"nodes": [{' in await entity(bruno, type_name, "open")


async def entity(caller: AgentClient, type_name: str, id: str) -> str:
    query = (
        "query ($all: [_Any!]!) { _entities(representations: $all)"
        f" {{ ... on {type_name} {{ id card {{ title }} sharedIn {{ nodes {{ id }} }} }} }} }}"
    )
    found = await caller.query(query, all=[{"__typename": type_name, "id": id}])
    return json.dumps(found).replace(id, "<id>")


async def test_a_search_does_not_reveal_the_words_of_hidden_messages(api: Api) -> None:
    scene = await Scene.build(api)
    hidden, word = await Hidden.build(scene), f"segredo{uuid4().hex[:8]}"
    for caller, channel in ((scene.account.bruno, "private"), (scene.account.bruno, "direct")):
        await caller.send(hidden.channels[channel], f"{word} aqui")
    page = "edges { cursor node { snippet } } nodes { snippet } pageInfo { hasNextPage hasPreviousPage endCursor }"
    query = (
        "query ($query: String, $filter: ChatMessageSearchFilter)"
        f" {{ searchChatMessages(query: $query, filter: $filter) {{ {page} }} }}"
    )
    for filters in ({}, {"authorId": "bruno"}, {"channelId": hidden.channels["private"]}):
        for caller in (scene.account.davi, scene.account.ana, scene.other.bruno):
            secret, absent = [
                await caller.query(query, query=text, filter=filters) for text in (word, "nunca-escrito-9f2c")
            ]
            assert secret == absent
    found = await scene.account.bruno.query(query, query=word)
    assert len(found["searchChatMessages"]["nodes"]) == 2


@pytest.mark.parametrize("target", ["user", "team"])
async def test_a_mention_of_another_accounts_agent_is_like_one_of_an_unknown_agent(api: Api, target: str) -> None:
    scene = await build_scene(api)
    davi, answers = scene.account.davi, set()
    mentioned = "mentions { target agent { id name } teamName reachable }"
    for id in (THEIRS, uuid4().hex):
        body = f"[@Eles](mention://{target}/{id})"
        payload = await davi.mutate("sendChatMessage", f"message {{ {mentioned} }}", channelId=scene.public, body=body)
        answers.add(json.dumps(payload).replace(id, "<id>"))
    assert len(answers) == 1, answers
    known = await davi.mutate(
        "sendChatMessage",
        f"message {{ {mentioned} }}",
        channelId=scene.public,
        body="[@Carla](mention://user/carla/Carla)",
    )
    assert known["message"]["mentions"][0]["agent"]["id"] == "carla"
    bell = await scene.other.agent(THEIRS).query("{ chatNotifications { nodes { id } } }")
    assert bell["chatNotifications"]["nodes"] == []
