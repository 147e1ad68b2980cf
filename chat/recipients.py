"""Writing notifications: one statement decides for all recipients of a message, whatever their number.

It is `chat.notification_rules.decide` in SQL; a property test checks that they agree. It also stores the decision not
to notify somebody, so that `whyNotified` can tell what was decided at the time. It runs before the account's clock is
locked: for the 5,000 members of an announcement it takes a tenth of a second.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Boolean, Integer, Interval, Text

from chat.access import Seat
from chat.operation import Transaction
from chat.quiet_hours import IS_QUIET_HOUR
from models.columns import IDENTIFIER, TEXT_ARRAY, TIMESTAMPTZ
from models.enums import ChannelKind
from models.rows import MessageRow
from models.statements import sql

NOTIFIES_MEMBERS = (ChannelKind.DIRECT, ChannelKind.ANNOUNCEMENT)
"""The kinds of channels in which a message notifies members whom it does not mention."""

# The lookups are LATERAL for the reason given at `models.statements.one_row`.
#
# On a conflict, the message was edited and a decision is already stored. If the edit mentions the agent for the first
# time and this changes the type, the agent is notified again. If the edit removes the mention, the new decision
# replaces the stored one but keeps its `created_at` and `read_at`. A notification that is already part of an e-mail
# keeps its `email_state`, because a message is mailed to an agent at most once.
_NOTIFY = sql(
    f"""
    WITH candidates AS (
        SELECT agent_id, true AS is_mentioned
          FROM mentioned_agents
         WHERE account_id = :account_id AND message_id = :message_id AND revision = :revision
         UNION ALL
        SELECT unnest(:unreachable_ids), true
         UNION ALL
        SELECT agent_id, false
          FROM members
         WHERE :to_members AND account_id = :account_id AND channel_id = :channel_id
         UNION ALL
        SELECT agent_id, false
          FROM notifications
         WHERE account_id = :account_id AND message_id = :message_id AND is_mentioned
           AND agent_id NOT IN (
                SELECT agent_id FROM mentioned_agents WHERE account_id = :account_id AND message_id = :message_id
               )
    ), recipients AS (
        SELECT agent_id, bool_or(is_mentioned) AS is_mentioned
          FROM candidates
         WHERE agent_id <> :author_id
         GROUP BY agent_id
    ), facts AS (
        SELECT recipients.agent_id, is_mentioned, agent.email IS NOT NULL AS has_address,
               coalesce(member.notification_level, 'MENTIONS') AS level,
               coalesce(do_not_disturb_until > :now, false) OR coalesce(quiet.is_quiet, false) AS is_quiet,
               CASE WHEN NOT agent.active THEN 'INACTIVE'
                    WHEN NOT agent.is_enabled OR (member.agent_id IS NULL AND NOT :is_public) THEN 'NO_ACCESS'
                    WHEN member.muted AND (member.muted_until IS NULL OR member.muted_until > :now) THEN 'MUTED'
               END AS suppressed
          FROM recipients
               CROSS JOIN LATERAL (
                SELECT active, email, do_not_disturb_until, (
                        SELECT chat_enabled AND agents.role = ANY (enabled_roles)
                          FROM accounts
                         WHERE account_id = :account_id
                       ) AS is_enabled
                  FROM agents
                 WHERE account_id = :account_id AND agent_id = recipients.agent_id
                 LIMIT 1
               ) AS agent
               LEFT JOIN LATERAL (
                SELECT agent_id, notification_level, muted, muted_until
                  FROM members
                 WHERE account_id = :account_id AND channel_id = :channel_id AND agent_id = recipients.agent_id
                 LIMIT 1
               ) AS member ON true
               LEFT JOIN LATERAL (
                SELECT {IS_QUIET_HOUR} AS is_quiet
                  FROM (SELECT *, local_time(:now, time_zone) AS now FROM quiet_hours) AS quiet_hours
                 WHERE account_id = :account_id AND agent_id = recipients.agent_id
                 LIMIT 1
               ) AS quiet ON true
    ), typed AS (
        SELECT *,
               CASE WHEN suppressed IS NOT NULL OR level = 'NOTHING' THEN NULL
                    WHEN :kind = 'DIRECT' AND level = 'EVERYTHING' THEN 'DIRECT_MESSAGE'
                    WHEN is_mentioned THEN 'MENTION'
                    WHEN :kind = 'ANNOUNCEMENT' AND level = 'EVERYTHING' THEN 'ANNOUNCEMENT'
               END AS type
          FROM facts
    ), decided AS (
        SELECT typed.*, coalesce(preference.bell, true) AND type IS NOT NULL AS bell,
               coalesce(preference.email, true) AND type IS NOT NULL AS email,
               CASE WHEN suppressed IS NOT NULL THEN suppressed
                    WHEN type IS NULL THEN 'LEVEL'
                    WHEN NOT preference.bell AND NOT preference.email THEN 'PREFERENCE_OFF'
                    WHEN is_quiet THEN 'QUIET_HOURS'
                    WHEN type = 'MENTION' THEN 'MENTIONED'
                    ELSE type
               END AS reason
          FROM typed
               LEFT JOIN LATERAL (
                SELECT bell, email
                  FROM notification_preferences
                 WHERE account_id = :account_id AND agent_id = typed.agent_id AND type = typed.type
                 LIMIT 1
               ) AS preference ON true
    )
    INSERT INTO notifications (account_id, agent_id, message_id, channel_id, seq, revision, is_mentioned, type, reason,
                               alert, bell, email, created_at, email_state, email_at)
    SELECT :account_id, agent_id, :message_id, :channel_id, :seq, :revision, is_mentioned, type, reason,
           type IS NOT NULL AND NOT is_quiet, bell, email, :now,
           CASE WHEN email AND has_address THEN 'WAITING' ELSE 'NONE' END,
           CASE WHEN email AND has_address
                THEN :now + :email_delay * CASE WHEN type = 'DIRECT_MESSAGE' THEN 0.5 ELSE 1 END
           END
      FROM decided
    ON CONFLICT (account_id, agent_id, message_id) DO UPDATE
       SET is_mentioned = excluded.is_mentioned, type = excluded.type, reason = excluded.reason, bell = excluded.bell,
           email = excluded.email,
           revision = CASE WHEN excluded.is_mentioned THEN excluded.revision ELSE notifications.revision END,
           alert = CASE WHEN excluded.is_mentioned THEN excluded.alert
                        ELSE notifications.alert AND excluded.type IS NOT NULL
                   END,
           created_at = CASE WHEN excluded.is_mentioned THEN excluded.created_at ELSE notifications.created_at END,
           read_at = CASE WHEN excluded.is_mentioned THEN NULL ELSE notifications.read_at END,
           email_state = CASE WHEN notifications.email_id IS NOT NULL THEN notifications.email_state
                              WHEN excluded.is_mentioned THEN excluded.email_state
                              WHEN NOT excluded.email AND notifications.email_state IN ('WAITING', 'POSTPONED')
                              THEN 'TAKEN_BACK'
                              ELSE notifications.email_state
                         END,
           email_at = CASE WHEN notifications.email_id IS NULL AND excluded.is_mentioned THEN excluded.email_at
                           ELSE notifications.email_at
                      END
     WHERE NOT excluded.is_mentioned
        OR (excluded.type IS NOT NULL AND notifications.type IS DISTINCT FROM excluded.type)
        OR (excluded.type IS NULL AND notifications.type IS NULL)
    """,  # noqa: S608
    account_id=Text,
    message_id=IDENTIFIER,
    channel_id=IDENTIFIER,
    author_id=Text,
    revision=Integer,
    unreachable_ids=TEXT_ARRAY,
    to_members=Boolean,
    is_public=Boolean,
    kind=Text,
    now=TIMESTAMPTZ,
    email_delay=Interval,
)

_DELETE_UNMENTIONED = sql(
    """
    DELETE FROM notifications
     WHERE account_id = :account_id AND message_id = :message_id AND agent_id <> ALL (:unreachable_ids)
       AND agent_id NOT IN (
            SELECT agent_id FROM mentioned_agents WHERE account_id = :account_id AND message_id = :message_id
           )
    """,
    account_id=Text,
    message_id=IDENTIFIER,
    unreachable_ids=TEXT_ARRAY,
)

_DELETE_OF_NON_MEMBERS = sql(
    """
    DELETE FROM notifications
     WHERE account_id = :account_id AND channel_id = :channel_id
       AND agent_id NOT IN (SELECT agent_id FROM members WHERE account_id = :account_id AND channel_id = :channel_id)
    """,
    account_id=Text,
    channel_id=IDENTIFIER,
)


async def notify_of_new(
    tx: Transaction, seat: Seat, message: MessageRow, mentions_agents: bool, unreachable_ids: Sequence[str]
) -> None:
    """Decides about and writes the notifications of a new message. `unreachable_ids` are agents whom it mentions and
    who cannot read it. Without candidates, executes nothing."""
    to_members = seat.channel.kind in NOTIFIES_MEMBERS
    if to_members or mentions_agents or unreachable_ids:
        await _notify(tx, seat, message, unreachable_ids, to_members=to_members)


async def notify_of_edited(tx: Transaction, seat: Seat, message: MessageRow, unreachable_ids: Sequence[str]) -> None:
    """Notifies agents whom the edited message mentions for the first time. Of those whom it does not mention any more,
    members of a direct message or an announcement get the decision about a message that does not mention them; the
    notifications of all others are deleted."""
    if seat.channel.kind not in NOTIFIES_MEMBERS:
        await tx.fetch(_DELETE_UNMENTIONED, message_id=message.message_id, unreachable_ids=unreachable_ids)
    await _notify(tx, seat, message, unreachable_ids, to_members=False)


async def delete_notifications_of_non_members(tx: Transaction, channel_id: UUID) -> None:
    """Deletes the notifications of agents who are not members of the channel, which has become private."""
    await tx.fetch(_DELETE_OF_NON_MEMBERS, channel_id=channel_id)


async def _notify(
    tx: Transaction, seat: Seat, message: MessageRow, unreachable_ids: Sequence[str], *, to_members: bool
) -> None:
    await tx.fetch(
        _NOTIFY,
        message_id=message.message_id,
        channel_id=message.channel_id,
        seq=message.seq,
        revision=message.revision,
        author_id=message.author_id,
        unreachable_ids=unreachable_ids,
        to_members=to_members,
        is_public=seat.channel.kind == ChannelKind.PUBLIC,
        kind=seat.channel.kind,
        now=tx.now,
        email_delay=tx.email_delay,
    )
