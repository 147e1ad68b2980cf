"""The answers of every query of the schema, without what depends on the server that answers."""

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLField, GraphQLNamedType, GraphQLObjectType, get_named_type, is_abstract_type, is_leaf_type

from schema.entities import ENTITIES
from tests.schema.documents import QUERIES, SCHEMA, document
from tests.schema.permissions import MATRIX
from tests.support.api import ApiClient, Json
from tests.transfer.company import Company

DEPTH = 3

LINKS = "/files/"
POSITIONS = {"position"}
CURSORS = {"startCursor", "endCursor", "cursor"}
EMAILS_THAT_WAIT = {"WAITING", "POSTPONED"}


def variables(company: Company) -> Mapping[str, list[Json]]:
    """Returns the variables of the requests for each root field. A new one is requested as in the table of
    permissions."""
    channels, messages = company.channels, company.messages
    texts = ["arquivos", '"final, definitiva"', "会議", "apagar", "resp", None]
    filters: list[Json] = [
        {"channelId": channels[1]},
        {"mentionsViewer": True},
        {"has": ["FILE"]},
        {"cardKinds": ["DEAL"]},
    ]
    chosen: dict[str, list[Json]] = {
        "chatChannel": [{"id": id} for id in channels],
        "chatChannels": [{}, {"archived": True}, {"unread": True}],
        "discoverChatChannels": [{}],
        "manageableChatChannels": [{}],
        "chatMessage": [{"id": id} for id in messages],
        "chatAgents": [{}],
        "chatNotifications": [{}, {"unreadOnly": True}],
        "searchChatMessages": [
            *({"query": text} for text in texts),
            *({"query": "", "filter": each} for each in filters),
        ],
        "shareDestinations": [{}, {"query": "car"}],
        "whyNotified": [{"messageId": id} for id in messages],
        "_entities": [{"representations": _representations(company)}],
    }
    return {field: chosen.get(field) or [MATRIX[field].variables(company.scene)] for field in QUERIES}


def _representations(company: Company) -> list[Json]:
    ids = {"ChatAgent": ["bruno", "elisa"], "ChatChannel": company.channels, "ChatMessage": company.messages}
    return [{"__typename": entity, "id": id} for entity in ENTITIES for id in ids.get(entity, ["1", "hidden"])]


def first_difference(left: object, right: object, path: str = "") -> str | None:
    """Returns the path of the first difference between two answers, and what is there; None if they are equal."""
    if isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
        pairs = ((f"{path}.{name}", left[name], right[name]) for name in left)
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        pairs = ((f"{path}[{place}]", left[place], right[place]) for place in range(len(left)))
    else:
        return None if left == right else f"{path}: {left!r} != {right!r}"
    return next(filter(None, (first_difference(one, other, where) for where, one, other in pairs)), None)


async def answers(client: ApiClient, field: str, given: list[Json]) -> list[Json]:
    """Returns the answers to requests that select everything that the field leads to."""
    type_ = get_named_type(QUERIES[field].type)
    found = []
    for each in given:
        query, sent = document(field, each, _selection(type_, DEPTH))
        found.append(_masked((await client.execute(query, **sent)).body, field))
    return found


def _selection(type_: GraphQLNamedType, depth: int, prefix: str = "") -> str:
    if is_abstract_type(type_):
        members = SCHEMA.get_possible_types(type_)
        parts = [f"... on {each.name} {{ {_selection(each, depth, f'{each.name}_')} }}" for each in members]
        return " ".join(["__typename", *parts])
    assert isinstance(type_, GraphQLObjectType)
    parts = [_field(name, field, depth, prefix) for name, field in type_.fields.items()]
    return " ".join(["__typename", *parts])


def _field(name: str, field: GraphQLField, depth: int, prefix: str) -> str:
    """Returns the selection of a field. The members of a union have fields of one name and different types."""
    type_ = get_named_type(field.type)
    alias = f"{prefix}{name}: " if prefix else ""
    if is_leaf_type(type_):
        return f"{alias}{name}"
    return f"{alias}{name} {{ {_selection(type_, depth - 1)} }}" if depth else ""


def _masked(value: Any, field: str) -> Any:
    if isinstance(value, list):
        return [_masked(each, field) for each in value]
    if isinstance(value, dict):
        return {name: _masked_value(name.rpartition("_")[2], each, field) for name, each in value.items()}
    return value


def _masked_value(name: str, value: Any, field: str) -> Any:
    if isinstance(value, str) and LINKS in value:
        return "a link"
    if name in POSITIONS:
        return "a position"
    if name in CURSORS and field == "searchChatMessages" and value is not None:
        return "a cursor"
    if name == "emailState" and value in EMAILS_THAT_WAIT:
        return "TAKEN_BACK"
    return _masked(value, field)
