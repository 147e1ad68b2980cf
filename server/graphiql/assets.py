"""The files of the GraphiQL page, under a path that changes with their content.

Browsers may cache them indefinitely: a new release has a new path, so old and new scripts are never mixed.
"""

import hashlib
from pathlib import Path

from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "assets"


def content_version(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(file.relative_to(folder).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


ASSETS_PATH = f"/graphql/assets/{content_version(FOLDER)}"


class ImmutableFiles(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code in (200, 206, 304):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def assets_mount() -> Mount:
    return Mount(ASSETS_PATH, app=ImmutableFiles(directory=FOLDER), name="graphiql-assets")
