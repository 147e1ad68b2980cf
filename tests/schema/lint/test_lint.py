"""The schema follows graphql-eslint's rules, with the exceptions that its configuration explains.

The packages are those of examples/front-end, whose documents are checked with the same program.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.node import installed

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
UNDESCRIBED = "\ntype ChatThing { things: [String!]! }\n"


def lint(folder: Path, packages: Path, sdl: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir()
    (folder / "node_modules").symlink_to(packages / "node_modules")
    shutil.copy(HERE / "eslint.config.mjs", folder)
    (folder / "schema.graphql").write_text(sdl)
    command = ["node_modules/.bin/eslint", "schema.graphql"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.mark.node
def test_the_schema_has_no_problems(npm_folder: Path, tmp_path: Path) -> None:
    packages = installed(ROOT / "examples" / "front-end", npm_folder)
    sdl = (ROOT / "schema.client.graphql").read_text()
    clean = lint(tmp_path / "clean", packages, sdl)
    assert clean.returncode == 0, clean.stdout + clean.stderr
    broken = lint(tmp_path / "broken", packages, sdl + UNDESCRIBED)
    assert broken.returncode == 1
    assert "strict-id-in-types" in broken.stdout
    assert "require-description" in broken.stdout
