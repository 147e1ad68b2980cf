"""The kinds of items: the table that every other definition of them is derived from or checked against.

Derived: the GraphQL types of the items and their cards (`schema.entities`, `schema.item_cards`), the icons, what is
read from a source module's answer (`sources.items`), the fields that a federated module can be asked for
(`sources.graphql`). Checked: the OpenAPI file of the contract with source modules (docs/source-modules.openapi.json).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from models.enums import ItemKind


class DetailType(StrEnum):
    """The format of a detail's value. All except COUNT are strings, so that amounts are never rounded."""

    TEXT = "TEXT"
    DECIMAL = "DECIMAL"
    """Digits with a decimal point: `12500.00`."""

    DATE = "DATE"
    """A day: `2026-11-30`."""

    DATE_TIME = "DATE_TIME"
    """A time with its UTC offset: `2026-11-30T14:00:00-03:00`."""

    COUNT = "COUNT"
    """A non-negative integer."""


@dataclass(frozen=True)
class Detail:
    type: DetailType
    description: str


@dataclass(frozen=True)
class KindOfItem:
    """`type_name` is the item's type in the federated graph, `icon` the name of an icon in the client's set, `noun`
    the phrase for one item in a sentence, and `owner` the module that owns it. A source module may omit any detail;
    a detail that is not listed is never shown."""

    type_name: str
    icon: str
    noun: str
    owner: str
    details: Mapping[str, Detail]


_STATUS = Detail(DetailType.TEXT, "The item's status, in the words of its module.")
_ASSIGNEE = Detail(DetailType.TEXT, "The name of the agent it is assigned to.")
_CURRENCY = Detail(DetailType.TEXT, "The ISO 4217 code of the currency.")
_AMOUNT = Detail(DetailType.DECIMAL, "The amount, in the currency.")
_DUE_DATE = Detail(DetailType.DATE, "The day on which it is due.")
_START = Detail(DetailType.DATE_TIME, "When it begins.")
_END = Detail(DetailType.DATE_TIME, "When it ends.")

ITEM_KINDS: Mapping[ItemKind, KindOfItem] = MappingProxyType(
    {
        ItemKind.CONVERSATION: KindOfItem(
            "Conversation",
            icon="message-circle",
            noun="a conversation with a customer",
            owner="the conversations module",
            details={
                "status": _STATUS,
                "inbox": Detail(DetailType.TEXT, "The name of the inbox in which it was received."),
                "assignee": _ASSIGNEE,
                "contact": Detail(DetailType.TEXT, "The customer's name."),
            },
        ),
        ItemKind.CONTACT: KindOfItem(
            "Contact",
            icon="user",
            noun="a customer",
            owner="the CRM",
            details={
                "email": Detail(DetailType.TEXT, "The e-mail address."),
                "phone": Detail(DetailType.TEXT, "The telephone number."),
                "company": Detail(DetailType.TEXT, "The name of the company."),
            },
        ),
        ItemKind.DEAL: KindOfItem(
            "Deal",
            icon="handshake",
            noun="a deal",
            owner="the CRM",
            details={
                "stage": Detail(DetailType.TEXT, "The deal's stage in the sales pipeline."),
                "amount": _AMOUNT,
                "currency": _CURRENCY,
            },
        ),
        ItemKind.TASK: KindOfItem(
            "Task",
            icon="check-square",
            noun="a task",
            owner="the tasks module",
            details={"status": _STATUS, "due_date": _DUE_DATE, "assignee": _ASSIGNEE},
        ),
        ItemKind.CATALOG_PRODUCT: KindOfItem(
            "CatalogProduct",
            icon="package",
            noun="a product",
            owner="the catalogue",
            details={
                "price": Detail(DetailType.DECIMAL, "The price, in the currency."),
                "currency": _CURRENCY,
                "sku": Detail(DetailType.TEXT, "The stock keeping unit."),
                "availability": Detail(DetailType.TEXT, "Its availability, in the words of its module."),
            },
        ),
        ItemKind.CHARGE: KindOfItem(
            "Charge",
            icon="receipt",
            noun="a charge to a customer",
            owner="the billing module",
            details={"amount": _AMOUNT, "currency": _CURRENCY, "status": _STATUS, "due_date": _DUE_DATE},
        ),
        ItemKind.CALENDAR_EVENT: KindOfItem(
            "CalendarEvent",
            icon="calendar",
            noun="a calendar event",
            owner="the calendar",
            details={
                "start": _START,
                "end": _END,
                "place": Detail(DetailType.TEXT, "Where it takes place."),
            },
        ),
        ItemKind.WHATSAPP_BROADCAST: KindOfItem(
            "WhatsAppBroadcast",
            icon="megaphone",
            noun="a WhatsApp broadcast",
            owner="the broadcasts module",
            details={
                "status": _STATUS,
                "scheduled_at": Detail(DetailType.DATE_TIME, "When it is sent."),
                "recipients": Detail(DetailType.COUNT, "The number of recipients."),
            },
        ),
        ItemKind.CAMPAIGN: KindOfItem(
            "Campaign",
            icon="target",
            noun="a campaign",
            owner="the campaigns module",
            details={
                "status": _STATUS,
                "channel": Detail(DetailType.TEXT, "The channel through which it runs."),
                "start": _START,
                "end": _END,
            },
        ),
    }
)
