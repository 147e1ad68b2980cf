"""The setting CHAT_SOURCES: which module owns which kind of item, and how it is called."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from chat.item_kinds import ITEM_KINDS
from models.enums import ItemKind

TIMEOUT_MS = 2_000
CONVENTION = {"title": "title", "summary": "summary", "url": "url"}
_PATH = re.compile(r"[_A-Za-z][_0-9A-Za-z]*(\.[_A-Za-z][_0-9A-Za-z]*)*")


def _module_address(url: str) -> str:
    """Rejects a URL with a user and password, which would replace the token."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.username is None and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("it must be an http:// or https:// URL without a user name")
    return url


def _field_path(path: str) -> str:
    if not _PATH.fullmatch(path):
        raise ValueError("it must be a field name, or several separated by dots")
    return path


def _not_empty(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value():
        raise ValueError("it must not be empty")
    return secret


Address: TypeAlias = Annotated[str, AfterValidator(_module_address)]
FieldPath: TypeAlias = Annotated[str, AfterValidator(_field_path)]
Secret: TypeAlias = Annotated[SecretStr, AfterValidator(_not_empty)]
Timeout: TypeAlias = Annotated[int, Field(ge=50, le=30_000)]


class _Config(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    timeout_ms: Timeout = TIMEOUT_MS


class DemoConfig(_Config):
    type: Literal["demo"] = "demo"


class HttpConfig(_Config):
    type: Literal["http"] = "http"
    url: Address = Field(repr=False)
    secret: Secret


class GraphQLConfig(_Config):
    """`fields` maps a card's field to the path of the module's field, where it differs from CONVENTION. null means that
    the module has no such field. Details are requested only if they are listed."""

    type: Literal["graphql"] = "graphql"
    url: Address = Field(repr=False)
    secret: Secret
    fields: Mapping[str, FieldPath | None] = Field(default_factory=dict)

    def paths(self) -> dict[str, str]:
        """Returns the path of the module's field for each field of a card."""
        return {name: path for name, path in {**CONVENTION, **self.fields}.items() if path is not None}


SourceConfig: TypeAlias = HttpConfig | GraphQLConfig | DemoConfig
SourceConfigs: TypeAlias = Mapping[ItemKind, SourceConfig]

DEMO_SOURCES: SourceConfigs = {kind: DemoConfig() for kind in ItemKind}

_ADAPTER: TypeAdapter[dict[ItemKind, SourceConfig]] = TypeAdapter(
    dict[ItemKind, Annotated[SourceConfig, Field(discriminator="type")]]
)


def parse_sources(text: str) -> SourceConfigs:
    """Raises ValueError with a message that contains no value, because it may be a secret."""
    try:
        configs = _ADAPTER.validate_json(text)
    except ValidationError as error:
        raise ValueError(_sentence(error.errors(include_input=False, include_url=False)[0])) from None
    for kind, config in configs.items():
        if isinstance(config, GraphQLConfig):
            _refuse_unknown_fields(kind, config)
    return configs


def http_config(url: str, secret: str, timeout_ms: int) -> HttpConfig:
    """Returns the same configuration as CHAT_SOURCES would. Raises ValueError with a message that contains no value."""
    try:
        return HttpConfig.model_validate({"url": url, "secret": secret, "timeout_ms": timeout_ms})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise ValueError(f"The module's {first['loc'][0]} is invalid: {_reason(first)}") from None


def _refuse_unknown_fields(kind: ItemKind, config: GraphQLConfig) -> None:
    known = [*CONVENTION, *ITEM_KINDS[kind].details]
    if any(name not in known for name in config.fields):
        raise ValueError(f"at {kind.value}.fields, the fields of this kind are {', '.join(known)}")
    for name in ("title", "url"):
        if config.fields.get(name, name) is None:
            raise ValueError(f"at {kind.value}.fields, {name} is required")


def _sentence(error: ErrorDetails) -> str:
    kinds = ", ".join(ItemKind)
    match error["type"], error["loc"]:
        case "json_invalid", _:
            return "it must be JSON"
        case _, ():
            return "it must be a JSON object with kinds of items as its keys"
        case _, (_, "[key]"):
            return f"the kinds of items are {kinds}"
        case "union_tag_invalid" | "union_tag_not_found" | "model_attributes_type" | "dict_type", (kind, *_):
            return f'at {kind}, it must be an object whose `type` is "http", "graphql" or "demo"'
        case "extra_forbidden", (kind, type_, *_):
            return f"at {kind}, the type {type_} has no such setting"
    kind, _, *place = error["loc"]
    return f"at {kind}.{'.'.join(map(str, place))}, {_reason(error)}"


def _reason(error: ErrorDetails) -> str:
    reason = str(error["ctx"]["error"]) if error["type"] == "value_error" else error["msg"]
    return f"{reason[0].lower()}{reason[1:]}"
