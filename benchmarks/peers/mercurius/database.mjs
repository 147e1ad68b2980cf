// The connection pool, with the session settings of the chat's own. Each statement is prepared once per connection.

import postgres from 'postgres'

// postgres.js sends several statements over a connection without waiting for the answers. On two cores, three
// connections served a third more pages per second than twenty.
const POOL_SIZE = 3
const INT8 = 20
const TIMESTAMPTZ = 1184

const sql = postgres({
  max: POOL_SIZE,
  connection: {
    application_name: 'internal-chat-peer',
    jit: 'off',
    plan_cache_mode: 'force_generic_plan',
    TimeZone: 'UTC'
  },
  types: {
    // Numbers of messages and changes, which stay far below 2^53.
    number: { to: INT8, from: [INT8], serialize: String, parse: Number },
    isoTime: { to: TIMESTAMPTZ, from: [TIMESTAMPTZ], serialize: String, parse: isoTime }
  }
})

export function read (statement, parameters) {
  return sql.unsafe(statement, parameters, { prepare: true })
}

// Runs `work` in a transaction, with a function like `read` that belongs to the transaction.
export function write (work) {
  return sql.begin((transaction) =>
    work((statement, parameters) => transaction.unsafe(statement, parameters, { prepare: true })))
}

export function closeDatabase () {
  return sql.end({ timeout: 1 })
}

// Turns PostgreSQL's `2026-11-27 06:05:00.1234+00` into `2026-11-27T06:05:00.123400+00:00`. A `Date` would lose the
// microseconds.
function isoTime (text) {
  const seconds = text.slice(0, 19).replace(' ', 'T')
  const fraction = text.slice(19, -3)
  return `${seconds}${fraction && fraction.padEnd(7, '0')}+00:00`
}
