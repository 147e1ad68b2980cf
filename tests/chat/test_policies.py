"""The rules of chat/policies.py as tables: facts, and the code that the rule raises with them (None: allowed)."""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import pytest

from chat import policies
from chat.access import Seat
from chat.errors import RefusalCode, Refused
from chat.policies import EVERYBODY_LIMIT, MEMBERS_PIN_LIMIT, allowed
from models.enums import ChannelKind, Creators, MemberRole
from tests.chat.seats import make_member, make_message, make_seat, make_viewer

PUBLIC, PRIVATE, ANNOUNCEMENT, DIRECT = (
    ChannelKind.PUBLIC,
    ChannelKind.PRIVATE,
    ChannelKind.ANNOUNCEMENT,
    ChannelKind.DIRECT,
)
OWNER, ADMIN, MEMBER = MemberRole.OWNER, MemberRole.ADMIN, MemberRole.MEMBER
EVERYONE, CHANNEL_MANAGERS, ADMINISTRATORS = Creators.EVERYONE, Creators.CHANNEL_MANAGERS, Creators.ADMINISTRATORS
FORBIDDEN, INVALID, NOT_FOUND = RefusalCode.FORBIDDEN, RefusalCode.INVALID, RefusalCode.NOT_FOUND
NOT_A_MEMBER, READ_ONLY, ARCHIVED = RefusalCode.NOT_A_MEMBER, RefusalCode.READ_ONLY, RefusalCode.ARCHIVED


@dataclass(frozen=True)
class Case:
    """One row of a table: the arguments of a rule, and the code that it raises with them."""

    rule: Callable[..., object]
    arguments: Sequence[object]
    code: RefusalCode | None
    description: str

    def __str__(self) -> str:
        return f"{self.rule.__name__}: {self.description}"


CASES: list[Case] = []


def table(rule: Callable[..., object], *rows: tuple[str, Sequence[object], RefusalCode | None]) -> None:
    """Adds the table of a rule: a description, the arguments and the code of each row."""
    CASES.extend(Case(rule, arguments, code, description) for description, arguments, code in rows)


def seat_table(rule: Callable[[Seat], object], outcomes: str) -> None:
    """Adds the table of a rule of seats. `outcomes` has a line for each kind of channel: the outcome for someone who is
    no member, a member, a channel admin and an owner, and for an administrator who is no member and one who is."""
    lines = [line.split() for line in outcomes.strip().splitlines()]
    assert [line[0] for line in lines] == list(ChannelKind)
    for kind, *words in lines:
        for (name, seat), word in zip(seats(ChannelKind(kind)).items(), words, strict=True):
            code = None if word == "ok" else RefusalCode(word)
            table(rule, (f"{kind}, {name}", [seat], code))


def seats(kind: ChannelKind, **facts: bool) -> Mapping[str, Seat]:
    return {
        "no member": make_seat(kind, None, **facts),
        "member": make_seat(kind, MEMBER, **facts),
        "channel admin": make_seat(kind, ADMIN, **facts),
        "owner": make_seat(kind, OWNER, **facts),
        "administrator, no member": make_seat(kind, None, administrator=True, **facts),
        "administrator and member": make_seat(kind, MEMBER, administrator=True, **facts),
    }


# ------------------------------------------------------------------ creating
for private, announcement in product(Creators, Creators):
    who = f"private: {private}, announcement: {announcement}"
    viewer = make_viewer(private=private, announcement=announcement)
    administrator = make_viewer(private=private, announcement=announcement, administrator=True)
    for manages in (False, True):
        for kind, creators in ((PRIVATE, private), (ANNOUNCEMENT, announcement)):
            may = creators == EVERYONE or (creators == CHANNEL_MANAGERS and manages)
            table(
                policies.check_create,
                (f"{kind}, {who}, manages: {manages}", [viewer, kind, manages], None if may else FORBIDDEN),
                (f"{kind}, {who}, administrator, manages: {manages}", [administrator, kind, manages], None),
            )
        table(
            policies.check_create,
            (f"PUBLIC, {who}, manages: {manages}", [viewer, PUBLIC, manages], None),
            (f"DIRECT, {who}, manages: {manages}", [administrator, DIRECT, manages], INVALID),
        )

