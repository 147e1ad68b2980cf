"""The table of what each kind of change means."""

from dataclasses import replace

from chat.change_kinds import (
    ADDRESSING_KINDS,
    ADMISSION_KINDS,
    EFFECTS,
    MEMBERSHIP_KINDS,
    NOT_AUDITED,
    VISIBILITY_KINDS,
    Access,
    ChannelChangeKind,
    Effect,
    Inbox,
)
from models.enums import AuditAction, ChangeKind


def test_every_kind_of_change_has_an_entry() -> None:
    assert set(EFFECTS) == set(ChangeKind)


def test_every_effect_occurs_in_the_table() -> None:
    effects = list(EFFECTS.values())
    assert {effect.shown_as for effect in effects} == {None, *ChannelChangeKind}
    assert {effect.inbox for effect in effects} == set(Inbox)
    assert {effect.access for effect in effects} == set(Access)


def test_every_kind_has_an_effect() -> None:
    assert {replace(effect, audit=NOT_AUDITED) for effect in EFFECTS.values()}.isdisjoint({Effect(NOT_AUDITED)})


def test_only_changes_of_content_and_of_profiles_are_not_audited() -> None:
    assert {kind for kind, effect in EFFECTS.items() if not effect.audit} == {
        ChangeKind.MESSAGE_ADDED,
        ChangeKind.MESSAGE_EDITED,
        ChangeKind.MESSAGE_REACTED,
        ChangeKind.MESSAGE_PINNED,
        ChangeKind.AGENT_CHANGED,
        ChangeKind.MEMBERS_COUNTED,
        ChangeKind.MESSAGES_EXPIRED,
    }


def test_every_action_belongs_to_a_kind_of_change() -> None:
    required = {action for effect in EFFECTS.values() for action in effect.audit}
    assert set(AuditAction) - required == {AuditAction.AGENT_ROLE_CHANGED}


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
