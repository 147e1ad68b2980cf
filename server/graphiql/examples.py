"""The worked examples that GraphiQL opens as tabs.

A `<name>.json` beside `<name>.graphql` holds its variables. Once somebody has signed in, the page fills in
CHANNEL_ID, with a channel of theirs, and CLIENT_KEY, with a fresh key.
"""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "examples"
IN_ORDER = ("sidebar", "channel", "send", "subscribe")


@dataclass(frozen=True)
class Example:
    name: str
    query: str
    variables: str


def read_example(name: str) -> Example:
    variables = FOLDER / f"{name}.json"
    return Example(
        name=name,
        query=(FOLDER / f"{name}.graphql").read_text("utf-8"),
        variables=variables.read_text("utf-8") if variables.exists() else "",
    )


EXAMPLES = tuple(read_example(name) for name in IN_ORDER)
