"""A federated module, asked for `_entities` on each reader's behalf: no endpoint of its own is needed for the chat.

One request per agent, since the token names the agent and the module answers as it would answer that agent.
"""

from collections.abc import Mapping, Sequence

import orjson
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from chat.cards import Check
from models.enums import ItemKind
from sources import contract
from sources.config import CONVENTION, GraphQLConfig
from sources.endpoint import Endpoint
from sources.gateway import chunks
from sources.items import granted
from sources.verdicts import FORBIDDEN, REMOVED, Fault, ModuleFailed, Verdict

TYPE_NAMES: Mapping[ItemKind, str] = {
    ItemKind.CONVERSATION: "Conversation",
    ItemKind.CONTACT: "Contact",
    ItemKind.DEAL: "Deal",
    ItemKind.TASK: "Task",
    ItemKind.CATALOG_PRODUCT: "CatalogProduct",
    ItemKind.CHARGE: "Charge",
    ItemKind.CALENDAR_EVENT: "CalendarEvent",
    ItemKind.WHATSAPP_BROADCAST: "WhatsAppBroadcast",
    ItemKind.CAMPAIGN: "Campaign",
}
"""What federation calls the entities."""

Entity = dict[str, JsonValue]


class WireError(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)

    path: list[str | int] | None = None
    extensions: dict[str, JsonValue] | None = None

    @property
    def code(self) -> JsonValue:
        return (self.extensions or {}).get("code")


class WireResponse(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)

    data: dict[str, list[Entity | None] | None] | None = None
    errors: list[WireError] | None = None


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
        body = await self._endpoint.post(self._question(kind, checks), token)
        response = _response(body)
        entities = _entities(response, len(checks))
        errors = response.errors or []
        return {
            check: self._verdict(kind, check, entity, _error_at(place, errors))
            for place, (check, entity) in enumerate(zip(checks, entities, strict=True))
        }

    async def aclose(self) -> None:
        await self._endpoint.aclose()

    def _question(self, kind: ItemKind, checks: Sequence[Check]) -> bytes:
        name = TYPE_NAMES[kind]
        selections = " ".join(_selection(field, path) for field, path in self._config.paths().items())
        query = (
            "query InternalChatCards($representations: [_Any!]!) "
            f"{{ _entities(representations: $representations) {{ __typename ... on {name} {{ id {selections} }} }} }}"
        )
        representations = [{"__typename": name, "id": check.item_id} for check in checks]
        return orjson.dumps({"query": query, "variables": {"representations": representations}})

    def _verdict(self, kind: ItemKind, check: Check, entity: Entity | None, error: WireError | None) -> Verdict:
        if entity is None:
            return _without_entity(error)
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


def _response(body: bytes) -> WireResponse:
    try:
        return WireResponse.model_validate_json(body)
    except ValidationError:
        raise ModuleFailed("the answer is no GraphQL response with `_entities`") from None


def _entities(response: WireResponse, expected: int) -> list[Entity | None]:
    entities = (response.data or {}).get("_entities")
    if entities is None:
        raise ModuleFailed("it answered with errors only" if response.errors else "the answer has no `_entities`")
    if len(entities) != expected:
        raise ModuleFailed(f"it answered {len(entities)} entities for {expected} representations")
    return entities


def _error_at(place: int, errors: Sequence[WireError]) -> WireError | None:
    return next((error for error in errors if (error.path or [])[:2] == ["_entities", place]), None)


def _without_entity(error: WireError | None) -> Verdict:
    """null is no access. An error beside it may say otherwise: a resolver that broke is not a refusal."""
    if error is None or error.code in ("FORBIDDEN", "NOT_FOUND"):
        return FORBIDDEN
    if error.code == "REMOVED":
        return REMOVED
    return Fault("an entity with an error")
