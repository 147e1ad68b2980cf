from server.graphiql.demo import DemoAgent, DemoSignIn
from server.graphiql.page import page
from server.graphiql.routes import routes

__all__ = ["DemoAgent", "DemoSignIn", "page", "routes"]
