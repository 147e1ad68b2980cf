"""Relay connections with keyset cursors, for every list that can grow."""

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from loaders.pages import Page

Node = TypeVar("Node")
Row = TypeVar("Row")

First = Annotated[
    int | None, strawberry.argument(description="How many items to return: 1 to 100, by default and for null 50.")
]
After = Annotated[str | None, strawberry.argument(description="Return the items after this cursor of the same list.")]


@strawberry.federation.type(shareable=True, description="Whether there are items before and after a page.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there are items after `endCursor`.")
    has_previous_page: bool = strawberry.field(description="Whether there are items before `startCursor`.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first item. Null for an empty page.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last item. Null for an empty page.")


@strawberry.type(description="An item of a page, with its cursor.")
class Edge(Generic[Node]):
    cursor: str = strawberry.field(description="The item's cursor, to be passed as `after` or `before`.")
    node: Node = strawberry.field(description="The item.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[Node]):
    page: strawberry.Private[Page[Any]]
    items: strawberry.Private[list[Node]]

    @strawberry.field(description="The items with their cursors.")
    def edges(self) -> list[Edge[Node]]:
        return [Edge(cursor=self.page.cursor(index), node=node) for index, node in enumerate(self.items)]

    @strawberry.field(description="The items without their cursors.")
    def nodes(self) -> list[Node]:
        return self.items

    @strawberry.field(description="Whether there are more items, and from which cursor.")
    def page_info(self) -> PageInfo:
        return PageInfo(
            has_next_page=self.page.has_next,
            has_previous_page=self.page.has_previous,
            start_cursor=self.page.cursor(0) if self.items else None,
            end_cursor=self.page.end_cursor(),
        )


def connect(found: Page[Row], node_of: Callable[[Row], Node]) -> Connection[Node]:
    """Returns a connection whose nodes are made from the rows of the page."""
    return connection_of([node_of(row) for row in found.rows], found)


def connection_of(nodes: list[Node], found: Page[Row]) -> Connection[Node]:
    return Connection(page=found, items=nodes)
