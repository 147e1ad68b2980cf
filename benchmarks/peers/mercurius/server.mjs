// The peer of the benchmarks: Fastify and Mercurius with its JIT compiler, on the chat's database.

import { readFile } from 'node:fs/promises'

import Fastify from 'fastify'
import mercurius from 'mercurius'

import { closeDatabase } from './database.mjs'
import { admit, verifyToken } from './identity.mjs'
import { Reads } from './reads.mjs'
import { queries, types } from './resolvers.mjs'
import { sendChatMessage } from './sending.mjs'
import { settings } from './settings.mjs'
import { messageAdded } from './streams.mjs'

const app = Fastify()

app.register(mercurius, {
  schema: await readFile(new URL('schema.graphql', import.meta.url), 'utf8'),
  resolvers: {
    Query: queries,
    Mutation: { sendChatMessage },
    Subscription: { chatMessageAdded: { subscribe: messageAdded } },
    ...types
  },
  jit: 1,
  subscription: { onConnect: contextOfSocket }
})

app.after(() => app.graphql.addHook('preExecution', async (schema, document, context) => {
  context.viewer = await admit(verifyToken(context.reply.request.headers.authorization))
  context.reads = new Reads(context.viewer.accountId)
}))

function contextOfSocket ({ payload }) {
  const token = verifyToken(payload?.authorization)
  return { token, viewer: token }
}

process.once('SIGTERM', async () => {
  await app.close()
  await closeDatabase()
  process.exit()
})

await app.listen({ host: '127.0.0.1', port: settings.port })
