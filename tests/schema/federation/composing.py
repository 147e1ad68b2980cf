"""Composition with the tools of Apollo and the Guild."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
COMPOSE_SECONDS = 60


@dataclass(frozen=True)
class Subgraph:
    name: str
    sdl: str
    url: str = "http://127.0.0.1/graphql"


@dataclass(frozen=True)
class Composition:
    errors: list[dict[str, Any]]
    supergraph: str | None

    @property
    def codes(self) -> set[str]:
        return {error["code"] for error in self.errors}


def compose(folder: Path, rules: str, subgraphs: Sequence[Subgraph]) -> Composition:
    """Composes by the rules of `apollo` or of the `guild`."""
    given = json.dumps([vars(subgraph) for subgraph in subgraphs])
    command = ["node", "compose.mjs", rules]
    done = subprocess.run(command, cwd=folder, input=given, capture_output=True, text=True, timeout=COMPOSE_SECONDS)
    assert done.returncode == 0, done.stderr
    return Composition(**json.loads(done.stdout))
