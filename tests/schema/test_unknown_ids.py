"""Ids of private channels, of other accounts, unknown ids and malformed ids have exactly the same response."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import uuid4

import pytest
from graphql import GraphQLArgument, GraphQLInputField, GraphQLInputObjectType, get_named_type

from tests.schema.documents import MUTATIONS, QUERIES, SCHEMA, document, outcome
from tests.schema.permissions import MATRIX
from tests.schema.scene import FOURTH, Scene
from tests.support.api import Api, ApiClient, Json
from tests.support.fingerprint import fingerprint

# Ids of the platform: every agent of the account may know them.
PLATFORM_IDS = {"agentId", "agentIds", "authorId", "memberIds"}
# Uploads belong to one agent, so the requests of the table, which several agents send, have none.
OF_UPLOADERS: Mapping[str, Json] = {
    "attachmentIds": {"attachmentIds": "", "replyToId": None},
    "imageId": {"avatar": {"imageId": ""}},
}
OF_ROOT_ID = {"chatChannel": "channelId", "chatMessage": "messageId"}


def _places() -> Iterator[tuple[str, str, str]]:
    """Yields each place where a query or mutation takes an id of the chat: the field, the path, and the kind of id."""
    for name, field in {**QUERIES, **MUTATIONS}.items():
        input_type = get_named_type(field.args["input"].type) if "input" in field.args else None
        fields = input_type.fields if isinstance(input_type, GraphQLInputObjectType) else field.args
        for path in _ids(fields):
            thing = path.rpartition(".")[2]
            yield name, path, OF_ROOT_ID[name] if thing == "id" else thing


def _ids(fields: Mapping[str, GraphQLArgument | GraphQLInputField]) -> Iterator[str]:
    for place, described in fields.items():
        type_ = get_named_type(described.type)
        if type_.name == "ID" and place not in PLATFORM_IDS:
            yield place
        elif isinstance(type_, GraphQLInputObjectType):
            # Fields named `id` hold ids of the platform's agents, teams and items.
            yield from (f"{place}.{inner}" for inner in _ids(type_.fields) if inner != "id")


PLACES = sorted(_places())


@dataclass(frozen=True)
class Hidden:
    """Ids of channels, messages and uploads that neither davi nor the other account's bruno can see."""

    channels: dict[str, str]
    messages: dict[str, str]
    uploads: dict[str, str]

    @classmethod
    async def build(cls, scene: Scene) -> "Hidden":
        """Creates the private, direct and foreign ones; the others do not exist."""
        bruno, stranger = scene.account.bruno, scene.other.carla
        private = await bruno.create_channel("Fechado", "PRIVATE", memberIds=["carla"])
        opened = await bruno.mutate("openDirectMessage", "channel { id }", agentId=FOURTH)
        await stranger.create_channel("Deles")
        foreign = await stranger.create_channel("Deles também", "PRIVATE", memberIds=["ana"])
        direct: str = opened["channel"]["id"]
        real = {"private": private, "direct": direct}
        messages = {name: await bruno.send(channel) for name, channel in real.items()}
        messages["foreign"] = await stranger.send(foreign)
        uploads = {"bruno's": await bruno.upload(), "a stranger's": await stranger.upload()}
        sent = await bruno.upload()
        await bruno.send(private, attachmentIds=[sent])
        made_up = {"random": uuid4().hex, "garbage": "x", "upper case": uuid4().hex.upper(), "short": uuid4().hex[1:]}
        return cls(
            {**real, "foreign": foreign, "a message": messages["private"].replace("msg", "chn")}
            | {name: f"chn_{id}" for name, id in made_up.items()}
            | {"prefix": private.replace("chn", "msg"), "nothing": ""},
            {**messages, "a channel": private.replace("chn", "msg")}
            | {name: f"msg_{id}" for name, id in made_up.items()}
            | {"prefix": messages["private"].replace("msg", "chn"), "nothing": ""},
            {**uploads, "sent": sent, "a message": messages["private"].replace("msg", "att")}
            | {name: f"att_{id}" for name, id in made_up.items()}
            | {"prefix": sent.replace("att", "msg"), "nothing": ""},
        )

    def of(self, thing: str) -> dict[str, str]:
        if thing == "notificationIds":
            return {name: id.replace("msg_", "ntf_") for name, id in self.messages.items()}
        if thing in OF_UPLOADERS:
            return self.uploads
        return self.messages if thing in ("messageId", "replyToId") else self.channels


def test_other_arguments_that_take_ids_are_known() -> None:
    """A new argument of this kind needs a test like that of ChatChannel.messages(around:) below."""
    taken = {
        f"{name}.{field_name}.{argument}"
        for name, type_ in SCHEMA.type_map.items()
        if name not in ("Query", "Mutation", "Subscription") and not name.startswith("__")
        for field_name, field in getattr(type_, "fields", {}).items()
        for argument, described in getattr(field, "args", {}).items()
        if get_named_type(described.type).name == "ID"
    }
    assert taken == {"ChatChannel.messages.around"}


