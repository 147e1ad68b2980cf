"""The statement that finds a page of messages.

The slices are walked from the newest to the oldest until the page is full. Left to itself, the planner would read and
sort all matches, or scan all messages.
"""

from sqlalchemy import BigInteger, Boolean, Integer, Text

from chat.access import READABLE_CHANNELS
from chat.search_index import CURRENT_SLICE, in_slice
from models.columns import IDENTIFIER, TIMESTAMPTZ
from models.rows import MessageRow
from models.statements import sql

FEW = 100
"""If a step of the walk finds fewer messages, the next one reads more slices. The first two read one: the newest slice
of a period may contain none of its messages."""

NO_SLICE = -(2**40)
"""Before the oldest slice of any account. Imported messages can be in negative slices."""

_MESSAGE_COLUMNS = ", ".join(f"message.{name}" for name in MessageRow._fields)

# The readable channels are read first, so a channel that cannot be read costs the same as one that does not exist.
#
# `IS TRUE` and `IS NOT FALSE` keep the planner from choosing another index for these conditions. It would read the
# entries by an index that begins with the account, of which it expects few, and would compare all readable channels
# with each match instead of looking the match's channel up in a hash table. `IS NOT FALSE` is true if the parameter is
# NULL. Keys of slices are almost unique (chat.search_index), so the account and the slice exclude hardly any entry.
#
# Each row of the result has the slice that the walk reached, and whether there are more. If nothing is found, there is
# one row without a message.
SEARCH = sql(
    f"""
    WITH RECURSIVE readable AS MATERIALIZED ({READABLE_CHANNELS}),
    bounds AS MATERIALIZED (
        SELECT least({CURRENT_SLICE}, :after_slice, CASE WHEN :before IS NOT NULL THEN coalesce((
                SELECT slice + 1 FROM search_entries
                 WHERE account_id = :account_id AND created_at < :before
                 ORDER BY created_at DESC LIMIT 1
               ), {NO_SLICE}) END) AS newest,
               CASE WHEN :after IS NULL THEN (
                SELECT least(slice - 1, 0) FROM search_entries
                 WHERE account_id = :account_id AND created_at >= '-infinity'
                 ORDER BY created_at LIMIT 1
               ) ELSE (
                SELECT slice - 1 FROM search_entries
                 WHERE account_id = :account_id AND created_at >= :after
                 ORDER BY created_at LIMIT 1
               ) END AS oldest
    ), walk AS (
        SELECT 0 AS step, newest + 1 AS reached, 1 AS width, 0 AS examined, 0 AS found, NULL::uuid[] AS message_ids
          FROM bounds
         WHERE :channel_id IS NULL OR :channel_id IN (SELECT channel_id FROM readable)
         UNION ALL
        SELECT step + 1, lowest, CASE WHEN step > 0 AND matches.examined < {FEW} THEN least(width * 4, :widest)
                                      ELSE width
                                 END,
               walk.examined + matches.examined,
               found + cardinality(matches.message_ids), matches.message_ids
          FROM walk CROSS JOIN bounds
               CROSS JOIN LATERAL (SELECT greatest(reached - width, oldest) AS lowest) AS slices
               CROSS JOIN LATERAL (
                SELECT string_agg({in_slice(":terms", "slice")}, ' | ')::tsquery AS terms
                  FROM generate_series(lowest, reached - 1) AS slice
               ) AS wanted
               CROSS JOIN LATERAL (
                WITH candidates AS MATERIALIZED (
                    SELECT message_id, channel_id, slice
                      FROM search_entries
                     WHERE search_entries.terms @@ wanted.terms
                       AND (account_id = :account_id) IS TRUE
                       AND (slice >= lowest AND slice < reached) IS TRUE
                       AND ((slice, message_id) < (:after_slice, :after_id)) IS NOT FALSE
                       AND (channel_id = :channel_id) IS NOT FALSE
                       AND (created_at >= :after) IS NOT FALSE
                       AND (created_at < :before) IS NOT FALSE
                )
                SELECT (SELECT count(*) FROM candidates)::int AS examined, ARRAY(
                        SELECT message_id
                          FROM candidates
                         WHERE (channel_id IN (SELECT channel_id FROM readable)) IS TRUE
                           AND (NOT :mentions_viewer OR EXISTS (
                                SELECT FROM mentioned_agents
                                 WHERE account_id = :account_id AND message_id = candidates.message_id
                                   AND agent_id = :agent_id
                               ))
                         ORDER BY slice DESC, message_id DESC
                         LIMIT :limit - found
                       ) AS message_ids
               ) AS matches
         WHERE reached > oldest AND found < :limit AND walk.examined < :examined_limit
           AND newest - reached < :slices_limit
    )
    SELECT last.reached, last.reached > oldest, entry.slice, forward.body, {_MESSAGE_COLUMNS}
      FROM (SELECT reached FROM walk ORDER BY step DESC LIMIT 1) AS last CROSS JOIN bounds
           LEFT JOIN LATERAL (
            SELECT unnest(message_ids) AS message_id FROM walk LIMIT :limit
           ) AS page ON true
           LEFT JOIN LATERAL (
            SELECT * FROM messages WHERE account_id = :account_id AND message_id = page.message_id LIMIT 1
           ) AS message ON true
           LEFT JOIN LATERAL (
            SELECT slice FROM search_entries WHERE account_id = :account_id AND message_id = page.message_id LIMIT 1
           ) AS entry ON true
           LEFT JOIN LATERAL (
            SELECT body FROM forwards WHERE account_id = :account_id AND message_id = page.message_id LIMIT 1
           ) AS forward ON true
     ORDER BY entry.slice DESC, message.message_id DESC
    """,  # noqa: S608
    account_id=Text,
    agent_id=Text,
    terms=Text,
    channel_id=IDENTIFIER,
    mentions_viewer=Boolean,
    after=TIMESTAMPTZ,
    before=TIMESTAMPTZ,
    after_slice=BigInteger,
    after_id=IDENTIFIER,
    widest=Integer,
    limit=Integer,
    examined_limit=Integer,
    slices_limit=Integer,
)
