"""The dashboard and the alerts use metrics that a server exports, and labels that these have."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.server.observation.conftest import ObservedServer

DOCS = Path(__file__).parents[3] / "docs"
METRIC = re.compile(r"\b(?:chat|process)_[a-z_]+")
SELECTOR = re.compile(r"\b((?:chat|process)_[a-z_]+)\{([^}]*)\}")
ADDED_BY_PROMETHEUS = {"job", "instance"}


def dashboard_expressions() -> list[str]:
    dashboard = json.loads((DOCS / "grafana-dashboard.json").read_text())
    return list(_values_of("expr", dashboard))


def _values_of(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _values_of(key, item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == key:
                yield item
            else:
                yield from _values_of(key, item)


def alert_expressions() -> list[str]:
    return re.findall(r"^ +expr: (.+)$", (DOCS / "prometheus-rules.yml").read_text(), re.MULTILINE)


def alert_names() -> list[str]:
    return re.findall(r"^ +- alert: (\w+)$", (DOCS / "prometheus-rules.yml").read_text(), re.MULTILINE)


async def exported_names(server: ObservedServer) -> set[str]:
    """Returns the names in the metadata of /metrics, which also lists metrics that have no values yet."""
    text = (await server.http.get("/metrics")).text
    names: set[str] = set()
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE):
        names |= {f"{name}_{part}" for part in ("bucket", "sum", "count")} if kind == "histogram" else {name}
    return names


async def test_every_metric_of_the_dashboard_and_the_alerts_is_exported(server: ObservedServer) -> None:
    exported = await exported_names(server)
    for expressions in (dashboard_expressions(), alert_expressions()):
        used = {name for expression in expressions for name in METRIC.findall(expression)}
        assert len(used) > 10
        assert used - exported == set()


async def test_the_dashboard_shows_every_metric_of_the_chat(server: ObservedServer) -> None:
    shown = {name for expression in dashboard_expressions() for name in METRIC.findall(expression)}
    families = {re.sub("_(bucket|sum|count)$", "", name) for name in shown}
    exported = {re.sub("_(bucket|sum|count)$", "", name) for name in await exported_names(server)}
    assert {name for name in exported if name.startswith("chat_")} - families == set()


async def test_every_label_of_a_selector_is_one_of_its_metric(server: ObservedServer) -> None:
    await server.post("{ __typename }")
    labels: dict[str, set[str]] = {}
    for name, values in await server.samples():
        labels.setdefault(name, set()).update(label for label, _ in values)
    for expression in dashboard_expressions() + alert_expressions():
        for name, selector in SELECTOR.findall(expression):
            used = set(re.findall(r"(\w+)[=!]", selector)) - ADDED_BY_PROMETHEUS
            assert name not in labels or used <= labels[name], expression


def test_every_alert_is_explained() -> None:
    assert len(alert_names()) == len(alert_expressions()) > 8
    text = (DOCS / "operating.md").read_text()
    assert [name for name in alert_names() if f"\n| `{name}` | " not in text] == []
