"""A module that is a federated subgraph, queried for `_entities` on behalf of each reader. The module needs no
endpoint of its own for the chat.

There is one request per agent: the token identifies the agent, and the module answers as it would answer that agent.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import orjson
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from chat.cards import Check
from chat.item_kinds import ITEM_KINDS
from models.enums import ItemKind
from sources import contract
from sources.config import CONVENTION, GraphQLConfig
from sources.endpoint import Endpoint, Reply
from sources.gateway import chunks
from sources.items import granted
from sources.verdicts import FORBIDDEN, REMOVED, Fault, ModuleFailed, Verdict

ERRORS_LIMIT = 20 * contract.CHECKS_PER_CALL
"""More errors than all fields of all entities can have. Parsing more would block the event loop."""

REFUSALS = frozenset({"FORBIDDEN", "NOT_FOUND", "UNAUTHENTICATED"})
REFUSED_REQUEST = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
"""The statuses of GraphQL responses to a request that was not executed."""

Entity = dict[str, JsonValue]


class WireError(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)

    path: list[str | int] | None = Field(default=None, max_length=100, fail_fast=True)
    extensions: dict[str, JsonValue] | None = None

    @property
    def code(self) -> str | None:
        code = (self.extensions or {}).get("code")
        return code if isinstance(code, str) else None


class WireData(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)

    entities: list[Entity | None] | None = Field(
        default=None, alias="_entities", max_length=contract.CHECKS_PER_CALL, fail_fast=True
    )


class WireResponse(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)

    data: WireData | None = None
    errors: list[WireError] | None = Field(default=None, max_length=ERRORS_LIMIT, fail_fast=True)

    @property
    def entities(self) -> list[Entity | None] | None:
        return self.data.entities if self.data is not None else None

    @property
    def is_refusal(self) -> bool:
        return self.entities is None and bool(self.errors)


class GraphQLGateway:
    def __init__(self, config: GraphQLConfig) -> None:
        self._config = config
        self._endpoint = Endpoint(config.url)

    def calls(self, checks: Sequence[Check]) -> list[list[Check]]:
        by_agent: dict[str, list[Check]] = {}
        for check in checks:
            by_agent.setdefault(check.agent_id, []).append(check)
        return [call for asked in by_agent.values() for call in chunks(asked)]

    async def ask(self, account_id: str, kind: ItemKind, checks: Sequence[Check]) -> Mapping[Check, Verdict]:
        claims = {"sub": checks[0].agent_id, "account_id": account_id}
        token = contract.token(self._config.secret.get_secret_value(), claims)
        response = _response(await self._endpoint.send(self._question(kind, checks), token))
        if response.entities is None:
            return dict.fromkeys(checks, _without_data(response.errors or []))
        return self._verdicts(kind, checks, response.entities, response.errors or [])

    async def aclose(self) -> None:
        await self._endpoint.aclose()

    def _question(self, kind: ItemKind, checks: Sequence[Check]) -> bytes:
        name = ITEM_KINDS[kind].type_name
        selections = " ".join(_selection(field, path) for field, path in self._config.paths().items())
        query = (
            "query InternalChatCards($representations: [_Any!]!) "
            f"{{ _entities(representations: $representations) {{ __typename ... on {name} {{ id {selections} }} }} }}"
        )
        representations = [{"__typename": name, "id": check.item_id} for check in checks]
        return orjson.dumps({"query": query, "variables": {"representations": representations}})

    def _verdicts(
        self, kind: ItemKind, checks: Sequence[Check], entities: Sequence[Entity | None], errors: Sequence[WireError]
    ) -> dict[Check, Verdict]:
        if len(entities) != len(checks):
            raise ModuleFailed(f"it answered {len(entities)} entities for {len(checks)} representations")
        codes = _codes_by_place(errors) if None in entities else {}
        return {
            check: self._verdict(kind, check, entity) if entity is not None else _without_entity(place, codes)
            for place, (check, entity) in enumerate(zip(checks, entities, strict=True))
        }

    def _verdict(self, kind: ItemKind, check: Check, entity: Entity) -> Verdict:
        if entity.get("id") != check.item_id:
            return Fault("an entity with another id")
        read = {field: _value_at(entity, field, path) for field, path in self._config.paths().items()}
        details = {name: value for name, value in read.items() if name not in CONVENTION}
        return granted(kind, {**{name: read.get(name) for name in CONVENTION}, "details": details})


def _selection(field: str, path: str) -> str:
    """Returns the selection of a path under the card's field name: `stage: pipelineStage { name }` for
    pipelineStage.name."""
    outer, *inner = path.split(".")
    nested = "".join(f" {{ {name}" for name in inner) + " }" * len(inner)
    return f"{field}: {outer}{nested}"


def _value_at(entity: Entity, field: str, path: str) -> JsonValue:
    value = entity.get(field)
    for name in path.split(".")[1:]:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _response(reply: Reply) -> WireResponse:
    """Returns the parsed response. Raises ModuleFailed unless it has data, or errors that explain why it has none."""
    response = _parsed(reply.body)
    if reply.status == HTTPStatus.OK and response.entities is not None:
        return response
    if reply.status in (HTTPStatus.OK, *REFUSED_REQUEST) and response.is_refusal:
        return response
    if reply.status == HTTPStatus.OK:
        raise ModuleFailed("the response is not a GraphQL response with `_entities`")
    raise ModuleFailed(f"it answered with status {reply.status}")


def _parsed(body: bytes) -> WireResponse:
    """Returns the parsed body. Returns an empty response if the body is not a GraphQL response."""
    try:
        return WireResponse.model_validate_json(body)
    except ValidationError:
        return WireResponse()


def _without_data(errors: Sequence[WireError]) -> Verdict:
    """Returns the verdict for all checks of a call without data. The module may refuse one agent and answer others."""
    if all(error.code in REFUSALS for error in errors):
        return FORBIDDEN
    return Fault("only errors, no data")


def _codes_by_place(errors: Sequence[WireError]) -> dict[int, str | None]:
    """Returns the code of the first error of each entity."""
    codes: dict[int, str | None] = {}
    for error in errors:
        match error.path:
            case ["_entities", int(place), *_]:
                codes.setdefault(place, error.code)
    return codes


def _without_entity(place: int, codes: Mapping[int, str | None]) -> Verdict:
    """Returns the verdict for a null entity: no access, unless the error at its index has another code."""
    if place not in codes or codes[place] in ("FORBIDDEN", "NOT_FOUND"):
        return FORBIDDEN
    if codes[place] == "REMOVED":
        return REMOVED
    return Fault("an entity with an error")
