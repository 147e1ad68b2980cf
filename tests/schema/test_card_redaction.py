"""Whichever way a card is reached, nothing of an item shows to who may not see it.

The ways are found from the schema: every root field is asked for everything that can be selected below it, so a new
way to a card is walked by itself.
"""

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

from models.enums import ItemKind
from tests.schema.documents import MUTATIONS, QUERIES, SCHEMA, SUBSCRIPTIONS
from tests.support.api import Account, AgentClient, Json
from tests.support.sockets import open_socket

pytestmark = pytest.mark.usefixtures("items")

DEPTH = 7
SECRET = "secret"
CARD_TYPES = {"SharedCard", *(type_.name for type_ in SCHEMA.type_map["SharedEntity"].types)}  # type: ignore[attr-defined]


def selection(type_: GraphQLOutputType, depth: int, above: tuple[str, ...] = ()) -> str:
    """Selects all that leads to cards from here, and all that a card itself holds; no type twice on one way except
    those that repeat by nature (a page of messages inside a card), which end the way."""
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
            # Aliased by its type: members of a union may call different things by one name.
            yield f"{type_.name}_{name}: {name}"
        elif depth > 0 and above.count(below.name) < (2 if below.name == "ChatMessage" else 1):
            yield f"{type_.name}_{name}: {name} {selection(below, depth - 1, (*above, below.name))}"


def _reaches_cards(field: GraphQLField) -> bool:
    return "SharedCard_title" in selection(field.type, DEPTH) or "Deal_card" in selection(field.type, DEPTH)


def call(field: str, described: GraphQLField, variables: Json) -> str:
    declared = ", ".join(f"${name}: {described.args[name].type}" for name in variables)
    given = ", ".join(f"{name}: ${name}" for name in variables)
    kind = "mutation" if field in MUTATIONS else "query" if field in QUERIES else "subscription"
    head, asked = (f"{kind} ({declared})", f"{field}({given})") if variables else (kind, field)
    return f"{head} {{ {asked} {selection(described.type, DEPTH)} }}"


class Room:
    """A public channel in which bruno shared one item of each kind that davi, a member, may not see."""

    def __init__(self, account: Account, channel: str, message: str, reply: str) -> None:
        self.account, self.channel, self.message, self.reply = account, channel, message, reply

    def variables(self, field: str) -> Json:
        """What each root field must be given to come near the cards; a field without a line here is asked bare."""
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
            "setChatPresence": {"status": "ONLINE"},
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
        return str(answer.body)


@pytest.fixture
async def room(account: Account) -> Room:
    channel = await account.bruno.create_channel("Vendas", memberIds=["carla", "davi"])
    cards = [{"kind": kind.value, "id": kind.value.lower()} for kind in ItemKind]
    message = await account.bruno.send(channel, "", cards=cards)
    reply = await account.davi.send(channel, "which one?", replyToId=message)
    return Room(account, channel, message, reply)


WALKED = sorted(name for name, field in {**QUERIES, **MUTATIONS}.items() if _reaches_cards(field))


def test_there_are_ways_to_cards() -> None:
    assert {"chatChannel", "chatChannels", "chatMessage", "discoverChatChannels", "sharePreview"} <= set(WALKED)
    assert {"sendChatMessage", "shareToChat", "addChatReaction", "joinChatChannel"} <= set(WALKED)


@pytest.mark.parametrize("field", WALKED)
async def test_no_way_shows_what_is_not_granted(room: Room, field: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert SECRET not in (await room.execute(room.account.davi, field)).lower()
    out, err = capfd.readouterr()
    assert SECRET not in (out + err).lower(), "nor does the log"


@pytest.mark.parametrize("field", ["chatChannel", "chatChannels", "chatMessage", "sharePreview", "sendChatMessage"])
async def test_the_same_ways_show_it_to_whom_it_is_granted(room: Room, field: str) -> None:
    assert "secret title" in (await room.execute(room.account.carla, field)).lower()


@pytest.mark.parametrize("field", sorted(name for name, field in SUBSCRIPTIONS.items() if _reaches_cards(field)))
async def test_no_stream_shows_it_either(room: Room, field: str, socket_url: str) -> None:
    query, variables = call(field, SUBSCRIPTIONS[field], room.variables(field)), room.variables(field)
    async with (
        open_socket(socket_url, room.account.davi.token) as his,
        open_socket(socket_url, room.account.carla.token) as hers,
    ):
        hidden, granted = await his.subscribe(query, **variables), await hers.subscribe(query, **variables)
        await room.account.until_subscribed(2)
        body = "[@Davi](mention://user/davi/Davi) [@Carla](mention://user/carla/Carla)"
        await room.account.bruno.send(room.channel, body, cards=[{"kind": "DEAL", "id": "deal"}])
        assert SECRET not in str(await hidden.next()).lower()
        assert "secret title" in str(await granted.next()).lower()


async def test_references_show_nothing(room: Room) -> None:
    entities = [
        {"__typename": type_.name, "id": kind.value.lower()}
        for kind, type_ in zip(ItemKind, SCHEMA.type_map["SharedEntity"].types, strict=True)  # type: ignore[attr-defined]
    ]
    parts = " ".join(
        f"... on {type_.name} {selection(type_, 4)}"
        for type_ in SCHEMA.type_map["SharedEntity"].types  # type: ignore[attr-defined]
    )
    query = f"query ($r: [_Any!]!) {{ _entities(representations: $r) {{ {parts} }} }}"
    hidden = await room.account.davi.execute(query, r=entities)
    assert "errors" not in hidden.body
    assert SECRET not in str(hidden.body).lower()
    assert "'nodes': []" not in str((await room.account.carla.execute(query, r=entities)).body)
    assert "secret title" in str((await room.account.carla.execute(query, r=entities)).body).lower()
