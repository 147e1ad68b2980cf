// The mutation sendChatMessage, for texts without mentions, replies and cards.

import { createHash } from 'node:crypto'

import { write } from './database.mjs'
import { publicId, uuidOf } from './ids.mjs'
import { Reads } from './reads.mjs'
import { APPEND_CHANGE, INSERT_MESSAGE, LOCK_CHANNEL, SENT_MESSAGE, WRITER } from './statements.mjs'
import { publishMessage } from './streams.mjs'

export async function sendChatMessage (_, { input }, { viewer, pubsub }) {
  const channelUuid = uuidOf('chn', input.channelId)
  if (channelUuid === null) return refused('NOT_FOUND', 'There is no such channel.')
  const { code, message, change } = await write((execute) => writeMessage(execute, viewer, channelUuid, input))
  if (code !== undefined) return refused(code, 'The message was not sent.')
  if (change !== undefined) await publishMessage(pubsub, viewer.accountId, channelUuid, change, message.uuid)
  message.id = publicId('msg', message.uuid)
  message.reads = new Reads(viewer.accountId)
  return { userErrors: [], message }
}

// Returns the new message with its change, or the message that the client key sent before, or the code of a refusal.
// The channel is locked before the permissions are read in a later statement, and the account's clock last.
async function writeMessage (execute, viewer, channelUuid, { body, clientKey }) {
  await execute(LOCK_CHANNEL, [viewer.accountId, channelUuid])
  const [writer] = await execute(WRITER, [viewer.accountId, channelUuid, viewer.agentId])
  const code = refusalOf(writer)
  if (code !== null) return { code }
  if (clientKey != null) {
    const [sent] = await execute(SENT_MESSAGE, [viewer.accountId, viewer.agentId, clientKey])
    if (sent !== undefined) return { message: sent }
  }
  const hash = clientKey != null ? createHash('sha256').update(JSON.stringify([channelUuid, body])).digest() : null
  const [message] = await execute(
    INSERT_MESSAGE, [viewer.accountId, channelUuid, viewer.agentId, body, clientKey ?? null, hash])
  const [{ change }] = await execute(APPEND_CHANGE, [viewer.accountId, channelUuid, message.uuid])
  return { message, change }
}

function refusalOf (writer) {
  if (writer === undefined || !writer.visible) return 'NOT_FOUND'
  if (!writer.joined) return 'NOT_A_MEMBER'
  if (writer.archived) return 'ARCHIVED'
  return writer.writable ? null : 'READ_ONLY'
}

function refused (code, message) {
  return { userErrors: [{ code, message }], message: null }
}
