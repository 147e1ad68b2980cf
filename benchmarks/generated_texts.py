"""Texts for searching: words whose frequencies fall with their rank, as in a language, and some rare things.

The most frequent word is in three quarters of the messages, the tenth in a tenth of them, and half of the 50,000 words
in fewer than one message in 10,000.
"""

_SYLLABLES = "".join(consonant + vowel for consonant in "bcdfglmnprstv" for vowel in "aeiou")
_COUNT = len(_SYLLABLES) // 2
_WORDS = 50_000


def _syllable(number: str) -> str:
    return f"substr('{_SYLLABLES}', 1 + 2 * (({number}) % {_COUNT}), 2)"


_WORD = f"""
    {_syllable("rank")} || {_syllable(f"rank / {_COUNT}")}
    || CASE WHEN rank % 7 = 0 THEN 'ção' ELSE {_syllable("rank * 17")} END
"""

WORDS = f"""
concat_ws(' ',
    (SELECT string_agg({_WORD}, ' ')
       FROM generate_series(1, 5 + (change * 7 % 21)::int) AS place
            CROSS JOIN LATERAL (
             SELECT floor(power({_WORDS}::float8, (hashint8extended(change * 32 + place, 7) & 1048575)
                                                  / 1048576.0::float8))::int AS rank
            ) AS random),
    CASE change % 100 WHEN 1 THEN 'reunião de equipe' WHEN 2 THEN 'equipe de reunião' END,
    CASE change % 40 WHEN 3 THEN '今天开会讨论' WHEN 4 THEN '明天在会议室' END,
    CASE WHEN change % 10 = 5 THEN '🎉' END,
    CASE WHEN change % 5000 = 6 THEN 'raríssimo' END,
    CASE WHEN change % 20 = 0 AND moment < now() - interval '330 days' THEN 'antigamente' END,
    CASE WHEN change % 25 = 7 THEN 'https://example.com/' || change END,
    CASE WHEN seq % 10 = 0 THEN '[@' || neighbour_id || '](mention://user/' || neighbour_id || '/x)' END
)
"""
"""The text of a message, as an SQL expression over its row of `draft`."""


def word(rank: int) -> str:
    """Returns the word of this rank; the most frequent is 1."""
    first, second, third = (_SYLLABLES[2 * (number % _COUNT) :][:2] for number in (rank, rank // _COUNT, rank * 17))
    return first + second + ("cao" if rank % 7 == 0 else third)
