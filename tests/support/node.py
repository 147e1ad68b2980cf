"""The npm packages of tests: each lock file is installed into a folder of its own, which later runs use again."""

import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.support.databases import exclusive

INSTALL = ("npm", "ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
INSTALL_SECONDS = 900


def installed(source: Path, parent: Path) -> Path:
    """Returns a folder below `parent` with the packages of the source's package-lock.json and its scripts. Of several
    processes, one installs and the others wait for it. The folder gets its name last, so it is never incomplete."""
    with exclusive(parent / f"{source.name}.lock"):
        return _installed(source, parent)


def _installed(source: Path, parent: Path) -> Path:
    wanted = sha256((source / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = parent / f"{source.name}-{wanted}"
    if not folder.exists():
        fresh = Path(mkdtemp(dir=parent))
        for name in ("package.json", "package-lock.json"):
            shutil.copy(source / name, fresh)
        done = subprocess.run(INSTALL, cwd=fresh, capture_output=True, text=True, timeout=INSTALL_SECONDS)
        if done.returncode != 0:
            shutil.rmtree(fresh)
            pytest.fail(f"npm ci ended with {done.returncode}:\n{done.stderr[-4000:]}")
        fresh.rename(folder)
    for script in source.glob("*.mjs"):
        shutil.copy(script, folder)
    return folder
