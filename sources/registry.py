"""The chat's `CardSource`: passes checks to the module that owns the kind of item."""

from collections.abc import Mapping, Sequence
from typing import assert_never

from chat.cards import Answer, Check, can_be_item_id
from models.enums import ItemKind
from sources.breaker import Breaker
from sources.config import DemoConfig, GraphQLConfig, HttpConfig, SourceConfig
from sources.demo import DemoGateway, DemoItems
from sources.gateway import Gateway
from sources.graphql import GraphQLGateway
from sources.http import HttpGateway
from sources.module import Module
from sources.observer import CallObserver
from sources.verdicts import FORBIDDEN, MODULE_DISABLED


class Sources:
    """Maps each kind of item to its module. Caches nothing."""

    def __init__(self, modules: Mapping[ItemKind, Module]) -> None:
        self._modules = modules

    async def answer(self, account_id: str, kind: ItemKind, checks: Sequence[Check]) -> Mapping[Check, Answer]:
        """Returns an answer for every check, within the module's timeout. Duplicates are sent once."""
        module = self._modules.get(kind)
        if module is None:
            return dict.fromkeys(checks, MODULE_DISABLED)
        asked = list(dict.fromkeys(check for check in checks if can_be_item_id(check.item_id)))
        answers = await module.answer(account_id, asked) if asked else {}
        return {check: answers.get(check, FORBIDDEN) for check in checks}

    @property
    def open_breakers(self) -> Mapping[ItemKind, bool]:
        """Whether the breaker of each module is open: it does not answer, and is rarely called."""
        return {kind: module.breaker_is_open for kind, module in self._modules.items()}

    async def aclose(self) -> None:
        for module in self._modules.values():
            await module.aclose()


def build_sources(
    configs: Mapping[ItemKind, SourceConfig], demo_items: DemoItems, observer: CallObserver | None = None
) -> Sources:
    """Returns a source module for each configured kind. Those of type "demo" answer from `demo_items`."""
    return Sources(
        {
            kind: Module(kind, _gateway(config, demo_items), config.timeout_ms / 1000, Breaker(), observer)
            for kind, config in configs.items()
        }
    )


def _gateway(config: SourceConfig, demo_items: DemoItems) -> Gateway:
    match config:
        case HttpConfig():
            return HttpGateway(config)
        case GraphQLConfig():
            return GraphQLGateway(config)
        case DemoConfig():
            return DemoGateway(demo_items)
        case _:
            assert_never(config)