# ------------------------------------------------------------------ reading, posting
#                   no member     member        ch. admin     owner         administrator administrator + member
seat_table(policies.check_read, """
    PUBLIC          ok            ok            ok            ok            ok            ok
    PRIVATE         FORBIDDEN     ok            ok            ok            FORBIDDEN     ok
    ANNOUNCEMENT    FORBIDDEN     ok            ok            ok            FORBIDDEN     ok
    DIRECT          FORBIDDEN     ok            ok            ok            FORBIDDEN     ok
""")  # fmt: skip
seat_table(policies.check_member, """
    PUBLIC          NOT_A_MEMBER  ok            ok            ok            NOT_A_MEMBER  ok
    PRIVATE         FORBIDDEN     ok            ok            ok            FORBIDDEN     ok
    ANNOUNCEMENT    FORBIDDEN     ok            ok            ok            FORBIDDEN     ok
    DIRECT          FORBIDDEN     ok            ok            ok            FORBIDDEN     ok
""")  # fmt: skip
seat_table(policies.check_author, """
    PUBLIC          ok            ok            ok            ok            ok            ok
    PRIVATE         ok            ok            ok            ok            ok            ok
    ANNOUNCEMENT    READ_ONLY     READ_ONLY     READ_ONLY     READ_ONLY     READ_ONLY     READ_ONLY
    DIRECT          ok            ok            ok            ok            ok            ok
""")  # fmt: skip
seat_table(policies.check_post, """
    PUBLIC          NOT_A_MEMBER  ok            ok            ok            NOT_A_MEMBER  ok
    PRIVATE         FORBIDDEN     ok            ok            ok            FORBIDDEN     ok
    ANNOUNCEMENT    FORBIDDEN     READ_ONLY     READ_ONLY     READ_ONLY     FORBIDDEN     READ_ONLY
    DIRECT          FORBIDDEN     ok            ok            ok            FORBIDDEN     ok
""")  # fmt: skip
table(
    policies.check_not_archived,
    *((f"{kind}, archived", [make_seat(kind, archived=True)], ARCHIVED) for kind in ChannelKind),
    *((f"{kind}, not archived", [make_seat(kind)], None) for kind in ChannelKind),
)
table(
    policies.check_author,
    ("an author of the announcement", [make_seat(ANNOUNCEMENT, author=True)], None),
)
table(
    policies.check_post,
    ("an author of the announcement", [make_seat(ANNOUNCEMENT, author=True)], None),
    ("an author, archived", [make_seat(ANNOUNCEMENT, author=True, archived=True)], ARCHIVED),
    ("archived", [make_seat(archived=True)], ARCHIVED),
    ("archived, no member", [make_seat(role=None, archived=True)], NOT_A_MEMBER),
    ("a deactivated peer", [make_seat(DIRECT, peer_active=False)], READ_ONLY),
)
table(
    policies.check_mention_everybody,
    *(
        (f"{count} members, {role or 'no member'}, administrator: {administrator}", [seat], code)
        for count, role, administrator in product(
            (EVERYBODY_LIMIT, EVERYBODY_LIMIT + 1), (None, *MemberRole), (False, True)
        )
        for seat in [make_seat(role=role, member_count=count, administrator=administrator)]
        for code in [None if count <= EVERYBODY_LIMIT or role in (OWNER, ADMIN) else FORBIDDEN]
    ),
)

# ------------------------------------------------------------------ membership
#                   no member     member        ch. admin     owner         administrator administrator + member
seat_table(policies.check_join, """
    PUBLIC          ok            ok            ok            ok            ok            ok
    PRIVATE         FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN
    ANNOUNCEMENT    FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN
    DIRECT          FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN
""")  # fmt: skip
seat_table(policies.check_leave, """
    PUBLIC          NOT_A_MEMBER  ok            ok            ok            NOT_A_MEMBER  ok
    PRIVATE         FORBIDDEN     ok            ok            ok            FORBIDDEN     ok
    ANNOUNCEMENT    FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN
    DIRECT          FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN
""")  # fmt: skip
table(policies.check_join, ("archived", [make_seat(role=None, archived=True)], ARCHIVED))
table(policies.check_leave, ("archived", [make_seat(archived=True)], None))

