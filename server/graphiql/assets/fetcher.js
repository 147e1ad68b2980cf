// Sends queries and mutations by POST, and subscriptions through one socket, which opens with the first subscription.

import { isIntrospectionOfGraphiql, withoutFederation } from './introspection.js';
import { errorWithoutStack, request } from './requests.js';
import { subscription } from './subscription.js';

export function makeFetcher(post, socket, session) {
  return (operation, { documentAST, headers } = {}) => {
    if (isIntrospectionOfGraphiql(operation, documentAST)) return post(operation, headers).then(withoutFederation);
    const definition = operationDefinition(documentAST, operation.operationName);
    return definition?.operation === 'subscription'
      ? subscription(socket, session, operation, definition)
      : post(operation, headers);
  };
}

export function makePost(endpoint, session) {
  return async (operation, headers = {}) => {
    const response = await request(endpoint, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        ...(await session.authorization()),
        ...headers,
      },
      body: JSON.stringify(operation),
    });
    return parseBody(response);
  };
}

async function parseBody(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw errorWithoutStack(`${response.status} ${response.statusText}: ${text.slice(0, 200)}`);
  }
}

// The client never retries: it would subscribe with the first position again. Each subscription retries with its last.
export function makeSocket(endpoint, session, onStateChange) {
  const url = new URL(endpoint, location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return graphqlWs.createClient({
    url: url.href,
    connectionParams: () => session.authorization(),
    retryAttempts: 0,
    on: {
      connecting: () => onStateChange('connecting'),
      connected: () => onStateChange('open'),
      closed: ({ code }) => onStateChange(code === NORMAL_CLOSURE ? 'closed' : 'lost'),
    },
  });
}

const NORMAL_CLOSURE = 1000;

function operationDefinition(document, operationName) {
  const operations = (document?.definitions ?? []).filter(({ kind }) => kind === 'OperationDefinition');
  return operations.find(({ name }) => !operationName || name?.value === operationName);
}
