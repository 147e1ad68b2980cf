"""Reading what claimed e-mails contain: the messages that may still be sent, in the order of their channel.

This takes three statements for any number of e-mails. They are executed immediately before the e-mails are sent, so
what was read, deleted, revoked or switched off since the claim is left out.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Select, Text, and_, select
from sqlmodel import col

from models import Notification
from models.columns import ACCOUNT_ID, IDENTIFIER
from models.database import Connection, Database
from models.enums import EmailState, ItemKind, NotificationType
from models.statements import Statement, keys_table, rows_of_keys, sql
from notifications.digests import EXCERPTS_LIMIT
from notifications.sendable import MAY_BE_SENT


class Envelope(NamedTuple):
    """Whom an e-mail is for and which channel it is about. `channel_name` is None for a direct message, and `peer_name`
    for all others. `time_zone` is that of the agent's quiet hours, if they have any."""

    email_id: UUID
    account_id: str
    account_name: str
    agent_id: str
    agent_name: str
    address: str
    locale: str | None
    time_zone: str | None
    channel_id: UUID
    channel_name: str | None
    peer_name: str | None


class SentMessage(NamedTuple):
    """A message that an e-mail shows. `body` is its text. For a forward, the quoted text and the name of its author
    follow. It is None if the account leaves contents out of e-mails."""

    message_id: UUID
    type: NotificationType
    author_name: str
    body: str | None
    created_at: datetime
    filenames: Sequence[str]
    card_kinds: Sequence[ItemKind]


class Contents(NamedTuple):
    """What an e-mail contains. `message_ids` are those of all its messages, of which it shows the first ones."""

    envelope: Envelope
    message_ids: Sequence[UUID]
    types: frozenset[NotificationType]
    shown: Sequence[SentMessage]


class _Message(NamedTuple):
    author_name: str
    body: str | None
    created_at: datetime
    filenames: Sequence[str]
    card_kinds: Sequence[ItemKind]


class _Sendable(NamedTuple):
    message_id: UUID
    type: NotificationType
    seq: int


_ENVELOPES = sql(
    """
    SELECT email.email_id, :account_id, account.name, agent.*, channel.*
      FROM unnest(:email_ids) AS key (email_id)
           CROSS JOIN LATERAL (
            SELECT email_id, agent_id, channel_id
              FROM emails
             WHERE account_id = :account_id AND email_id = key.email_id
             LIMIT 1
           ) AS email
           CROSS JOIN LATERAL (
            SELECT name FROM accounts WHERE account_id = :account_id LIMIT 1
           ) AS account
           CROSS JOIN LATERAL (
            SELECT agent_id, name, email, locale, (
                    SELECT time_zone
                      FROM quiet_hours
                     WHERE account_id = :account_id AND quiet_hours.agent_id = agents.agent_id
                   )
              FROM agents
             WHERE account_id = :account_id AND agent_id = email.agent_id
             LIMIT 1
           ) AS agent
           CROSS JOIN LATERAL (
            SELECT channel_id, name, (
                    SELECT agents.name
                      FROM agents
                     WHERE account_id = :account_id
                       AND agents.agent_id = CASE WHEN direct_low = email.agent_id THEN direct_high ELSE direct_low END
                   )
              FROM channels
             WHERE account_id = :account_id AND channel_id = email.channel_id
             LIMIT 1
           ) AS channel
    """,
    account_id=Text,
    email_ids=ARRAY(IDENTIFIER),
)


def _select_sendable() -> Select[*tuple[Any, ...]]:
    keys = keys_table(email_id=IDENTIFIER)
    is_in_email = and_(
        col(Notification.account_id) == ACCOUNT_ID,
        col(Notification.email_id) == keys.c.email_id,
        col(Notification.email_state) == EmailState.WAITING,
    )
    sendable = select(
        col(Notification.email_id),
        col(Notification.message_id),
        col(Notification.type),
        col(Notification.seq),
    ).where(is_in_email, MAY_BE_SENT)
    return rows_of_keys(keys, sendable)


