// Public ids, cursors and positions, encoded as the chat encodes them.

const PUBLIC_ID = /^(chn|msg)_([0-9a-f]{32})$/

export function publicId (prefix, uuid) {
  return `${prefix}_${hex(uuid)}`
}

// Returns null for a text that is not a public id with this prefix.
export function uuidOf (prefix, id) {
  const match = PUBLIC_ID.exec(id)
  return match !== null && match[1] === prefix ? match[2] : null
}

export function historyCursor (channelUuid, seq) {
  return encoded([`history ${hex(channelUuid)}`, seq])
}

export function sidebarCursor (lastActivityAt, channelUuid) {
  return encoded(['sidebar', lastActivityAt, channelUuid])
}

export function positionOf (accountId, change) {
  return encoded([accountId, change])
}

// Returns the number of the change. Throws for a text that is not a position of the account.
export function changeOf (position, accountId) {
  const [owner, change] = JSON.parse(Buffer.from(position, 'base64url').toString())
  if (owner !== accountId || !Number.isSafeInteger(change)) throw new Error('This is not a position of your account.')
  return change
}

function hex (uuid) {
  return uuid.replaceAll('-', '')
}

function encoded (value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
