// Runs a session of requests with Apollo Client and prints the warnings, and what the cache has lost.
import { readFileSync } from 'node:fs';
import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { loadDevMessages, loadErrorMessages } from '@apollo/client/dev';
import { holes } from './holes.mjs';

const { configuration, url, token, before, changes, after } = JSON.parse(readFileSync(0, 'utf8'));
const { possibleTypes, typePolicies } = await import(configuration);
const warnings = [];
console.error = console.warn = (...parts) => warnings.push(parts.join(' '));
loadDevMessages();
loadErrorMessages();

const client = new ApolloClient({
  cache: new InMemoryCache({ possibleTypes, typePolicies }),
  link: new HttpLink({ uri: url, headers: { authorization: `Bearer ${token}` } }),
});
const query = ({ query, variables }) => client.query({ query: gql(query), variables, fetchPolicy: 'network-only' });

for (const request of before) await query(request);
for (const { query, variables } of changes) await client.mutate({ mutation: gql(query), variables });
for (const request of after) await query(request);

const requests = [...before, ...after];
const cached = requests.map(({ query, variables }) => client.readQuery({ query: gql(query), variables }));
const fresh = [];
for (const request of requests) fresh.push((await query(request)).data);
const missing = requests.flatMap(({ name }, index) => holes(cached[index], fresh[index], name));
console.log(JSON.stringify({ warnings, missing }));
