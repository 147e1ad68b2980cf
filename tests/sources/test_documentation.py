"""The OpenAPI file and docs/source-modules.md agree with the code."""

import json
from pathlib import Path

import pytest
from pydantic import BaseModel

from chat.cards import ITEM_ID_LENGTH, SUMMARY_LENGTH, TITLE_LENGTH, Check
from chat.item_kinds import ITEM_KINDS, DetailType
from models.enums import ItemKind
from sources.contract import (
    CHECKS_PER_CALL,
    RESULTS_LIMIT,
    WireAnswer,
    WireCheck,
    WireQuestion,
    WireResult,
    verdicts,
)
from sources.items import URL_LENGTH, WireItem
from sources.verdicts import Fault
from tests.support.api import Json

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "source-modules.md").read_text()
OPENAPI: Json = json.loads((DOCS / "source-modules.openapi.json").read_text())
POST: Json = OPENAPI["paths"]["/cards"]["post"]
SCHEMAS: Json = OPENAPI["components"]["schemas"]
MODELS: dict[str, type[BaseModel]] = {
    "Question": WireQuestion,
    "Check": WireCheck,
    "Answer": WireAnswer,
    "Result": WireResult,
    "Item": WireItem,
}
TYPES = {
    DetailType.TEXT: ("string", None),
    DetailType.DECIMAL: ("string", None),
    DetailType.DATE: ("string", "date"),
    DetailType.DATE_TIME: ("string", "date-time"),
    DetailType.COUNT: ("integer", None),
}


def examples(content: Json) -> list[Json]:
    return [example["value"] for example in content["content"]["application/json"]["examples"].values()]


def code_blocks() -> list[Json]:
    """Returns the JSON bodies of the examples on the page."""
    blocks = PAGE.split("```\n")
    return [json.loads(block[block.index("\n\n{") :]) for block in blocks if "\n\n{" in block and "query" not in block]


QUESTIONS = examples(POST["requestBody"]) + code_blocks()[:1]
ANSWERS = examples(POST["responses"]["200"]) + code_blocks()[1:2]


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_example_questions_are_valid(question: Json) -> None:
    assert json.loads(WireQuestion.model_validate_json(json.dumps(question)).model_dump_json()) == question


@pytest.mark.parametrize("answer", ANSWERS)
def test_the_example_answers_are_valid_in_every_part(answer: Json) -> None:
    checks = [Check(check["agent_id"], check["item_id"]) for check in QUESTIONS[0]["checks"]]
    found = verdicts(ItemKind.DEAL, checks, json.dumps(answer).encode())
    assert not any(isinstance(verdict, Fault) for verdict in found.values())
    for result in answer["results"]:
        verdict = found[Check(result["agent_id"], result["item_id"])]
        assert not isinstance(verdict, Fault)
        assert verdict.access == result["access"]
        if verdict.item is not None:
            sent = result["item"]
            assert (verdict.item.title, verdict.item.url) == (sent["title"], sent.get("url"))
            assert verdict.item.details == sent.get("details", {})


@pytest.mark.parametrize("name", MODELS)
def test_the_schemas_have_the_fields_of_the_models(name: str) -> None:
    fields = MODELS[name].model_fields
    assert set(SCHEMAS[name]["properties"]) == set(fields)
    assert SCHEMAS[name]["required"] == [field for field, known in fields.items() if known.is_required()]


def test_the_documented_limits_are_those_of_the_code() -> None:
    item, check = SCHEMAS["Item"]["properties"], SCHEMAS["Check"]["properties"]
    assert item["title"]["maxLength"] == TITLE_LENGTH
    assert item["summary"]["maxLength"] == SUMMARY_LENGTH
    assert item["url"]["maxLength"] == URL_LENGTH
    assert check["item_id"]["maxLength"] == ITEM_ID_LENGTH
    assert SCHEMAS["Question"]["properties"]["checks"]["maxItems"] == CHECKS_PER_CALL
    assert SCHEMAS["Answer"]["properties"]["results"]["maxItems"] == RESULTS_LIMIT
    assert f"more than {RESULTS_LIMIT:,}" in PAGE
    assert SCHEMAS["Question"]["properties"]["kind"]["enum"] == list(ItemKind)


@pytest.mark.parametrize("kind", ItemKind)
def test_the_details_of_each_kind_are_documented(kind: ItemKind) -> None:
    schema = SCHEMAS["".join(word.title() for word in kind.split("_")) + "Details"]["properties"]
    documented = {name: (known["type"][0], known.get("format")) for name, known in schema.items()}
    assert documented == {name: TYPES[known.type] for name, known in ITEM_KINDS[kind].details.items()}
    row = ", ".join(f"`{name}` ({known.type.lower()})" for name, known in ITEM_KINDS[kind].details.items())
    assert f"| `{kind}` | {row} |" in PAGE
