"""An invalid CHAT_SOURCES is refused with a message that names the place and never contains a secret."""

import json

import pytest

from models.enums import ItemKind
from server.misconfigured import Misconfigured
from server.settings import Settings, read_settings
from sources import DemoConfig, GraphQLConfig, HttpConfig
from sources.config import DEMO_SOURCES

SECRET = "the-secret-of-the-module"
HTTP: dict[str, object] = {"type": "http", "url": "http://crm.example/cards", "secret": SECRET}
GRAPHQL = HTTP | {"type": "graphql"}
OWN_SECRET = "a secret of thirty-two bytes or more"


def configured(monkeypatch: pytest.MonkeyPatch, value: str) -> Settings:
    monkeypatch.setenv("CHAT_SOURCES", value)
    return read_settings()


def test_each_type_of_source_can_be_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    value = {"DEAL": HTTP | {"timeout_ms": 500}, "TASK": GRAPHQL | {"fields": {"title": "name"}}}
    configs = configured(monkeypatch, json.dumps(value | {"CONTACT": {"type": "demo"}})).source_configs
    deal, task = configs[ItemKind.DEAL], configs[ItemKind.TASK]
    assert isinstance(deal, HttpConfig)
    assert (deal.url, deal.secret.get_secret_value(), deal.timeout_ms) == (HTTP["url"], SECRET, 500)
    assert isinstance(task, GraphQLConfig)
    assert (task.paths(), task.timeout_ms) == ({"title": "name", "summary": "summary", "url": "url"}, 2000)
    assert configs[ItemKind.CONTACT] == DemoConfig()
    assert len(configs) == 3


def test_by_default_the_demo_answers_for_every_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().source_configs == DEMO_SOURCES
    assert set(DEMO_SOURCES) == set(ItemKind)
    assert configured(monkeypatch, "{}").source_configs == {}
    monkeypatch.delenv("CHAT_SOURCES")
    monkeypatch.setenv("CHAT_JWT_SECRET", OWN_SECRET)
    assert read_settings().source_configs == {}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (SECRET, "it must be JSON"),
        (f'["{SECRET}"]', "it must be a JSON object with kinds of items as its keys"),
        ({SECRET: HTTP}, f"the kinds of items are {', '.join(ItemKind)}"),
        ({"DEAL": SECRET}, 'at DEAL, it must be an object whose `type` is "http", "graphql" or "demo"'),
        (
            {"DEAL": HTTP | {"type": SECRET}},
            'at DEAL, it must be an object whose `type` is "http", "graphql" or "demo"',
        ),
        ({"DEAL": {}}, 'at DEAL, it must be an object whose `type` is "http", "graphql" or "demo"'),
        ({"DEAL": HTTP | {SECRET: 1}}, "at DEAL, the type http has no such setting"),
        ({"DEAL": {"type": "http", "url": "http://x"}}, "at DEAL.secret, field required"),
        ({"DEAL": HTTP | {"secret": ""}}, "at DEAL.secret, it must not be empty"),
        *(
            ({"DEAL": HTTP | {"url": url}}, "at DEAL.url, it must be an http:// or https:// URL without a user name")
            for url in (
                "",
                "crm.example",
                "ftp://crm.example",
                f"http://me:{SECRET}@crm.example",
                "http://[",
                "http://x:y",
            )
        ),
        ({"DEAL": HTTP | {"timeout_ms": 0}}, "at DEAL.timeout_ms, input should be greater than or equal to 50"),
        (
            {"DEAL": GRAPHQL | {"fields": {SECRET: "x"}}},
            "at DEAL.fields, the fields of this kind are title, summary, url, stage, amount, currency",
        ),
        ({"DEAL": GRAPHQL | {"fields": {"title": None}}}, "at DEAL.fields, title is required"),
        ({"DEAL": GRAPHQL | {"fields": {"url": None}}}, "at DEAL.fields, url is required"),
        (
            {"DEAL": GRAPHQL | {"fields": {"stage": "stage { name } secret"}}},
            "at DEAL.fields.stage, it must be a field name, or several separated by dots",
        ),
    ],
)
def test_an_invalid_configuration_is_refused(monkeypatch: pytest.MonkeyPatch, value: object, reason: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        configured(monkeypatch, value if isinstance(value, str) else json.dumps(value))
    assert str(refused.value) == f"CHAT_SOURCES is refused: {reason}."


def test_secrets_and_addresses_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = repr(configured(monkeypatch, json.dumps({"DEAL": HTTP})).source_configs)
    assert SECRET not in shown
    assert "crm.example" not in shown
