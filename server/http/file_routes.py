"""The routes of files."""

from starlette.middleware import Middleware
from starlette.routing import Route

from chat.ports import Chat
from files.links import FileLinks
from server.file_store import StoredFiles
from server.http.downloads import DownloadEndpoint
from server.http.origins import OriginPolicy
from server.http.uploads import UploadEndpoint
from server.linked_files import LinkedFiles
from server.settings import Settings

EXPOSED_HEADERS = ("content-range", "content-disposition", "etag", "accept-ranges")
"""What scripts of pages on allowed origins can read of an answer, beside what every script can."""


def file_routes(chat: Chat, files: StoredFiles, links: FileLinks, settings: Settings) -> list[Route]:
    """Returns the routes that receive uploads and serve files. Pages that may use the API may also use these."""

    def policy(*methods: str) -> list[Middleware]:
        return [Middleware(OriginPolicy, settings.allowed_origins, methods, EXPOSED_HEADERS)]

    uploads = UploadEndpoint(chat, links, settings.send_seconds)
    downloads = DownloadEndpoint(LinkedFiles(chat.database, links, chat.clock), files)
    return [
        Route("/uploads/{token}", uploads, middleware=policy("PUT")),
        Route("/files/{token}", downloads, middleware=policy("GET", "HEAD")),
    ]
