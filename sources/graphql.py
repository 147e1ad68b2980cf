"""A federated module, asked for `_entities` on each reader's behalf: no endpoint of its own is needed for the chat.

One request per agent, since the token names the agent and the module answers as it would answer that agent.
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
"""More errors than all fields of all entities could have; each costs time to read."""

REFUSALS = frozenset({"FORBIDDEN", "NOT_FOUND", "UNAUTHENTICATED"})
REFUSED_REQUEST = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
"""With these statuses servers of GraphQL answer, in GraphQL, a request that they do not execute."""

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
            return Fault("an entity of another id")
        read = {field: _at(entity, field, path) for field, path in self._config.paths().items()}
        details = {name: value for name, value in read.items() if name not in CONVENTION}
        return granted(kind, {**{name: read.get(name) for name in CONVENTION}, "details": details})


def _selection(field: str, path: str) -> str:
    """`stage: pipelineStage { name }` for the path pipelineStage.name: under our name, whatever the module's is."""
    outer, *inner = path.split(".")
    nested = "".join(f" {{ {name}" for name in inner) + " }" * len(inner)
    return f"{field}: {outer}{nested}"


def _at(entity: Entity, field: str, path: str) -> JsonValue:
    value = entity.get(field)
    for name in path.split(".")[1:]:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _response(reply: Reply) -> WireResponse:
    """Raises ModuleFailed for what is no response of GraphQL: with data, or with errors that say why there is none."""
    response = _parsed(reply.body)
    if reply.status == HTTPStatus.OK and response.entities is not None:
        return response
    if reply.status in (HTTPStatus.OK, *REFUSED_REQUEST) and response.is_refusal:
        return response
    if reply.status == HTTPStatus.OK:
        raise ModuleFailed("the answer is no GraphQL response with `_entities`")
    raise ModuleFailed(f"it answered {reply.status}")


def _parsed(body: bytes) -> WireResponse:
    """Returns an empty response for what is none."""
    try:
        return WireResponse.model_validate_json(body)
    except ValidationError:
        return WireResponse()


def _without_data(errors: Sequence[WireError]) -> Verdict:
    """The module lives, and refuses this agent as a whole: that says nothing about the other agents' calls."""
    if all(error.code in REFUSALS for error in errors):
        return FORBIDDEN
    return Fault("it answered with errors only")


def _codes_by_place(errors: Sequence[WireError]) -> dict[int, str | None]:
    """Returns the code of the first error of each entity."""
    codes: dict[int, str | None] = {}
    for error in errors:
        match error.path:
            case ["_entities", int(place), *_]:
                codes.setdefault(place, error.code)
    return codes


def _without_entity(place: int, codes: Mapping[int, str | None]) -> Verdict:
    """null is no access. An error beside it may say otherwise: a resolver that broke is not a refusal."""
    if place not in codes or codes[place] in ("FORBIDDEN", "NOT_FOUND"):
        return FORBIDDEN
    if codes[place] == "REMOVED":
        return REMOVED
    return Fault("an entity with an error")
