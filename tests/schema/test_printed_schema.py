"""schema.graphql, which clients and reviewers read, is the schema of the code."""

from pathlib import Path

from server.schema import schema

SCHEMA_FILE = Path(__file__).parents[2] / "schema.graphql"


def test_schema_file_is_up_to_date() -> None:
    assert SCHEMA_FILE.read_text() == f"{schema.as_str()}\n", "run scripts/schema and review the difference"
