// The SQL statements. Lists of keys are array parameters, so that each statement is prepared once. $1 is the account.
// Columns have the names of the GraphQL fields that they are the values of.

const MESSAGE = `
  m.message_id AS uuid, m.channel_id AS "channelUuid", m.seq, m.body, m.author_id AS "authorId",
  m.system_event AS "systemEventKind", m.system_agent_ids AS "systemAgentIds", m.system_before AS "systemBefore",
  m.system_after AS "systemAfter", m.reply_to_id AS "replyToUuid", m.created_at AS "createdAt",
  m.edited_at AS "editedAt", m.deleted_at AS "deletedAt"`

const READABLE = '(c.kind = \'PUBLIC\' OR own.agent_id IS NOT NULL)'

const SEAT = `
  c.channel_id AS uuid, c.kind, c.name, c.last_seq AS "lastSeq", c.last_activity_at AS "lastActivityAt",
  own.agent_id IS NOT NULL AS joined, ${READABLE} AS readable,
  coalesce(c.post_count - own.read_posts, 0) AS "unreadCount",
  peer.agent_id AS "peerId", peer.name AS "peerName", peer.avatar_url AS "peerAvatarUrl"`

const PEER = `
  LEFT JOIN agents AS peer ON c.kind = 'DIRECT' AND peer.account_id = c.account_id
        AND peer.agent_id = CASE WHEN c.direct_low = $2 THEN c.direct_high ELSE c.direct_low END`

export const VIEWER = `
  SELECT g.active, a.chat_enabled AND g.role = ANY (a.enabled_roles) AS "chatEnabled",
         g.role = 'ADMINISTRATOR' AS "isAdministrator", k.change
    FROM agents AS g
    JOIN accounts AS a USING (account_id)
    JOIN account_clocks AS k USING (account_id)
   WHERE g.account_id = $1 AND g.agent_id = $2`

// $2: the agent, $3: the channel.
export const CHANNEL = `
  SELECT ${SEAT}
    FROM channels AS c
    LEFT JOIN members AS own ON own.account_id = c.account_id AND own.channel_id = c.channel_id AND own.agent_id = $2
    ${PEER}
   WHERE c.account_id = $1 AND c.channel_id = $3`

// $2: the agent, $3: the number of channels.
export const SIDEBAR = `
  SELECT ${SEAT}
    FROM members AS own
    JOIN channels AS c ON c.account_id = own.account_id AND c.channel_id = own.channel_id
    ${PEER}
   WHERE own.account_id = $1 AND own.agent_id = $2 AND c.archived_at IS NULL
   ORDER BY c.last_activity_at DESC, c.channel_id DESC
   LIMIT $3`

// $2: a channel that the agent can read, $3 and $4: the first and the last `seq`.
export const HISTORY = `
  SELECT ${MESSAGE}
    FROM messages AS m
   WHERE m.account_id = $1 AND m.channel_id = $2 AND m.seq BETWEEN $3 AND $4
   ORDER BY m.seq`

// $2: channels that the agent can read, $3: one `seq` in each.
export const MESSAGES_AT = `
  SELECT ${MESSAGE}
    FROM unnest($2::uuid[], $3::bigint[]) AS wanted (channel_id, seq)
    JOIN messages AS m ON m.account_id = $1 AND m.channel_id = wanted.channel_id AND m.seq = wanted.seq`

// $2 and $3: pairs of agent and message. Messages that the agent cannot read are left out.
export const READABLE_MESSAGES = `
  SELECT wanted.agent_id AS "agentId", ${MESSAGE}
    FROM unnest($2::text[], $3::uuid[]) AS wanted (agent_id, message_id)
    JOIN messages AS m ON m.account_id = $1 AND m.message_id = wanted.message_id
    JOIN channels AS c ON c.account_id = m.account_id AND c.channel_id = m.channel_id
    LEFT JOIN members AS own
      ON own.account_id = c.account_id AND own.channel_id = c.channel_id AND own.agent_id = wanted.agent_id
   WHERE ${READABLE}`

export const MESSAGES = `
  SELECT ${MESSAGE} FROM messages AS m WHERE m.account_id = $1 AND m.message_id = ANY ($2::uuid[])`

export const AGENTS = `
  SELECT agent_id AS id, name, avatar_url AS "avatarUrl"
    FROM agents WHERE account_id = $1 AND agent_id = ANY ($2::text[])`

// $2 and $3: pairs of agent and message.
export const REACTIONS = `
  SELECT wanted.agent_id AS "agentId", r.message_id AS "messageUuid", r.emoji, count(*)::int AS count,
         bool_or(r.agent_id = wanted.agent_id) AS "viewerReacted"
    FROM unnest($2::text[], $3::uuid[]) AS wanted (agent_id, message_id)
    JOIN reactions AS r ON r.account_id = $1 AND r.message_id = wanted.message_id
   GROUP BY wanted.agent_id, r.message_id, r.emoji
   ORDER BY min(r.created_at), r.emoji`

// $2: a message.
export const REACTORS = `
  SELECT emoji, array_agg(agent_id) AS "agentIds"
    FROM reactions
   WHERE account_id = $1 AND message_id = $2
   GROUP BY emoji
   ORDER BY min(created_at), emoji`

