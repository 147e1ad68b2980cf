"""The source modules: they own the items that are shared as cards, and alone decide who may see them.

`contract` is what goes over the wire; `http`, `graphql` and `demo` are the gateways that ask; `module` keeps one that
is slow or down from costing more than its own cards; `registry` is the `CardSource` that the chat sees.
"""

from sources.config import DemoConfig, GraphQLConfig, HttpConfig, SourceConfig
from sources.registry import Sources, build_sources

__all__ = ["DemoConfig", "GraphQLConfig", "HttpConfig", "SourceConfig", "Sources", "build_sources"]
