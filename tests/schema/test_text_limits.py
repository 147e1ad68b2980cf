"""Every text and id that a client sends has a maximum length. The arguments and input fields come from the schema."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLObjectType,
    get_named_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)

from chat.mention_scanner import parse_mentions
from chat.naming import like_pattern
from chat.sending import BODY_LENGTH
from models.enums import ItemKind
from schema.texts import QUERY_LENGTH, TEXT_LENGTH
from tests.schema.documents import SCHEMA
from tests.support.api import Account, Api, Json
from tests.support.sockets import open_socket

ITEM = '{ _entities(representations: [{__typename: "%s", id: "1"}]) { ... on %s { %%s } } }'
PARENTS = {
    "Query": "{ %s }",
    "Subscription": "subscription { %s }",
    "Mutation": "mutation { %s }",
    "ChatChannel": "{ chatChannel(id: $channel) { %s } }",
    "ChatReaction": "{ chatMessage(id: $message) { reactions { %s } } }",
}
SAMPLES = {"String": "x", "ID": "x", "Int": 1, "Boolean": True, "DateTime": "2026-11-27T12:00:00Z"}


@dataclass(frozen=True)
class Place:
    """A text in an argument of a field."""

    parent: str
    field: str
    argument: str
    type: GraphQLInputType
    path: tuple[str, ...]
    """The names of the input fields that lead from the argument to the text."""

    @property
    def name(self) -> str:
        return ".".join((self.parent, self.field, self.argument, *self.path))

    @property
    def limit(self) -> int:
        return QUERY_LENGTH if self.argument == "query" else TEXT_LENGTH

    def value(self, text: str) -> Any:
        return _value(self.type, self.path, text)

    def document(self, names: Json) -> str:
        arguments = SCHEMA.type_map[self.parent].fields[self.field].args  # type: ignore[attr-defined]
        others = {
            name: f"{name}: {_literal(argument.type)}"
            for name, argument in arguments.items()
            if is_non_null_type(argument.type) and name != self.argument
        }
        given = ", ".join([f"{self.argument}: $value", *others.values()])
        selected = (
            f"{self.field}({given}) {{ {'userErrors { code message path } ' * (self.parent == 'Mutation')}__typename }}"
        )
        template = PARENTS.get(self.parent, ITEM % (self.parent, self.parent)) % selected
        for name, id in names.items():
            template = template.replace(f"${name}", f'"{id}"')
        kind, _, selection = template.partition("{")
        return f"{kind or 'query '}($value: {self.type}) {{{selection}"


def _value(type_: GraphQLInputType, path: tuple[str, ...], text: str) -> Any:
    """Returns a value of the type, with the text at the path."""
    if is_non_null_type(type_):
        return _value(type_.of_type, path, text)
    if is_list_type(type_):
        return [_value(type_.of_type, path, text)]
    if not isinstance(type_, GraphQLInputObjectType):
        return text
    fields = {
        name: _sample(field.type)
        for name, field in type_.fields.items()
        if is_required_input_field(field) and name != path[0]
    }
    return fields | {path[0]: _value(type_.fields[path[0]].type, path[1:], text)}


def _sample(type_: GraphQLInputType) -> Any:
    named = get_named_type(type_)
    if is_list_type(type_) or (is_non_null_type(type_) and is_list_type(type_.of_type)):
        return []
    if isinstance(named, GraphQLEnumType):
        return next(iter(named.values))
    if isinstance(named, GraphQLInputObjectType):
        first = next(iter(named.fields))
        required = {name: _sample(field.type) for name, field in named.fields.items() if is_required_input_field(field)}
        return required or {first: _sample(named.fields[first].type)}
    return SAMPLES[named.name]


def _literal(type_: GraphQLInputType) -> str:
    named = get_named_type(type_)
    if isinstance(named, GraphQLInputObjectType):
        sample, enums = (
            _sample(type_),
            {n for n, f in named.fields.items() if isinstance(get_named_type(f.type), GraphQLEnumType)},
        )
        return "{" + ", ".join(f"{n}: {v}" if n in enums else f'{n}: "{v}"' for n, v in sample.items()) + "}"
    return f'"{_sample(type_)}"'


def _places() -> Iterator[Place]:
    for type_ in SCHEMA.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for name, field in type_.fields.items():
                for argument, definition in field.args.items():
                    for path in _texts(definition.type):
                        yield Place(type_.name, name, argument, definition.type, path)


def _texts(type_: GraphQLInputType) -> Iterator[tuple[str, ...]]:
    named = get_named_type(type_)
    if isinstance(named, GraphQLInputObjectType):
        for name, field in named.fields.items():
            for path in _texts(field.type):
                yield (name, *path)
    elif named.name in ("String", "ID"):
        yield ()


LIMIT_MESSAGE = f"can have at most {TEXT_LENGTH:,} characters."

PLACES = list(_places())
SIMPLE = [place for place in PLACES if place.parent not in ("Mutation", "Subscription")]
MUTATIONS = [place for place in PLACES if place.parent == "Mutation"]
SUBSCRIPTIONS = [place for place in PLACES if place.parent == "Subscription"]


@dataclass(frozen=True)
class Scene:
    """A channel with a message that has a reaction."""

    account: Account
    names: Json


@pytest.fixture(scope="module")
async def scene(api: Api) -> Scene:
    account = await api.create_account()
    account.add_item(ItemKind.DEAL, "1")
    channel = await account.ana.create_channel()
    message = await account.ana.send(channel)
    await account.ana.mutate("addChatReaction", "message { id }", messageId=message, emoji="👍")
    return Scene(account, {"channel": channel, "message": message})


def test_the_schema_has_many_texts() -> None:
    assert len(SIMPLE) > 25
    assert len(MUTATIONS) > 45
    assert len(SUBSCRIPTIONS) > 5


@pytest.mark.parametrize("place", SIMPLE, ids=lambda place: place.name)
async def test_a_text_over_the_limit_is_bad_input_of_a_query(scene: Scene, place: Place) -> None:
    ana, document = scene.account.ana, place.document(scene.names)
    control = (await ana.execute(document, value=place.value("x" * place.limit))).body
    assert "characters" not in str(control.get("errors"))
    assert "INTERNAL" not in str(control.get("errors"))
    for length in (place.limit + 1, 1_000_000):
        errors = (await ana.execute(document, value=place.value("x" * length))).body["errors"]
        assert {error["extensions"]["code"] for error in errors} == {"BAD_USER_INPUT"}
        assert f"at most {place.limit:,} characters" in errors[0]["message"]


@pytest.mark.parametrize("place", MUTATIONS, ids=lambda place: place.name)
async def test_a_text_over_the_limit_is_refused_by_a_mutation_with_its_path(scene: Scene, place: Place) -> None:
    client = (
        scene.account.api.service(scene.account.account_id) if place.field == "syncChatDirectory" else scene.account.ana
    )
    document = place.document(scene.names)
    for length, is_refused in ((1, False), (TEXT_LENGTH + 1, True), (1_000_000, True)):
        payload = (await client.query(document, value=place.value("x" * length)))[place.field]
        too_long = [error for error in payload["userErrors"] if LIMIT_MESSAGE in error["message"]]
        paths = [(error["code"], [name for name in error["path"] if not name.isdigit()]) for error in too_long]
        assert paths == ([("INVALID", list(place.path))] if is_refused else [])


@pytest.mark.parametrize("place", SUBSCRIPTIONS, ids=lambda place: place.name)
async def test_a_text_over_the_limit_is_bad_input_of_a_subscription(
    scene: Scene, socket_url: str, place: Place
) -> None:
    document = place.document(scene.names)
    async with open_socket(socket_url, scene.account.ana.token) as socket:
        for length, too_long in ((1, False), (TEXT_LENGTH + 1, True)):
            stream = await socket.subscribe(document, value=place.value("x" * length))
            try:
                message = str(await stream.next(patience=0.5 + too_long * 5))
            except TimeoutError:
                message = ""
            assert (f"at most {TEXT_LENGTH:,} characters" in message and "BAD_USER_INPUT" in message) == too_long


HOSTILE = [
    "a",
    "\ufdfa",
    "\u0315\u0300",
    "e\u0301",
    "[",
    "[@",
    "]",
    "\\",
    "[@a](mention://user/1/",
    "](mention://user/",
]


@pytest.mark.parametrize("letters", HOSTILE, ids=ascii)
def test_the_longest_texts_take_less_than_50_milliseconds(letters: str) -> None:
    body = ("[@a](mention://user/1/" + letters * BODY_LENGTH)[:BODY_LENGTH]
    query = (letters * QUERY_LENGTH)[:QUERY_LENGTH]
    begun = time.process_time()
    assert len(parse_mentions(body)) <= 1
    assert len(like_pattern(query)) > 1
    assert time.process_time() - begun < 0.05