export const MENTIONS = `
  SELECT n.message_id AS "messageUuid", n.target, n.team_name AS "teamName", n.reachable,
         g.agent_id AS "agentId", g.name AS "agentName", g.avatar_url AS "agentAvatarUrl"
    FROM mentions AS n
    LEFT JOIN agents AS g ON g.account_id = n.account_id AND g.agent_id = n.agent_id
   WHERE n.account_id = $1 AND n.message_id = ANY ($2::uuid[])
   ORDER BY n.place`

// $2: the agent, $3: channels that the agent is a member of.
export const UNREAD_MENTIONS = `
  SELECT own.channel_id AS "channelUuid", unread.count
    FROM members AS own
    CROSS JOIN LATERAL (
          SELECT count(*)::int AS count
            FROM mentioned_agents AS n
           WHERE n.account_id = $1 AND n.agent_id = $2 AND n.channel_id = own.channel_id AND n.seq > own.read_seq
         ) AS unread
   WHERE own.account_id = $1 AND own.agent_id = $2 AND own.channel_id = ANY ($3::uuid[])`

// The agents among $2 who are active, for whom the chat is enabled, and who can read the channel $3. `alerted`: whether
// their settings in the channel let the message $4 alert them.
export const READERS = `
  SELECT g.agent_id AS "agentId",
         own.agent_id IS NOT NULL AND NOT (own.muted AND coalesce(own.muted_until > now(), true))
         AND CASE own.notification_level
                  WHEN 'EVERYTHING' THEN true
                  WHEN 'MENTIONS' THEN EXISTS (
                       SELECT FROM mentioned_agents AS n
                        WHERE n.account_id = $1 AND n.agent_id = g.agent_id AND n.channel_id = $3 AND n.message_id = $4)
                  ELSE false END AS alerted
    FROM agents AS g
    JOIN accounts AS a ON a.account_id = g.account_id
    JOIN channels AS c ON c.account_id = g.account_id AND c.channel_id = $3
    LEFT JOIN members AS own
      ON own.account_id = c.account_id AND own.channel_id = c.channel_id AND own.agent_id = g.agent_id
   WHERE g.account_id = $1 AND g.agent_id = ANY ($2::text[])
     AND g.active AND a.chat_enabled AND g.role = ANY (a.enabled_roles) AND ${READABLE}`

// $2: the channel. Changes after $3.
export const NEW_MESSAGES_SINCE = `
  SELECT change, message_id AS "messageUuid"
    FROM changes
   WHERE account_id = $1 AND channel_id = $2 AND change > $3 AND kind = 'MESSAGE_ADDED'
   ORDER BY change`

export const LOCK_CHANNEL = `
  SELECT FROM channels WHERE account_id = $1 AND channel_id = $2 FOR UPDATE`

// $2: the channel, $3: the agent.
export const WRITER = `
  SELECT ${READABLE} OR g.role = 'ADMINISTRATOR' AND c.kind <> 'DIRECT' AS visible, own.agent_id IS NOT NULL AS joined,
         c.archived_at IS NOT NULL AS archived,
         (c.kind <> 'ANNOUNCEMENT' OR EXISTS (
            SELECT FROM authors AS w
             WHERE w.account_id = $1 AND w.channel_id = $2 AND w.agent_id = $3))
         AND NOT EXISTS (
            SELECT FROM agents AS peer
             WHERE c.kind = 'DIRECT' AND peer.account_id = $1 AND peer.agent_id IN (c.direct_low, c.direct_high)
               AND NOT peer.active) AS writable
    FROM agents AS g
    JOIN accounts AS a ON a.account_id = g.account_id
    JOIN channels AS c ON c.account_id = g.account_id AND c.channel_id = $2
    LEFT JOIN members AS own
      ON own.account_id = c.account_id AND own.channel_id = c.channel_id AND own.agent_id = g.agent_id
   WHERE g.account_id = $1 AND g.agent_id = $3 AND g.active AND a.chat_enabled AND g.role = ANY (a.enabled_roles)
     FOR SHARE OF g, a`

// $2: the author, $3: the client key.
export const SENT_MESSAGE = `
  SELECT ${MESSAGE} FROM messages AS m WHERE m.account_id = $1 AND m.author_id = $2 AND m.client_key = $3`

// $2: the channel, $3: the author, $4: the text, $5 and $6: the client key and the hash of what was sent with it.
export const INSERT_MESSAGE = `
  WITH channel AS (
      UPDATE channels
         SET last_seq = last_seq + 1, post_count = post_count + 1, last_activity_at = now()
       WHERE account_id = $1 AND channel_id = $2
   RETURNING last_seq, post_count
  ), marker AS (
      UPDATE members
         SET read_seq = channel.last_seq, read_posts = channel.post_count
        FROM channel
       WHERE account_id = $1 AND channel_id = $2 AND agent_id = $3
  )
  INSERT INTO messages AS m (account_id, message_id, channel_id, seq, post_number, author_id, body, client_key,
                             payload_hash, created_at, revision)
  SELECT $1, uuidv7(), $2, last_seq, post_count, $3, $4, $5, $6, now(), 1
    FROM channel
  RETURNING ${MESSAGE}`

// $2: the channel, $3: the message, $4: its author.
export const APPEND_CHANGE = `
  WITH clock AS (
      UPDATE account_clocks SET change = change + 1 WHERE account_id = $1 RETURNING change
  )
  INSERT INTO changes (account_id, change, kind, channel_id, message_id, revision, created_at)
  SELECT $1, clock.change, 'MESSAGE_ADDED', $2, $3, 1, now()
    FROM clock
  RETURNING change`
