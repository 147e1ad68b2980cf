"""The two bodies of an e-mail: the facts of a digest in words, in the recipient's language, from the templates."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from css_inline import CSSInliner

from models.enums import ItemKind, NotificationType
from notifications.digests import Digest, MessageExcerpt
from notifications.excerpts import excerpt
from notifications.languages import N_, Language, language
from notifications.templating import environment

TEMPLATES = Path(__file__).parent / "templates"

COLOURS = 6
"""The number of background colours of avatars in the template."""

PREVIEW_LENGTH = 120


ACTIONS: Mapping[NotificationType, str] = MappingProxyType(
    {
        NotificationType.MENTION: N_("mentioned you"),
        NotificationType.DIRECT_MESSAGE: N_("sent you a message"),
        NotificationType.ANNOUNCEMENT: N_("posted an announcement"),
    }
)

CARDS: Mapping[ItemKind, str] = MappingProxyType(
    {
        ItemKind.CONVERSATION: N_("Conversation"),
        ItemKind.CONTACT: N_("Contact"),
        ItemKind.DEAL: N_("Deal"),
        ItemKind.TASK: N_("Task"),
        ItemKind.CATALOG_PRODUCT: N_("Product"),
        ItemKind.CHARGE: N_("Charge"),
        ItemKind.CALENDAR_EVENT: N_("Calendar event"),
        ItemKind.WHATSAPP_BROADCAST: N_("WhatsApp broadcast"),
        ItemKind.CAMPAIGN: N_("Campaign"),
    }
)


@dataclass(frozen=True)
class Bodies:
    text: str
    html: str


@dataclass(frozen=True)
class ShownMessage:
    """A message as the templates show it."""

    author: str
    initial: str
    colour: int
    action: str
    time: str
    lines: tuple[str, ...]
    parts: tuple[str, ...]
    link: str


def bodies(digest: Digest) -> Bodies:
    chosen = language(digest.locale)
    messages = [_shown(each, digest, chosen) for each in digest.excerpts]
    values = {
        "digest": digest,
        "language": chosen,
        "messages": messages,
        "total": len(messages) + digest.omitted,
        "contents_hidden": any(each.text is None for each in digest.excerpts),
        "preview": _preview(messages[0]),
        "zone": chosen.zone_name(digest.time_zone, digest.excerpts[-1].sent_at),
    }
    templates = environment(TEMPLATES, chosen)
    html = templates.get_template("digest.html").render(values)
    return Bodies(templates.get_template("digest.txt").render(values), _INLINER.inline(html))


_INLINER = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def _shown(message: MessageExcerpt, digest: Digest, chosen: Language) -> ShownMessage:
    text = excerpt(message.text or "")
    return ShownMessage(
        author=message.author_name,
        initial=next((letter.upper() for letter in message.author_name if letter.isalnum()), "•"),
        colour=sha256(message.author_name.encode()).digest()[0] % COLOURS,
        action=chosen.translations.gettext(ACTIONS[message.type]),
        time=chosen.date_and_time(message.sent_at, digest.time_zone),
        lines=tuple(text.split("\n")) if text else (),
        parts=_parts(message, chosen),
        link=message.link,
    )


def _parts(message: MessageExcerpt, chosen: Language) -> tuple[str, ...]:
    """Returns the names of the files and the kinds of the cards; nothing if the account leaves contents out."""
    return (*message.filenames, *_cards(message, chosen)) if message.text is not None else ()


def _cards(message: MessageExcerpt, chosen: Language) -> tuple[str, ...]:
    """Returns the kinds of the cards, each with its number if there are several."""
    names = Counter(chosen.translations.gettext(CARDS[kind]) for kind in message.card_kinds)
    return tuple(f"{name} × {count}" if count > 1 else name for name, count in names.items())


def _preview(first: ShownMessage) -> str:
    """Returns what mail clients show beside the subject in a list of e-mails."""
    content = " ".join([*first.lines, *first.parts]) or first.action
    preview = f"{first.author}: {content}"
    return preview if len(preview) <= PREVIEW_LENGTH else f"{preview[: PREVIEW_LENGTH - 1]}…"
