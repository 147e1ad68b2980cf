// The loaders of one request, or of one event and all its subscribers. Each reads the rows of all its keys in one
// statement.

import DataLoader from 'dataloader'

import { read } from './database.mjs'
import { publicId } from './ids.mjs'
import {
  AGENTS, HISTORY, MENTIONS, MESSAGES, MESSAGES_AT, REACTIONS, REACTORS, READABLE_MESSAGES, UNREAD_MENTIONS
} from './statements.mjs'

const EMPTY = Object.freeze([])

export class Reads {
  #accountId

  constructor (accountId) {
    this.#accountId = accountId
    this.agents = new DataLoader((ids) => this.#readAgents(ids))
    this.mentions = uncached((uuids) => this.#readMentions(uuids))
    this.reactions = uncached((keys) => this.#readReactions(keys))
    this.replies = uncached((keys) => this.#readReplies(keys))
    this.latest = uncached((channels) => this.#readLatest(channels))
    this.unreadMentions = uncached((keys) => this.#readUnreadMentions(keys))
  }

  async history (channel, first, last) {
    return this.#messages(await read(HISTORY, [this.#accountId, channel.uuid, first, last]))
  }

  async message (uuid) {
    const [message] = this.#messages(await read(MESSAGES, [this.#accountId, [uuid]]))
    return message
  }

  // Returns the reactions with the agents of each.
  reactors (messageUuid) {
    return read(REACTORS, [this.#accountId, messageUuid])
  }

  async #readAgents (ids) {
    const found = new Map()
    for (const agent of await read(AGENTS, [this.#accountId, ids])) found.set(agent.id, agent)
    return ids.map((id) => found.get(id) ?? null)
  }

  async #readMentions (uuids) {
    const rows = await read(MENTIONS, [this.#accountId, uuids])
    return grouped(uuids, rows, (row) => row.messageUuid)
  }

  async #readReactions (keys) {
    const rows = await read(REACTIONS, [this.#accountId, ...columnsOf(keys)])
    return grouped(keys.map(pairOf), rows, pairOf)
  }

  async #readReplies (keys) {
    const found = new Map()
    const rows = await read(READABLE_MESSAGES, [this.#accountId, ...columnsOf(keys)])
    for (const message of this.#messages(rows)) found.set(`${message.uuid} ${message.agentId}`, message)
    return keys.map((key) => found.get(pairOf(key)) ?? null)
  }

  async #readLatest (channels) {
    const uuids = channels.map((channel) => channel.uuid)
    const numbers = channels.map((channel) => channel.lastSeq)
    const found = new Map()
    const rows = await read(MESSAGES_AT, [this.#accountId, uuids, numbers])
    for (const message of this.#messages(rows)) found.set(message.channelUuid, message)
    return uuids.map((uuid) => found.get(uuid) ?? null)
  }

  // The keys of a batch all have the same agent.
  async #readUnreadMentions (keys) {
    const uuids = keys.map((key) => key.channelUuid)
    const counts = new Map()
    for (const row of await read(UNREAD_MENTIONS, [this.#accountId, keys[0].agentId, uuids])) {
      counts.set(row.channelUuid, row.count)
    }
    return uuids.map((uuid) => counts.get(uuid) ?? 0)
  }

  #messages (rows) {
    for (const message of rows) {
      message.id = publicId('msg', message.uuid)
      message.reads = this
    }
    return rows
  }
}

function uncached (batch) {
  return new DataLoader(batch, { cache: false })
}

// A message as one agent sees it.
function pairOf ({ messageUuid, agentId }) {
  return `${messageUuid} ${agentId}`
}

function columnsOf (pairs) {
  return [pairs.map((pair) => pair.agentId), pairs.map((pair) => pair.messageUuid)]
}

// Returns the rows of each key.
function grouped (keys, rows, keyOf) {
  const groups = new Map()
  for (const row of rows) {
    const key = keyOf(row)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return keys.map((key) => groups.get(key) ?? EMPTY)
}
