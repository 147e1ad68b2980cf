from starlette.routing import Mount, Route

from server.graphiql.assets import assets_mount
from server.graphiql.demo import DemoSignIn, demo_routes


def routes(demo: DemoSignIn | None) -> list[Route | Mount]:
    """What the page needs beside itself. Without a demo nothing here hands out a token."""
    return [assets_mount(), *(demo_routes(demo) if demo else [])]
