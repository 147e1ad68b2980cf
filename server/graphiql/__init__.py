"""GraphiQL, served without any file from another host."""

from server.graphiql.assets import assets_mount
from server.graphiql.page import page

__all__ = ["assets_mount", "page"]
