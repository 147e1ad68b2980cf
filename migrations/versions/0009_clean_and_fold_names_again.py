"""Remove invisible characters from the names of agents, teams, accounts and channels, and fold the names that agents
and channels are searched by again: letters such as "ı" and "𝓐", typographic apostrophes and dashes.

The functions are copies of those in chat/naming.py at this revision, so that later changes do not change what this
revision does."""

import re
import unicodedata
from typing import NamedTuple

import sqlalchemy as sa
from alembic import op
from emoji import emoji_list


revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

PAGE = 1_000

UNDECOMPOSED = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŋ": "n", "ŧ": "t", "þ": "th", "œ": "oe", "æ": "ae"}
)
PUNCTUATION = str.maketrans(
    {**dict.fromkeys("‘’‛ʹʻʼ′´\u1ffd`", "'"), **dict.fromkeys("“”„‟", '"'), **dict.fromkeys("‐‑‒–—―−", "-")}
)
LINE_BREAKS = re.compile("[\t-\r\x1c-\x1f\x85\u2028\u2029]+")
BLANK = {
    *"\u3164\u115f\u1160\uffa0\u2800\u034f\u17b4\u17b5",
    *map(chr, [*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]),
}
JOINERS_AND_MARKS = set("\u200c\u200d\u200e\u200f\u061c")
VIRAMA = 9


class Names(NamedTuple):
    """A table with names: its columns after account_id that identify a row, and what a row is called if its name has
    no visible character (None: its name stays as it is)."""

    table: str
    id: str | None
    folded: bool
    fallback: str | None


TABLES = [
    Names("agents", "agent_id", True, "agent_id"),
    Names("channels", "channel_id", True, None),
    Names("teams", "team_id", False, "team_id"),
    Names("accounts", None, False, None),
]


def upgrade() -> None:
    for names in TABLES:
        rewrite(names)


def downgrade() -> None:
    """Changes nothing: the removed characters are not known any more, and every folded name remains searchable."""


def rewrite(names: Names) -> None:
    key = ["account_id", *([names.id] if names.id else [])]
    columns = [*key, "name", *(["sort_name"] if names.folded else [])]
    keys = ", ".join(key)
    first = sa.text(
        f"SELECT {', '.join(columns)} FROM {names.table} WHERE name IS NOT NULL ORDER BY {keys} LIMIT {PAGE}"
    )
    after = sa.text(
        f"SELECT {', '.join(columns)} FROM {names.table} WHERE name IS NOT NULL"
        f" AND ({keys}) > ({', '.join(':' + column for column in key)}) ORDER BY {keys} LIMIT {PAGE}"
    )
    update = sa.text(
        f"UPDATE {names.table} SET {', '.join(f'{column} = :{column}' for column in columns if column not in key)}"
        f" WHERE {' AND '.join(f'{column} = :{column}' for column in key)}"
    )
    connection = op.get_bind()
    rows = [row._asdict() for row in connection.execute(first)]
    while rows:
        rewritten = [(row, renamed(row, names)) for row in rows]
        changed = [new for row, new in rewritten if new != row]
        if changed:
            connection.execute(update, changed)
        last = {column: rows[-1][column] for column in key}
        rows = [row._asdict() for row in connection.execute(after, last)]


def renamed(row: dict[str, str], names: Names) -> dict[str, str]:
    name = clean(row["name"])
    if not is_visible(name):
        name = row[names.fallback] if names.fallback else row["name"]
    return {**row, "name": name, **({"sort_name": fold(name)} if names.folded else {})}


def fold(text: str) -> str:
    compatible = unicodedata.normalize("NFKD", text.translate(PUNCTUATION)).casefold()
    decomposed = unicodedata.normalize("NFKD", compatible).translate(PUNCTUATION)
    letters = (letter for letter in decomposed if not unicodedata.combining(letter))
    visible = (letter for letter in letters if letter.isspace() or not is_invisible(letter))
    return " ".join("".join(visible).translate(UNDECOMPOSED).split())


def clean(name: str) -> str:
    line = LINE_BREAKS.sub(" ", name)
    cleaned, place = [], 0
    for emoji in emoji_list(line):
        cleaned += [without_invisible(line[place : emoji["match_start"]]), emoji["emoji"]]
        place = emoji["match_end"]
    return "".join([*cleaned, without_invisible(line[place:])]).strip()


def without_invisible(text: str) -> str:
    places = zip(f" {text}", text, f"{text} "[1:], strict=False)
    return "".join(letter for before, letter, after in places if is_kept(before, letter, after))


def is_kept(before: str, letter: str, after: str) -> bool:
    if unicodedata.category(letter) not in ("Cn", "Cs") and not is_invisible(letter):
        return True
    return letter in JOINERS_AND_MARKS and (takes_joiners(before) or takes_joiners(after))


def takes_joiners(letter: str) -> bool:
    return unicodedata.bidirectional(letter) in ("R", "AL") or unicodedata.combining(letter) == VIRAMA


def is_invisible(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf") or letter in BLANK


def is_visible(text: str) -> bool:
    return any(not is_invisible(letter) and unicodedata.category(letter)[0] not in "ZM" for letter in text)