# ------------------------------------------------------------------ managing
#                   no member     member        ch. admin     owner         administrator administrator + member
MANAGED = """
    PUBLIC          FORBIDDEN     FORBIDDEN     ok            ok            ok            ok
    PRIVATE         FORBIDDEN     FORBIDDEN     ok            ok            ok            ok
    ANNOUNCEMENT    FORBIDDEN     FORBIDDEN     ok            ok            ok            ok
    DIRECT          FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN
"""
seat_table(policies.check_manage, MANAGED)
seat_table(policies.check_edit, MANAGED)
# Direct messages are refused by `check_edit`.
seat_table(policies.check_change_retention, """
    PUBLIC          FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     ok            ok
    PRIVATE         FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     ok            ok
    ANNOUNCEMENT    FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     ok            ok
    DIRECT          FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     ok            ok
""")  # fmt: skip
seat_table(policies.check_manage_members, """
    PUBLIC          FORBIDDEN     FORBIDDEN     ok            ok            ok            ok
    PRIVATE         FORBIDDEN     FORBIDDEN     ok            ok            ok            ok
    ANNOUNCEMENT    FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN
    DIRECT          FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN
""")  # fmt: skip
seat_table(policies.check_manage_authors, """
    PUBLIC          FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN
    PRIVATE         FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN
    ANNOUNCEMENT    FORBIDDEN     FORBIDDEN     ok            ok            ok            ok
    DIRECT          FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN
""")  # fmt: skip
table(policies.check_manage, ("archived", [make_seat(role=OWNER, archived=True)], None))
for rule, kind in (
    (policies.check_edit, PUBLIC),
    (policies.check_manage_members, PUBLIC),
    (policies.check_manage_authors, ANNOUNCEMENT),
):
    table(rule, ("archived", [make_seat(kind, OWNER, archived=True)], ARCHIVED))

owner, channel_admin, member = make_seat(role=OWNER), make_seat(role=ADMIN), make_seat(role=MEMBER)
administrator_seat = make_seat(role=None, administrator=True)
table(
    policies.check_change_kind,
    ("an owner makes it private", [make_viewer(), owner, PRIVATE], None),
    ("an owner makes it public", [make_viewer(), make_seat(PRIVATE, OWNER), PUBLIC], None),
    ("an administrator makes it private", [make_viewer(administrator=True), administrator_seat, PRIVATE], None),
    (
        "an administrator who is a member makes it public",
        [make_viewer(administrator=True), make_seat(PRIVATE, MEMBER, administrator=True), PUBLIC],
        None,
    ),
    (
        "an administrator who is no member makes it public",
        [make_viewer(administrator=True), make_seat(PRIVATE, None, administrator=True), PUBLIC],
        FORBIDDEN,
    ),
    ("a channel admin", [make_viewer(), channel_admin, PRIVATE], FORBIDDEN),
    ("a member", [make_viewer(), member, PRIVATE], FORBIDDEN),
    ("no member", [make_viewer(), make_seat(role=None), PRIVATE], FORBIDDEN),
    (
        "an owner where only administrators create private channels",
        [make_viewer(private=ADMINISTRATORS), owner, PRIVATE],
        FORBIDDEN,
    ),
    *(
        (f"{before} to {after}", [make_viewer(administrator=True), make_seat(before, OWNER), after], INVALID)
        for before, after in product(ChannelKind, ChannelKind)
        if {before, after} & {ANNOUNCEMENT, DIRECT}
    ),
)
table(
    policies.check_change_member,
    *(
        (f"{actor} changes {target}", [seat, make_member(target, "target")], code)
        for (actor, seat), target in product(seats(PUBLIC).items(), MemberRole)
        for code in [None if target != OWNER or actor == "owner" or "administrator" in actor else FORBIDDEN]
    ),
)
table(
    policies.check_grant_role,
    *(
        (f"{actor} grants {role}", [seat, role], code)
        for (actor, seat), role in product(seats(PUBLIC).items(), MemberRole)
        for code in [None if role != OWNER or actor == "owner" or "administrator" in actor else FORBIDDEN]
    ),
)

