"""The table of what each kind of change means."""

from chat.change_kinds import (
    ADDRESSING_KINDS,
    ADMISSION_KINDS,
    EFFECTS,
    MEMBERSHIP_KINDS,
    VISIBILITY_KINDS,
    Access,
    ChannelChangeKind,
    Effect,
    Inbox,
)
from models.enums import ChangeKind


def test_every_kind_of_change_has_an_entry() -> None:
    assert set(EFFECTS) == set(ChangeKind)


def test_every_effect_occurs_in_the_table() -> None:
    effects = list(EFFECTS.values())
    assert {effect.shown_as for effect in effects} == {None, *ChannelChangeKind}
    assert {effect.inbox for effect in effects} == set(Inbox)
    assert {effect.access for effect in effects} == set(Access)


def test_every_kind_has_an_effect() -> None:
    assert Effect() not in EFFECTS.values()


def test_the_kinds_that_replays_select_are_derived_from_the_table() -> None:
    assert set(MEMBERSHIP_KINDS) == {ChangeKind.MEMBER_ADDED, ChangeKind.MEMBER_REMOVED}
    assert set(VISIBILITY_KINDS) == {ChangeKind.MADE_PUBLIC, ChangeKind.MADE_PRIVATE}
    assert set(ADDRESSING_KINDS) == {ChangeKind.MESSAGE_ADDED, ChangeKind.MESSAGE_EDITED}
    assert set(ADMISSION_KINDS) == {
        ChangeKind.AGENT_ADDED,
        ChangeKind.AGENT_CHANGED,
        ChangeKind.AGENT_DEACTIVATED,
        ChangeKind.AGENT_REACTIVATED,
        ChangeKind.SETTINGS_CHANGED,
    }


def test_a_change_that_mentions_agents_is_a_message_that_its_channel_shows() -> None:
    for kind in ADDRESSING_KINDS:
        assert EFFECTS[kind].shown_as in (ChannelChangeKind.MESSAGE_ADDED, ChannelChangeKind.MESSAGE_UPDATED)
        assert EFFECTS[kind].inbox == Inbox.MEMBERS
