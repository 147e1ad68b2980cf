"""How many objects the lists of the schema have, and what a field costs beside the objects that it returns.

These directives are printed into the SDL, where gateways read them, and limit the operations of clients
(`server/limits/costs.py`). Each list of objects needs one.
"""

from strawberry.federation.schema_directives import Cost, ListSize
from strawberry.types.unset import UNSET

from loaders.pages import PAGE_DEFAULT

Directives = tuple[object, ...]


def _page(*slicing_arguments: str) -> Directives:
    return (
        ListSize(
            assumed_size=PAGE_DEFAULT,
            slicing_arguments=list(slicing_arguments),
            sized_fields=["edges", "nodes"],
            require_one_slicing_argument=False,
        ),
    )


def assumed(size: int) -> Directives:
    """The size of a list without pages: more than it usually has, and less than it can have."""
    return (
        ListSize(assumed_size=size, slicing_arguments=UNSET, sized_fields=UNSET, require_one_slicing_argument=False),
    )


def cost(weight: int) -> Directives:
    return (Cost(weight=weight),)


PAGE = _page("first")
HISTORY_PAGE = _page("first", "last")