@pytest.mark.parametrize(("field", "place", "thing"), PLACES, ids=lambda part: str(part))
async def test_a_hidden_id_is_answered_like_an_unknown_one(api: Api, field: str, place: str, thing: str) -> None:
    scene = await Scene.build(api)
    row, hidden = MATRIX[field], await Hidden.build(scene)
    if row.prepare:
        await row.prepare(scene)
    table = row.variables(scene)
    request = table | OF_UPLOADERS.get(thing, {})
    assert _with_id(request, place, "?") != request, "the table has a value for every id"
    own_of_other = await _own(scene, request)
    before = [await fingerprint(scene.account), await fingerprint(scene.other)]
    for caller, own in ((scene.account.davi, request), (scene.other.bruno, own_of_other)):
        answers = {
            name: await _masked_answer(caller, field, _with_id(own, place, id), id)
            for name, id in hidden.of(thing).items()
        }
        assert len(set(answers.values())) == 1, answers
        assert '"data":null' not in answers["random"]
        assert "unexpected" not in answers["random"]
    assert [await fingerprint(scene.account), await fingerprint(scene.other)] == before
    # With the id of the table the request passes for some caller, so the answers above are due to the ids.
    allowed = scene.caller(next(name for name, word in reversed(row.outcomes.items()) if word == "ok"))
    query, variables = document(field, table)
    assert outcome(field, (await allowed.execute(query, **variables)).body) == "ok"


async def test_a_page_around_a_hidden_message_is_empty(api: Api) -> None:
    scene = await Scene.build(api)
    hidden, davi = await Hidden.build(scene), scene.account.davi
    query = "query ($id: ID!, $around: ID!) { chatChannel(id: $id) { messages(around: $around) { nodes { id } } } }"
    elsewhere = {
        (await davi.execute(query, id=scene.private, around=id)).body["data"]["chatChannel"]["messages"]["nodes"] != []
        for id in hidden.messages.values()
    }
    assert elsewhere == {False}
    here = await davi.query(query, id=scene.private, around=scene.message)
    assert here["chatChannel"]["messages"]["nodes"]


@pytest.mark.parametrize("type_name", ["ChatChannel", "ChatMessage"])
async def test_a_reference_with_a_hidden_id_is_answered_like_an_unknown_one(api: Api, type_name: str) -> None:
    scene = await Scene.build(api)
    hidden = await Hidden.build(scene)
    ids = hidden.channels if type_name == "ChatChannel" else hidden.messages
    for caller in (scene.account.davi, scene.other.bruno):
        answers = set()
        for id in ids.values():
            asked = {"representations": [{"__typename": type_name, "id": id}]}
            answers.add(await _masked_answer(caller, "_entities", asked, id))
        assert answers == {'200 {"data":{"_entities":[null]}}'}
    known = {"representations": [{"__typename": "ChatMessage", "id": scene.message}]}
    query, variables = document("_entities", known)
    assert (await scene.account.davi.query(query, **variables))["_entities"] == [{"__typename": "ChatMessage"}]


async def test_lists_contain_no_hidden_channel(api: Api) -> None:
    scene = await Scene.build(api)
    hidden, davi = await Hidden.build(scene), scene.account.davi
    found = await davi.query(
        "{ chatChannels { nodes { id } } discoverChatChannels { nodes { id } }"
        " manageableChatChannels { nodes { id } } }"
    )
    shown = {node["id"] for nodes in found.values() for node in nodes["nodes"]}
    assert shown == {scene.public, scene.private, scene.announcement}
    assert not shown & set(hidden.channels.values())


def _with_id(request: Json, path: str, id: str) -> Json:
    """Returns the request with another id at this path, if it has one there."""
    place, _, inner = path.partition(".")
    if place not in request:
        return request
    return {**request, place: _with_id(request[place], inner, id) if inner else id}


async def _own(scene: Scene, request: Json) -> Json:
    """Returns the request of an agent of the other account, in a channel of that account."""
    own = await scene.other.bruno.create_channel("Nosso")
    places: Json = {"channelId": own, "destination": {"channelId": own}}
    return {**request, **{place: value for place, value in places.items() if place in request}}


async def _masked_answer(caller: ApiClient, field: str, variables: Json, id: str) -> str:
    query, sent = document(field, variables)
    headers = {"authorization": f"Bearer {caller.token}"}
    answer = await caller.http.post("/graphql", json={"query": query, "variables": sent}, headers=headers)
    return f"{answer.status_code} {answer.text.replace(id, '<id>') if id else answer.text}"
