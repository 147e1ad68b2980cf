"""The source modules, which own the items that are shared as cards and decide who may see them.

`contract` defines the requests and responses; `http`, `graphql` and `demo` are gateways, the ways to call a module;
`module` limits the effects of a module that is slow or down; `registry` is the `CardSource` that the chat uses; and
`checker` tests whether a module follows the contract.
"""

from sources.config import DemoConfig, GraphQLConfig, HttpConfig, SourceConfig
from sources.demo import DemoItem, DemoItems
from sources.registry import Sources, build_sources

__all__ = [
    "DemoConfig",
    "DemoItem",
    "DemoItems",
    "GraphQLConfig",
    "HttpConfig",
    "SourceConfig",
    "Sources",
    "build_sources",
]
