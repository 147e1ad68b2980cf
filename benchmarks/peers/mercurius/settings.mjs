// The settings, which the benchmark passes as environment variables. postgres.js reads PGHOST, PGPORT, PGDATABASE,
// PGUSER and PGPASSWORD itself.

export const settings = {
  port: Number(required('PEER_PORT')),
  secret: required('PEER_JWT_SECRET'),
  issuer: required('PEER_JWT_ISSUER'),
  audience: required('PEER_JWT_AUDIENCE')
}

function required (name) {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set.`)
  return value
}
