"""An item that an agent cannot see is not shown through any root field. The paths to cards are derived from the schema:
each root field is requested with everything that can be selected below it, so new paths are covered too."""

from collections.abc import Iterator

import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
    get_named_type,
)
from starlette.applications import Starlette

import execution.compiler
from models.enums import ItemKind
from tests.schema.documents import MUTATIONS, QUERIES, SCHEMA, SUBSCRIPTIONS
from tests.support.api import Account, AgentClient, Json
from tests.support.long_documents import accept_long_documents
from tests.support.sockets import open_socket

pytestmark = pytest.mark.usefixtures("one_item_of_each_kind")

DEPTH = 7
MANY_FIELDS = 100_000
SECRET = "secret"
CARD_TYPES = {"SharedCard", *(type_.name for type_ in SCHEMA.type_map["SharedEntity"].types)}  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _accepts_long_documents(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    accept_long_documents(app, monkeypatch)
    monkeypatch.setattr(execution.compiler, "FIELDS", MANY_FIELDS)


def selection(type_: GraphQLOutputType, depth: int, above: tuple[str, ...] = ()) -> str:
    """Returns a selection of everything that leads to cards, and of all fields of cards. A type occurs once on a path,
    and ChatMessage twice."""
    named = get_named_type(type_)
    if isinstance(named, GraphQLUnionType):
        parts = [f"... on {member.name} {selection(member, depth, above)}" for member in named.types]
        return f"{{ __typename {' '.join(parts)} }}"
    assert isinstance(named, GraphQLObjectType | GraphQLInterfaceType)
    return f"{{ __typename {' '.join(_fields(named, depth, above))} }}"


def _fields(type_: GraphQLObjectType | GraphQLInterfaceType, depth: int, above: tuple[str, ...]) -> Iterator[str]:
    for name, field in type_.fields.items():
        if any(isinstance(argument.type, GraphQLNonNull) for argument in field.args.values()):
            continue
        below = get_named_type(field.type)
        if not isinstance(below, GraphQLObjectType | GraphQLUnionType):
            # Aliased by type: members of a union may have fields of one name and different types.
            yield f"{type_.name}_{name}: {name}"
        elif depth > 0 and above.count(below.name) < (2 if below.name == "ChatMessage" else 1):
            yield f"{type_.name}_{name}: {name} {selection(below, depth - 1, (*above, below.name))}"


def reaches_cards(field: GraphQLField) -> bool:
    return "SharedCard_title" in selection(field.type, DEPTH) or "Deal_card" in selection(field.type, DEPTH)


def call(field: str, described: GraphQLField, variables: Json) -> str:
    declared = ", ".join(f"${name}: {described.args[name].type}" for name in variables)
    given = ", ".join(f"{name}: ${name}" for name in variables)
    kind = "mutation" if field in MUTATIONS else "query" if field in QUERIES else "subscription"
    head, asked = (f"{kind} ({declared})", f"{field}({given})") if variables else (kind, field)
    return f"{head} {{ {asked} {selection(described.type, DEPTH)} }}"


class SharedItems:
    """A public channel in which bruno has shared one item of each kind. Davi is a member and cannot see the items."""

    def __init__(self, account: Account, channel: str, message: str, reply: str) -> None:
        self.account, self.channel, self.message, self.reply = account, channel, message, reply

    def variables(self, field: str) -> Json:
        """Returns the variables with which a root field reaches the cards; none for a field that is not listed."""
        message, channel = {"messageId": self.reply}, {"channelId": self.channel}
        entity = {"kind": "DEAL", "id": "deal"}
        given: dict[str, Json] = {
            "chatChannel": {"id": self.channel},
            "chatMessage": {"id": self.reply},
            "sharePreview": {"entity": entity, "destination": {"channelId": self.channel}},
            "discoverChatChannels": {"query": "vendas"},
            "chatMessageAdded": channel,
            "chatChannelChanged": channel,
            "chatTyping": channel,
            "chatPresenceChanged": {"agentIds": ["bruno"]},
            "sendChatMessage": {**channel, "body": "I answer", "replyToId": self.message},
            "shareToChat": {"entity": entity, "destination": channel},
            "updateChatChannel": {**channel, "description": "New"},
            "addChatMembers": {**channel, "agentIds": ["carla"]},
            "removeChatMember": {**channel, "agentId": "carla"},
            "changeChatMemberRole": {**channel, "agentId": "carla", "role": "ADMIN"},
            "addChatAuthors": {**channel, "agentIds": ["carla"]},
            "removeChatAuthor": {**channel, "agentId": "carla"},
            "openDirectMessage": {"agentId": "bruno"},
            "createChatChannel": {"kind": "PUBLIC", "name": "Other"},
            "editChatMessage": {**message, "body": "Edited"},
            "addChatReaction": {**message, "emoji": "👍"},
            "removeChatReaction": {**message, "emoji": "👍"},
            "setChatTyping": {**channel, "typing": True},
            "setChatPresence": {"presence": "ONLINE"},
            "markChatUnread": {**channel, **message},
            "updateChatMembership": {**channel, "favourite": True},
            "updateChatProfile": {"sendKey": "ENTER"},
            "deleteChatMessage": message,
            "syncChatDirectory": {"account": {"name": "x"}},
            "updateChatAccountSettings": {"emailContents": True},
        }
        needs_channel = field in MUTATIONS and field not in given and "input" in MUTATIONS[field].args
        variables = given.get(field, channel if needs_channel else {})
        return {"input": variables} if field in MUTATIONS and variables else variables

    async def execute(self, agent: AgentClient, field: str) -> str:
        described = {**QUERIES, **MUTATIONS}[field]
        answer = await agent.execute(call(field, described, self.variables(field)), **self.variables(field))
        assert "GRAPHQL_PARSE_FAILED" not in str(answer.body)
        assert f"{MANY_FIELDS:,} fields" not in str(answer.body)
        return str(answer.body)


@pytest.fixture
async def shared(account: Account) -> SharedItems:
    channel = await account.bruno.create_channel("Vendas", memberIds=["carla", "davi"])
    cards = [{"kind": kind.value, "id": kind.value.lower()} for kind in ItemKind]
    message = await account.bruno.send(channel, "", cards=cards)
    reply = await account.davi.send(channel, "which one?", replyToId=message)
    return SharedItems(account, channel, message, reply)


FIELDS_WITH_CARDS = sorted(name for name, field in {**QUERIES, **MUTATIONS}.items() if reaches_cards(field))


def test_paths_to_cards_are_found() -> None:
    assert {"chatChannel", "chatChannels", "chatMessage", "discoverChatChannels", "sharePreview"} <= set(
        FIELDS_WITH_CARDS
    )
    assert {"sendChatMessage", "shareToChat", "addChatReaction", "joinChatChannel"} <= set(FIELDS_WITH_CARDS)


@pytest.mark.parametrize("field", FIELDS_WITH_CARDS)
async def test_no_field_shows_an_item_without_access(
    shared: SharedItems, field: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert SECRET not in (await shared.execute(shared.account.davi, field)).lower()
    out, err = capfd.readouterr()
    assert SECRET not in (out + err).lower(), "the log shows it"


@pytest.mark.parametrize("field", ["chatChannel", "chatChannels", "chatMessage", "sharePreview", "sendChatMessage"])
async def test_the_same_fields_show_the_item_with_access(shared: SharedItems, field: str) -> None:
    assert "secret title" in (await shared.execute(shared.account.carla, field)).lower()


@pytest.mark.parametrize("field", sorted(name for name, field in SUBSCRIPTIONS.items() if reaches_cards(field)))
async def test_no_stream_shows_an_item_without_access(shared: SharedItems, field: str, socket_url: str) -> None:
    query, variables = call(field, SUBSCRIPTIONS[field], shared.variables(field)), shared.variables(field)
    async with (
        open_socket(socket_url, shared.account.davi.token) as his,
        open_socket(socket_url, shared.account.carla.token) as hers,
    ):
        hidden, granted = await his.subscribe(query, **variables), await hers.subscribe(query, **variables)
        await shared.account.until_subscribed(2)
        body = "[@Davi](mention://user/davi/Davi) [@Carla](mention://user/carla/Carla)"
        await shared.account.bruno.send(shared.channel, body, cards=[{"kind": "DEAL", "id": "deal"}])
        assert SECRET not in str(await hidden.next()).lower()
        assert "secret title" in str(await granted.next()).lower()


async def test_references_do_not_show_an_item_without_access(shared: SharedItems) -> None:
    entities = [
        {"__typename": type_.name, "id": kind.value.lower()}
        for kind, type_ in zip(ItemKind, SCHEMA.type_map["SharedEntity"].types, strict=True)  # type: ignore[attr-defined]
    ]
    parts = " ".join(
        f"... on {type_.name} {selection(type_, 4)}"
        for type_ in SCHEMA.type_map["SharedEntity"].types  # type: ignore[attr-defined]
    )
    query = f"query ($r: [_Any!]!) {{ _entities(representations: $r) {{ {parts} }} }}"
    hidden = await shared.account.davi.execute(query, r=entities)
    assert "errors" not in hidden.body
    assert SECRET not in str(hidden.body).lower()
    assert "'nodes': []" not in str((await shared.account.carla.execute(query, r=entities)).body)
    assert "secret title" in str((await shared.account.carla.execute(query, r=entities)).body).lower()
