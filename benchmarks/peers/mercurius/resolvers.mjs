// The resolvers of queries and of the types that they return. Fields without a resolver are columns of their row.

import { read } from './database.mjs'
import { denied } from './identity.mjs'
import { historyCursor, publicId, sidebarCursor, uuidOf } from './ids.mjs'
import { CHANNEL, SIDEBAR } from './statements.mjs'

const PAGE_LIMIT = 100
const EMPTY_PAGE = pageOf([], false, false, () => null)

export const queries = {
  async chatChannel (_, { id }, { viewer }) {
    const uuid = uuidOf('chn', id)
    if (uuid === null) return null
    const [channel] = await read(CHANNEL, [viewer.accountId, viewer.agentId, uuid])
    return channel !== undefined && isVisible(channel, viewer) ? channel : null
  },

  async chatChannels (_, { first }, { viewer }) {
    requireSize(first, 'first')
    const rows = await read(SIDEBAR, [viewer.accountId, viewer.agentId, first + 1])
    const channels = rows.slice(0, first)
    return pageOf(channels, false, rows.length > first, (row) => sidebarCursor(row.lastActivityAt, row.uuid))
  }
}

export const types = {
  ChatChannel: {
    id: (channel) => publicId('chn', channel.uuid),

    directPeer (channel) {
      if (channel.peerId === null) return null
      return { id: channel.peerId, name: channel.peerName, avatarUrl: channel.peerAvatarUrl }
    },

    async messages (channel, { last }, { reads }) {
      requireSize(last, 'last')
      if (!channel.readable || channel.lastSeq === 0) return EMPTY_PAGE
      const first = Math.max(channel.lastSeq - last + 1, 1)
      const messages = await reads.history(channel, first, channel.lastSeq)
      return pageOf(messages, first > 1, false, (message) => historyCursor(message.channelUuid, message.seq))
    },

    lastMessage (channel, _, { reads }) {
      return channel.readable && channel.lastSeq > 0 ? reads.latest.load(channel) : null
    },

    unreadMentionCount (channel, _, { reads, viewer }) {
      return channel.joined ? reads.unreadMentions.load({ agentId: viewer.agentId, channelUuid: channel.uuid }) : 0
    }
  },

  ChatMessage: {
    author: (message) => message.author ?? message.reads.agents.load(message.authorId),

    systemEvent: (message) => message.systemEventKind === null ? null : message,

    mentions: (message) => message.mentions ?? message.reads.mentions.load(message.uuid),

    reactions (message, _, { viewer }) {
      if (message.reactors !== undefined) return message.reactors.map((each) => reactionOf(each, viewer.agentId))
      return message.reads.reactions.load({ agentId: viewer.agentId, messageUuid: message.uuid })
    },

    replyTo (message, _, { viewer }) {
      if (message.replyToUuid === null) return null
      return message.reads.replies.load({ agentId: viewer.agentId, messageUuid: message.replyToUuid })
    }
  },

  ChatSystemEvent: {
    kind: (message) => message.systemEventKind,
    agents: (message) => message.reads.agents.loadMany(message.systemAgentIds ?? []),
    before: (message) => message.systemBefore,
    after: (message) => message.systemAfter
  },

  ChatMention: {
    agent (mention) {
      if (mention.agentId === null) return null
      return { id: mention.agentId, name: mention.agentName, avatarUrl: mention.agentAvatarUrl }
    }
  }
}

function reactionOf ({ emoji, agentIds }, agentId) {
  return { emoji, count: agentIds.length, viewerReacted: agentIds.includes(agentId) }
}

// Administrators see channels whose messages they cannot read.
function isVisible (channel, viewer) {
  return channel.readable || (viewer.isAdministrator && channel.kind !== 'DIRECT')
}

function requireSize (size, argument) {
  if (size < 1 || size > PAGE_LIMIT) {
    throw denied('BAD_USER_INPUT', `\`${argument}\` must be between 1 and ${PAGE_LIMIT}.`)
  }
}

function pageOf (nodes, hasPreviousPage, hasNextPage, cursorOf) {
  const empty = nodes.length === 0
  return {
    nodes,
    pageInfo: {
      hasPreviousPage,
      hasNextPage,
      startCursor: empty ? null : cursorOf(nodes[0]),
      endCursor: empty ? null : cursorOf(nodes[nodes.length - 1])
    }
  }
}
