"""npm packages for tests, each set by its lock file in a folder that is kept from run to run."""

import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

import pytest

INSTALL = ("npm", "ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
INSTALL_SECONDS = 900


def installed(source: Path, parent: Path) -> Path:
    """Returns a folder below `parent` with the packages of the source's package-lock.json and its scripts. It has its
    name only when it is whole: an installation broken off, or two at once, leave nothing half done."""
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
        try:
            fresh.rename(folder)
        except OSError:  # another run was faster
            shutil.rmtree(fresh)
    for script in source.glob("*.mjs"):
        shutil.copy(script, folder)
    return folder
