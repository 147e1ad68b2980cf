"""Which details the card of each kind shows. A module may leave any of them out; others reach no reader."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from models.enums import ItemKind


class DetailType(StrEnum):
    """How a detail is written. All but COUNT are text, so that no amount is rounded on its way."""

    TEXT = "TEXT"
    DECIMAL = "DECIMAL"
    """Digits with a point: `12500.00`."""
    DATE = "DATE"
    """A day without a time: `2026-11-30`."""
    MOMENT = "MOMENT"
    """A moment with its offset: `2026-11-30T14:00:00-03:00`."""
    COUNT = "COUNT"
    """A whole number from 0."""


@dataclass(frozen=True)
class Detail:
    type: DetailType
    meaning: str


_STATUS = Detail(DetailType.TEXT, "The state it is in, in the module's words.")
_ASSIGNEE = Detail(DetailType.TEXT, "The name of the agent who takes care of it.")
_CURRENCY = Detail(DetailType.TEXT, "The ISO 4217 code of the currency.")
_AMOUNT = Detail(DetailType.DECIMAL, "How much, in the currency.")
_DUE_DATE = Detail(DetailType.DATE, "The last day for it.")
_START = Detail(DetailType.MOMENT, "When it begins.")
_END = Detail(DetailType.MOMENT, "When it ends.")

DETAILS: Mapping[ItemKind, Mapping[str, Detail]] = MappingProxyType(
    {
        ItemKind.CONVERSATION: {
            "status": _STATUS,
            "inbox": Detail(DetailType.TEXT, "The name of the inbox it came in by."),
            "assignee": _ASSIGNEE,
            "contact": Detail(DetailType.TEXT, "The name of the customer it is with."),
        },
        ItemKind.CONTACT: {
            "email": Detail(DetailType.TEXT, "The e-mail address."),
            "phone": Detail(DetailType.TEXT, "The telephone number."),
            "company": Detail(DetailType.TEXT, "The name of the company."),
        },
        ItemKind.DEAL: {
            "stage": Detail(DetailType.TEXT, "The stage of the pipeline it is in."),
            "amount": _AMOUNT,
            "currency": _CURRENCY,
        },
        ItemKind.TASK: {"status": _STATUS, "due_date": _DUE_DATE, "assignee": _ASSIGNEE},
        ItemKind.CATALOG_PRODUCT: {
            "price": Detail(DetailType.DECIMAL, "The price, in the currency."),
            "currency": _CURRENCY,
            "sku": Detail(DetailType.TEXT, "The stock keeping unit."),
            "availability": Detail(DetailType.TEXT, "Whether it can be had, in the module's words."),
        },
        ItemKind.CHARGE: {"amount": _AMOUNT, "currency": _CURRENCY, "status": _STATUS, "due_date": _DUE_DATE},
        ItemKind.CALENDAR_EVENT: {
            "start": _START,
            "end": _END,
            "place": Detail(DetailType.TEXT, "Where it takes place."),
        },
        ItemKind.WHATSAPP_BROADCAST: {
            "status": _STATUS,
            "scheduled_at": Detail(DetailType.MOMENT, "When it is sent."),
            "recipients": Detail(DetailType.COUNT, "How many people it goes to."),
        },
        ItemKind.CAMPAIGN: {
            "status": _STATUS,
            "channel": Detail(DetailType.TEXT, "The channel it runs on."),
            "start": _START,
            "end": _END,
        },
    }
)
