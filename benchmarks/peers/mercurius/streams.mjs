// The subscription chatMessageAdded. The subscribers of a channel share what is read for an event: the message once,
// and the permissions of all subscribers in one statement.

import DataLoader from 'dataloader'

import { read } from './database.mjs'
import { admit, denied } from './identity.mjs'
import { changeOf, positionOf, uuidOf } from './ids.mjs'
import { Reads } from './reads.mjs'
import { NEW_MESSAGES_SINCE, READERS } from './statements.mjs'

export async function publishMessage (pubsub, accountId, channelUuid, change, messageUuid) {
  const event = new MessageEvent(accountId, channelUuid, change, messageUuid)
  await pubsub.publish({ topic: topicOf(accountId, channelUuid), payload: event })
}

// Yields the channel's messages after `since`, or from now on. Subscribing before reading the past leaves no gap.
export async function * messageAdded (_, { channelId, since }, { token, pubsub }) {
  const { accountId } = token
  const viewer = await admit(token)
  const channelUuid = uuidOf('chn', channelId)
  if (channelUuid === null) throw accessLost()
  let last = since == null ? viewer.change : changeOf(since, accountId)
  const queue = await pubsub.subscribe(topicOf(accountId, channelUuid))
  for (const row of await read(NEW_MESSAGES_SINCE, [accountId, channelUuid, last])) {
    const event = new MessageEvent(accountId, channelUuid, row.change, row.messageUuid)
    yield payloadOf(event, last, token)
    last = event.change
  }
  for await (const event of queue) {
    if (event.change <= last) continue
    yield payloadOf(event, last, token)
    last = event.change
  }
}

async function payloadOf (event, previous, { accountId, agentId, expiresAt }) {
  if (Date.now() > expiresAt) throw denied('UNAUTHENTICATED', 'The token has expired.')
  const reader = await event.readers.load(agentId)
  if (reader === null) throw accessLost()
  const message = await event.message()
  return {
    chatMessageAdded: {
      message,
      alert: reader.alerted && message.alertsOthers && message.authorId !== agentId,
      position: event.position,
      previousPosition: () => positionOf(accountId, previous)
    }
  }
}

class MessageEvent {
  #message

  constructor (accountId, channelUuid, change, messageUuid) {
    this.accountId = accountId
    this.channelUuid = channelUuid
    this.change = change
    this.position = positionOf(accountId, change)
    this.messageUuid = messageUuid
    // All subscribers are woken before the batch is read.
    this.readers = new DataLoader((agentIds) => this.#readReaders(agentIds), { batchScheduleFn: setImmediate })
  }

  message () {
    this.#message ??= this.#readMessage()
    return this.#message
  }

  // Everything that is the same for all subscribers is read here, so that executing the selection for each of them
  // waits for nothing.
  async #readMessage () {
    const reads = new Reads(this.accountId)
    const message = await reads.message(this.messageUuid)
    const [author, mentions, reactors] = await Promise.all([
      reads.agents.load(message.authorId), reads.mentions.load(message.uuid), reads.reactors(message.uuid)
    ])
    const alertsOthers = message.systemEventKind === null && message.deletedAt === null
    return Object.assign(message, { author, mentions, reactors, alertsOthers })
  }

  async #readReaders (agentIds) {
    const found = new Map()
    const rows = await read(READERS, [this.accountId, agentIds, this.channelUuid, this.messageUuid])
    for (const reader of rows) found.set(reader.agentId, reader)
    return agentIds.map((agentId) => found.get(agentId) ?? null)
  }
}

function topicOf (accountId, channelUuid) {
  return `${accountId} ${channelUuid}`
}

function accessLost () {
  return denied('ACCESS_LOST', 'You cannot read this channel.')
}
