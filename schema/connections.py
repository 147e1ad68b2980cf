"""Lists that can grow, as Relay connections with keyset cursors."""

from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

import strawberry

from loaders.pages import Slice

Node = TypeVar("Node")
Row = TypeVar("Row")

First = Annotated[int | None, strawberry.argument(description="How many at most: 1 to 100, 50 unless given.")]
After = Annotated[str | None, strawberry.argument(description="Continue after this cursor of the same list.")]


@strawberry.federation.type(shareable=True, description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more follows after `endCursor`.")
    has_previous_page: bool = strawberry.field(description="Whether something stands before `startCursor`.")
    start_cursor: str | None = strawberry.field(description="The first node's cursor; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="The last node's cursor; null on an empty page.")


@strawberry.type(description="One node of a page, with its place in the list.")
class Edge(Generic[Node]):
    cursor: str = strawberry.field(description="Where the node stands; hand it to `after` or `before`.")
    node: Node = strawberry.field(description="What stands there.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[Node]):
    edges: list[Edge[Node]] = strawberry.field(description="The nodes with their cursors.")
    nodes: list[Node] = strawberry.field(description="The nodes alone, for clients that page by `pageInfo`.")
    page_info: PageInfo = strawberry.field(description="Whether and from where to go on.")


def connect(found: Slice[Row], node_of: Callable[[Row], Node]) -> Connection[Node]:
    """Returns the page with every row turned into its node."""
    return connection_of([node_of(row) for row in found.rows], found)


def connection_of(nodes: Sequence[Node], found: Slice[Row]) -> Connection[Node]:
    return Connection(
        edges=[Edge(cursor=cursor, node=node) for cursor, node in zip(found.cursors, nodes, strict=True)],
        nodes=list(nodes),
        page_info=PageInfo(
            has_next_page=found.has_next,
            has_previous_page=found.has_previous,
            start_cursor=found.cursors[0] if found.cursors else None,
            end_cursor=found.cursors[-1] if found.cursors else None,
        ),
    )