# ------------------------------------------------------------------ messages
own, of_colleague, system = make_message(), make_message("colleague"), make_message(system=True)
deleted = make_message(deleted=True)
table(policies.check_not_deleted, ("a message", [own], None), ("a deleted message", [deleted], NOT_FOUND))
table(
    policies.check_edit_message,
    *((f"one's own, {role}", [make_seat(role=role), own], None) for role in MemberRole),
    *((f"a colleague's, {role}", [make_seat(role=role), of_colleague], FORBIDDEN) for role in MemberRole),
    ("a colleague's, administrator", [make_seat(administrator=True), of_colleague], FORBIDDEN),
    ("a system message", [owner, system], FORBIDDEN),
    ("a deleted message", [member, deleted], NOT_FOUND),
    ("one's own, no member any more", [make_seat(role=None), own], NOT_A_MEMBER),
    ("one's own, private, no member any more", [make_seat(PRIVATE, None), own], FORBIDDEN),
    ("one's own, archived", [make_seat(archived=True), own], ARCHIVED),
    ("one's own in an announcement, an author", [make_seat(ANNOUNCEMENT, author=True), own], None),
    ("one's own in an announcement, no author any more", [make_seat(ANNOUNCEMENT, OWNER), own], READ_ONLY),
    ("one's own in a direct message", [make_seat(DIRECT), own], None),
    ("one's own, a deactivated peer", [make_seat(DIRECT, peer_active=False), own], READ_ONLY),
)
table(
    policies.check_delete_message,
    *((f"one's own, {role}", [make_seat(role=role), own], None) for role in MemberRole),
    ("one's own, no member any more", [make_seat(role=None), own], None),
    ("one's own, private, no member any more", [make_seat(PRIVATE, None), own], FORBIDDEN),
    ("a colleague's, member", [member, of_colleague], FORBIDDEN),
    ("a colleague's, channel admin", [channel_admin, of_colleague], None),
    ("a colleague's, owner", [owner, of_colleague], None),
    ("a colleague's, administrator", [administrator_seat, of_colleague], None),
    (
        "a colleague's, private, administrator who is no member",
        [make_seat(PRIVATE, None, administrator=True), of_colleague],
        FORBIDDEN,
    ),
    ("one's own in a direct message", [make_seat(DIRECT), own], None),
    ("one's own, a deactivated peer", [make_seat(DIRECT, peer_active=False), own], None),
    ("a peer's", [make_seat(DIRECT), of_colleague], FORBIDDEN),
    ("a peer's, administrator", [make_seat(DIRECT, administrator=True), of_colleague], FORBIDDEN),
    ("a system message", [owner, system], FORBIDDEN),
    ("a deleted message", [member, deleted], None),
    ("one's own, archived", [make_seat(archived=True), own], ARCHIVED),
)
table(
    policies.check_react,
    *((f"{kind}, member", [make_seat(kind), of_colleague], None) for kind in ChannelKind),
    ("no member", [make_seat(role=None), of_colleague], NOT_A_MEMBER),
    ("private, no member", [make_seat(PRIVATE, None), of_colleague], FORBIDDEN),
    ("a deleted message", [member, make_message("colleague", deleted=True)], NOT_FOUND),
    ("archived", [make_seat(archived=True), of_colleague], ARCHIVED),
    ("a deactivated peer", [make_seat(DIRECT, peer_active=False), of_colleague], None),
)