_SENDABLE = Statement(_select_sendable())

_MESSAGES = sql(
    """
    SELECT message.message_id, author.name,
           CASE WHEN account.email_contents THEN concat_ws(E'\\n\\n', nullif(message.body, ''), (
                SELECT quoted.name || ': ' || nullif(forwards.body, '')
                  FROM forwards
                       CROSS JOIN LATERAL (
                        SELECT name FROM agents
                         WHERE account_id = :account_id AND agent_id = forwards.author_id
                         LIMIT 1
                       ) AS quoted
                 WHERE account_id = :account_id AND forwards.message_id = message.message_id
           )) END,
           message.created_at,
           ARRAY(
            SELECT filename FROM attachments
             WHERE account_id = :account_id AND attachments.message_id = message.message_id
             ORDER BY place
           ),
           ARRAY(
            SELECT kind FROM cards
             WHERE account_id = :account_id AND cards.message_id = message.message_id
             ORDER BY place
           )
      FROM unnest(:message_ids) AS key (message_id)
           CROSS JOIN LATERAL (
            SELECT message_id, author_id, body, created_at
              FROM messages
             WHERE account_id = :account_id AND message_id = key.message_id AND deleted_at IS NULL
             LIMIT 1
           ) AS message
           CROSS JOIN LATERAL (
            SELECT name FROM agents WHERE account_id = :account_id AND agent_id = message.author_id LIMIT 1
           ) AS author
           CROSS JOIN LATERAL (
            SELECT email_contents FROM accounts WHERE account_id = :account_id LIMIT 1
           ) AS account
    """,
    account_id=Text,
    message_ids=ARRAY(IDENTIFIER),
)


async def read_contents(database: Database, account_id: str, email_ids: Sequence[UUID]) -> Mapping[UUID, Contents]:
    """Returns the contents of the e-mails, without those of which nothing may be sent any more."""
    async with database.connection(account_id) as connection:
        sendable = await _read_sendable(connection, account_id, email_ids)
        envelopes = await _ENVELOPES.fetch(connection, account_id=account_id, email_ids=list(sendable))
        shown_ids = {each.message_id for of_email in sendable.values() for each in of_email[:EXCERPTS_LIMIT]}
        messages = await _read_messages(connection, account_id, list(shown_ids))
    found = [_contents(Envelope(*record), sendable[record[0]], messages) for record in envelopes]
    return {contents.envelope.email_id: contents for contents in found if contents.shown}


def _contents(envelope: Envelope, sendable: Sequence[_Sendable], messages: Mapping[UUID, _Message]) -> Contents:
    """A message that was deleted a moment ago is not among the messages."""
    present = [each for each in sendable[:EXCERPTS_LIMIT] if each.message_id in messages]
    return Contents(
        envelope,
        [each.message_id for each in sendable],
        frozenset(each.type for each in sendable),
        [SentMessage(each.message_id, each.type, *messages[each.message_id]) for each in present],
    )


async def _read_sendable(
    connection: Connection, account_id: str, email_ids: Sequence[UUID]
) -> Mapping[UUID, list[_Sendable]]:
    sendable: dict[UUID, list[_Sendable]] = defaultdict(list)
    for email_id, message_id, type_of, seq in await _SENDABLE.fetch(
        connection, account_id=account_id, email_ids=email_ids
    ):
        sendable[email_id].append(_Sendable(message_id, NotificationType(type_of), seq))
    for of_email in sendable.values():
        of_email.sort(key=lambda each: each.seq)
    return sendable


async def _read_messages(
    connection: Connection, account_id: str, message_ids: Sequence[UUID]
) -> Mapping[UUID, _Message]:
    records = await _MESSAGES.fetch(connection, account_id=account_id, message_ids=message_ids)
    return {
        message_id: _Message(author_name, body, created_at, filenames, [ItemKind(kind) for kind in card_kinds])
        for message_id, author_name, body, created_at, filenames, card_kinds in records
    }
