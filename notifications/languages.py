"""The languages of e-mails and of the pages that they link to.

The code and the templates contain the English texts. `locales/` has a gettext catalog for each other language, which is
read from its source when the language is first used, so nothing has to be compiled.
"""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_skeleton, format_time, get_timezone_name
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

CATALOGS = Path(__file__).parent / "locales"


def N_(text: str) -> str:
    """Marks a text that is translated where it is used."""
    return text


@dataclass(frozen=True)
class Language:
    tag: str
    """The language tag (BCP 47), for HTML."""

    locale: Locale
    translations: NullTranslations

    def date_and_time(self, moment: datetime, zone: tzinfo) -> str:
        local = moment.astimezone(zone)
        date = format_skeleton("MMMEd", local, tzinfo=zone, locale=self.locale)
        return f"{date}, {format_time(local, 'short', tzinfo=zone, locale=self.locale)}"

    def zone_name(self, zone: tzinfo, moment: datetime) -> str:
        if str(zone) == "UTC":
            return "UTC"
        return get_timezone_name(moment.astimezone(zone), "long", locale=self.locale)


def language(tag: str | None) -> Language:
    """Returns the language of a tag such as `pt-BR` or `pt_PT`. All Portuguese is Brazilian; any other language, and
    none, is English."""
    primary = (tag or "").replace("_", "-").partition("-")[0].strip().lower()
    return brazilian_portuguese() if primary == "pt" else english()


@cache
def english() -> Language:
    return Language("en", Locale("en"), NullTranslations())


@cache
def brazilian_portuguese() -> Language:
    return Language("pt-BR", Locale("pt", "BR"), _catalog("pt_BR"))


def _catalog(name: str) -> GNUTranslations:
    with (CATALOGS / name / "LC_MESSAGES" / "notifications.po").open("rb") as source:
        catalog = read_po(source, locale=name)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return GNUTranslations(compiled)