table(
    policies.check_forward,
    ("a colleague's message", [of_colleague], None),
    ("a system message", [system], FORBIDDEN),
    ("a deleted message", [deleted], NOT_FOUND),
)
table(
    policies.check_see_readers,
    ("announcement, reader", [make_seat(ANNOUNCEMENT)], FORBIDDEN),
    ("announcement, author", [make_seat(ANNOUNCEMENT, author=True)], None),
    ("announcement, channel admin", [make_seat(ANNOUNCEMENT, ADMIN)], None),
    ("announcement, administrator", [make_seat(ANNOUNCEMENT, administrator=True)], None),
    ("announcement, no member any more", [make_seat(ANNOUNCEMENT, None, administrator=True)], FORBIDDEN),
    *((f"{kind}, owner", [make_seat(kind, OWNER)], FORBIDDEN) for kind in (PUBLIC, PRIVATE, DIRECT)),
)
pins, pins_not = make_viewer(), make_viewer(members_pin=False)
crowd = MEMBERS_PIN_LIMIT + 1
table(
    policies.check_pin,
    *((f"{kind}, owner", [pins_not, make_seat(kind, OWNER), of_colleague], None) for kind in (PUBLIC, PRIVATE)),
    ("channel admin, a large channel", [pins_not, make_seat(role=ADMIN, member_count=crowd), of_colleague], None),
    ("administrator who is no member", [pins, make_seat(role=None, administrator=True), of_colleague], None),
    (
        "private, administrator who is no member",
        [pins, make_seat(PRIVATE, None, administrator=True), of_colleague],
        FORBIDDEN,
    ),
    ("member", [pins, member, of_colleague], None),
    ("member, the setting is off", [pins_not, member, of_colleague], FORBIDDEN),
    ("member, 50 members", [pins, make_seat(member_count=MEMBERS_PIN_LIMIT), of_colleague], None),
    ("member, 51 members", [pins, make_seat(member_count=crowd), of_colleague], FORBIDDEN),
    ("no member", [pins, make_seat(role=None), of_colleague], NOT_A_MEMBER),
    ("a direct message, the setting is off", [pins_not, make_seat(DIRECT), of_colleague], None),
    ("announcement, reader", [pins, make_seat(ANNOUNCEMENT), of_colleague], READ_ONLY),
    ("announcement, author", [pins, make_seat(ANNOUNCEMENT, author=True), of_colleague], None),
    ("announcement, owner", [pins_not, make_seat(ANNOUNCEMENT, OWNER), of_colleague], None),
    ("archived", [pins, make_seat(role=OWNER, archived=True), of_colleague], ARCHIVED),
    ("a deleted message", [pins, owner, make_message("colleague", deleted=True)], NOT_FOUND),
    ("a system message", [pins, owner, system], FORBIDDEN),
)

RULES = {name: rule for name, rule in vars(policies).items() if name.startswith("check_")}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    assert _code_raised(case) == case.code
    assert allowed(case.rule, *case.arguments) is (case.code is None)


def test_every_rule_has_a_table_with_allowed_and_refused_rows() -> None:
    for name, rule in RULES.items():
        codes = {case.code for case in CASES if case.rule is rule}
        assert None in codes, f"{name} is never allowed"
        assert codes - {None}, f"{name} is never refused"


@pytest.mark.parametrize("name", RULES)
def test_every_code_that_a_rule_can_raise_occurs_in_its_table(name: str) -> None:
    assert {case.code for case in CASES if case.rule is RULES[name]} - {None} == _codes_of(name)


def test_check_member_returns_the_membership() -> None:
    seat = make_seat()
    assert policies.check_member(seat) is seat.member


def _code_raised(case: Case) -> RefusalCode | None:
    try:
        case.rule(*case.arguments)
    except Refused as refused:
        return refused.code
    return None


def _codes_of(name: str) -> set[RefusalCode]:
    """Returns the codes that the source of a rule mentions: its own, and those of the rules that it calls."""
    source = inspect.getsource(RULES[name])
    codes = {RefusalCode(code) for code in re.findall(r"RefusalCode\.(\w+)", source)}
    for called in set(re.findall(r"\b(check_\w+)\(", source)) - {name}:
        codes |= _codes_of(called)
    return codes
