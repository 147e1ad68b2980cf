"""The tokens of unsubscribe links."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enums import NotificationType
from notifications.unsubscribe import KEY_BYTES, Unsubscription, sign, verify

KEY = b"k" * KEY_BYTES
MENTIONS = Unsubscription("1", "12", frozenset({NotificationType.MENTION}))

ids = st.text(min_size=1, max_size=64)
unsubscriptions = st.builds(Unsubscription, ids, ids, st.frozensets(st.sampled_from(NotificationType)))


@given(unsubscriptions)
def test_a_token_contains_what_was_signed(unsubscription: Unsubscription) -> None:
    token = sign(unsubscription, KEY)
    assert verify(token, [KEY]) == unsubscription
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_a_token_stays_valid_in_later_versions() -> None:
    token = "1.WyIxIiwiMTIiLCJNRU5USU9OIl0.brFNyJO4LNjV1N0ooh7kOaj35A2acfLel_tkWqWi6YM"
    assert verify(token, [KEY]) == MENTIONS


@given(st.data())
def test_a_changed_token_is_not_valid(data: st.DataObject) -> None:
    token = sign(MENTIONS, KEY)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters().filter(lambda letter: letter != token[place]))
    assert verify(token[:place] + letter + token[place + 1 :], [KEY]) is None


@pytest.mark.parametrize("token", ["", ".", "..", "1..", "1.W10", "é", "\ud800", "1." + "A" * 5_000 + ".A"])
def test_other_texts_are_not_valid(token: str) -> None:
    assert verify(token, [KEY]) is None


def test_another_key_is_not_valid() -> None:
    assert verify(sign(MENTIONS, b"x" * KEY_BYTES), [KEY]) is None


def test_any_of_the_keys_is_valid() -> None:
    token = sign(MENTIONS, b"x" * KEY_BYTES)
    assert verify(token, [KEY, b"x" * KEY_BYTES]) == MENTIONS
    assert verify(token, [KEY, b"y" * KEY_BYTES]) is None


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        sign(MENTIONS, b"k" * (KEY_BYTES - 1))
