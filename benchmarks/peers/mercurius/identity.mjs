// Who makes a request: the token is verified, then the agent and the account are read from the database.

import { createVerifier } from 'fast-jwt'
import mercurius from 'mercurius'

import { read } from './database.mjs'
import { settings } from './settings.mjs'
import { VIEWER } from './statements.mjs'

const LEEWAY_MS = 30_000

const verify = createVerifier({
  key: settings.secret,
  algorithms: ['HS256'],
  allowedIss: settings.issuer,
  allowedAud: settings.audience,
  requiredClaims: ['iss', 'aud', 'exp', 'sub', 'account_id'],
  clockTolerance: LEEWAY_MS
})

// Returns the account, the agent and the expiry of a bearer token.
export function verifyToken (authorization) {
  if (authorization === undefined || !authorization.startsWith('Bearer ')) {
    throw denied('UNAUTHENTICATED', 'Sign in with `Authorization: Bearer <token>`.')
  }
  try {
    const claims = verify(authorization.slice('Bearer '.length))
    return { accountId: claims.account_id, agentId: claims.sub, expiresAt: claims.exp * 1000 }
  } catch {
    throw denied('UNAUTHENTICATED', 'The token is not valid.')
  }
}

// Returns the token's agent, with the account's last change. Throws unless the agent is active and the chat is enabled
// for them.
export async function admit (token) {
  const [agent] = await read(VIEWER, [token.accountId, token.agentId])
  if (agent === undefined || !agent.active) {
    throw denied('AGENT_INACTIVE', 'You are not an active agent of this account.')
  }
  if (!agent.chatEnabled) throw denied('MODULE_DISABLED', 'The chat is not enabled for you.')
  return { ...token, isAdministrator: agent.isAdministrator, change: agent.change }
}

export function denied (code, message) {
  return new mercurius.ErrorWithProps(message, { code })
}
