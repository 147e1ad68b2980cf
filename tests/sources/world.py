"""The same items for every gateway that the tests of the contract run on."""

from chat.cards import ItemRef
from models.enums import ItemKind
from sources import DemoItem, DemoItems
from tests.support.api import Json

SECRET = "a module's secret of thirty-two bytes or more"
OWNER, READER, STRANGER = "2", "1", "3"
AGENTS = (OWNER, READER, STRANGER)
FIRST, SECOND = "account-one", "account-two"

FULL: Json = {
    "title": "Renovação anual ☕",
    "summary": "12 licenças.\nCom campanhas.",
    "url": "https://crm.example.com/deals/77?tab=1",
    "details": {"stage": "Proposta", "amount": "18400.00", "currency": "BRL"},
}
CARDS: dict[str, Json] = {
    "77": FULL,
    "script": FULL | {"url": "javascript:alert(1)"},
    "relative": FULL | {"url": "/deals/77"},
    "hidden host": FULL | {"url": "https://crm.example.com@evil.example/"},
    "without an address": {"title": "Nowhere"},
    "bare": {"title": "Só o título", "url": "https://crm.example.com/deals/bare"},
    "long": FULL | {"title": "t" * 301, "summary": "s" * 2001},
    "controls": FULL | {"title": "  two\nlines\u0000 and\ta tab "},
    "odd details": FULL | {"details": {"stage": "Won", "amount": 18400, "currency": "BRL", "margin": "41%"}},
    "untitled": FULL | {"title": " \n "},
    "unseen": FULL | {"title": "\u200b\u2066 \u00a0\u3164"},
    "turned": FULL
    | {
        "title": "Pay\u00a0\u202e001\u202c  \u2067now",
        "details": {"stage": "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645\u00a0👩\u200d💻"},
    },
    "größe/ñ %20?#": FULL | {"title": "An odd id"},
}


def items() -> Json:
    """Returns the items by account and id. The owner sees all of them, the reader all but one, and the stranger
    none."""
    first: Json = {id: {"visible_to": [OWNER, READER], "card": card} for id, card in CARDS.items()}
    first["private"] = {"visible_to": [OWNER], "card": FULL}
    first["gone"] = {"visible_to": [OWNER], "removed": True, "card": FULL}
    second = {"77": {"visible_to": [OWNER, STRANGER], "card": FULL | {"title": "Of the other account"}}}
    return {FIRST: first, SECOND: second}


def demo_items() -> DemoItems:
    return {
        (account, ItemRef(ItemKind.DEAL, id)): DemoItem(
            title=item["card"]["title"],
            url=item["card"].get("url"),
            summary=item["card"].get("summary"),
            details=item["card"].get("details", {}),
            hidden_from=frozenset(AGENTS) - set(item["visible_to"]),
            removed=item.get("removed", False),
        )
        for account, held in items().items()
        for id, item in held.items()
    }
