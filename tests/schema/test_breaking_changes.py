"""The schema still has everything that clients of the last release use.

`last_release.graphql` is the client schema of the last release: docs/changing.md describes when it is replaced.
"""

from pathlib import Path

from graphql import GraphQLSchema, build_schema
from graphql.utilities import find_breaking_changes

HERE = Path(__file__).parent
LAST_RELEASE = (HERE / "last_release.graphql").read_text()
CURRENT = (HERE.parents[1] / "schema.client.graphql").read_text()

ACCEPTED: dict[str, str] = {}
"""The accepted breaking changes since the last release, each with its reason. They are listed in CHANGELOG.md."""


def breaking_changes(current: GraphQLSchema) -> list[str]:
    return [change.description for change in find_breaking_changes(build_schema(LAST_RELEASE), current)]


def test_nothing_that_clients_use_has_changed() -> None:
    found = breaking_changes(build_schema(CURRENT))
    assert [change for change in found if change not in ACCEPTED] == []
    assert [change for change in ACCEPTED if change not in found] == []


def test_a_removed_field_and_a_new_required_argument_are_found() -> None:
    renamed = CURRENT.replace("  status: ChatStatus\n", "  mood: ChatStatus\n")
    changed = renamed.replace("  seq: Int!", "  seq(unit: String!): Int!")
    assert breaking_changes(build_schema(changed)) == [
        "Field ChatAgent.status was removed.",
        "A required argument ChatMessage.seq(unit:) was added.",
    ]
