"""The statements that claim new e-mails. None of them waits for a lock."""

from typing import Any

from sqlalchemy import ARRAY, Integer, Select, Text, literal_column, select, text, true
from sqlmodel import col

from models import Notification
from models.columns import ACCOUNT_ID, IDENTIFIER, TEXT_ARRAY, TIMESTAMPTZ
from models.notifications import IS_WAITING
from models.statements import Statement, keys_table, sql
from notifications.sendable import MAY_BE_SENT

NOTIFICATIONS_PER_AGENT = 500
"""How many notifications of an agent are claimed together."""

LOCK_AGENTS = sql(
    f"""
    WITH due AS (
        SELECT agent_id
          FROM notifications
         WHERE account_id = :account_id AND {IS_WAITING} AND email_at <= :now
         ORDER BY email_at
         LIMIT :limit
           FOR UPDATE SKIP LOCKED
    )
    SELECT agent.agent_id
      FROM (SELECT DISTINCT agent_id FROM due) AS agent_with_due
           CROSS JOIN LATERAL (
            SELECT agent_id
              FROM agents
             WHERE account_id = :account_id AND agent_id = agent_with_due.agent_id
               FOR NO KEY UPDATE SKIP LOCKED
           ) AS agent
    """,  # noqa: S608
    account_id=Text,
    now=TIMESTAMPTZ,
    limit=Integer,
)

# Executed after the agents are locked, so that it finds the e-mails that another worker has claimed for them.
SCHEDULES = sql(
    """
    SELECT recipient.agent_id,
           (SELECT connected_until FROM presences
             WHERE account_id = :account_id AND agent_id = recipient.agent_id),
           (SELECT CASE state WHEN 'WAITING' THEN :now ELSE coalesce(sent_at, created_at) END
              FROM emails
             WHERE account_id = :account_id AND agent_id = recipient.agent_id AND state <> 'TAKEN_BACK'
             ORDER BY created_at DESC, state = 'WAITING' DESC
             LIMIT 1)
      FROM unnest(:agent_ids) AS recipient (agent_id)
    """,
    account_id=Text,
    agent_ids=TEXT_ARRAY,
    now=TIMESTAMPTZ,
)


def _select_waiting() -> Select[*tuple[Any, ...]]:
    keys = keys_table(agent_id=Text)
    waiting = (
        select(
            col(Notification.agent_id),
            col(Notification.message_id),
            col(Notification.channel_id),
            col(Notification.created_at),
            col(Notification.email_at),
            MAY_BE_SENT.label("may_be_sent"),
        )
        .where(
            col(Notification.account_id) == ACCOUNT_ID,
            col(Notification.agent_id) == keys.c.agent_id,
            text(IS_WAITING),
        )
        .order_by(col(Notification.email_at))
        .limit(literal_column(str(NOTIFICATIONS_PER_AGENT)))
        .with_for_update(of=Notification, skip_locked=True)
        .lateral("waiting")
    )
    return select(*waiting.c).select_from(keys).join(waiting, true())


LOCK_WAITING = Statement(_select_waiting())

# The rows are locked, so their ctids do not change. A join by the key could read all rows of the account: see
# `models.statements.one_row`.
DECIDE = sql(
    """
    UPDATE notifications
       SET email_state = decided.email_state, email_at = decided.email_at, email_id = decided.email_id
      FROM (
            SELECT decision.*, row.ctid AS place
              FROM unnest(:agent_ids, :message_ids, :states, :ats, :email_ids)
                   AS decision (agent_id, message_id, email_state, email_at, email_id)
                   CROSS JOIN LATERAL (
                    SELECT ctid
                      FROM notifications
                     WHERE account_id = :account_id AND agent_id = decision.agent_id
                       AND message_id = decision.message_id
                     LIMIT 1
                   ) AS row
           ) AS decided
     WHERE notifications.ctid = decided.place
    """,
    account_id=Text,
    agent_ids=TEXT_ARRAY,
    message_ids=ARRAY(IDENTIFIER),
    states=TEXT_ARRAY,
    ats=ARRAY(TIMESTAMPTZ),
    email_ids=ARRAY(IDENTIFIER),
)

STORE_EMAILS = sql(
    """
    INSERT INTO emails (account_id, email_id, agent_id, channel_id, created_at, state, attempts, next_attempt_at)
    SELECT :account_id, email_id, agent_id, channel_id, :now, 'WAITING', 1, :lease_end
      FROM unnest(:email_ids, :agent_ids, :channel_ids) AS email (email_id, agent_id, channel_id)
    """,
    account_id=Text,
    email_ids=ARRAY(IDENTIFIER),
    agent_ids=TEXT_ARRAY,
    channel_ids=ARRAY(IDENTIFIER),
    now=TIMESTAMPTZ,
    lease_end=TIMESTAMPTZ,
)
