"""The example operations that GraphiQL opens as tabs.

The variables of `<name>.graphql` are in `<name>.json`. When an agent signs in, the page replaces CHANNEL_ID with one of
the agent's channels, MESSAGE_ID with its newest message, POSITION with its position and CLIENT_KEY with a new key.
"""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "examples"
TAB_ORDER = (
    "sidebar",
    "channel",
    "send",
    "react",
    "search",
    "card",
    "upload",
    "forward",
    "pin",
    "create",
    "subscribe",
    "resume",
    "inbox",
    "mentions",
    "bell",
    "why",
    "typing",
)


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


EXAMPLES = tuple(read_example(name) for name in TAB_ORDER)
