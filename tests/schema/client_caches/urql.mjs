// Runs a session of requests with urql's Graphcache, and prints the warnings, and what the cache has lost.
import { readFileSync } from 'node:fs';
import { Client, fetchExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { buildSchema, introspectionFromSchema } from 'graphql';
import { holes } from './holes.mjs';

const { configuration, url, token, before, changes, after, sdl } = JSON.parse(readFileSync(0, 'utf8'));
const { keys } = await import(configuration);
const warnings = [];
console.error = console.warn = (...parts) => warnings.push(parts.join(' '));

const schema = introspectionFromSchema(buildSchema(sdl));
const client = new Client({
  url,
  exchanges: [cacheExchange({ schema, keys }), fetchExchange],
  fetchOptions: { headers: { authorization: `Bearer ${token}` } },
});

async function dataOf(result) {
  const { data, error } = await result.toPromise();
  if (error) throw error;
  return data;
}

const read = ({ query, variables }, requestPolicy) => dataOf(client.query(query, variables, { requestPolicy }));
for (const request of before) await read(request, 'network-only');
for (const { query, variables } of changes) await dataOf(client.mutation(query, variables));
for (const request of after) await read(request, 'network-only');

const requests = [...before, ...after];
const cached = [];
for (const request of requests) cached.push(await read(request, 'cache-only'));
const missing = [];
for (const [index, request] of requests.entries()) {
  missing.push(...holes(cached[index], await read(request, 'network-only'), request.name));
}
console.log(JSON.stringify({ warnings, missing }));
