// Sends queries and mutations by POST, and subscriptions through one socket, which opens with the first subscription.

const FORBIDDEN = 4403;

export function makeFetcher(post, socket) {
  return (operation, { documentAST, headers } = {}) =>
    isSubscription(documentAST, operation.operationName) ? stream(socket, operation) : post(operation, headers);
}

export function makePost(endpoint, session) {
  return async (operation, headers = {}) => {
    const response = await fetch(endpoint, {
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

export function makeSocket(endpoint, session, onStateChange) {
  const url = new URL(endpoint, location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return graphqlWs.createClient({
    url: url.href,
    connectionParams: () => session.authorization(),
    // Retrying with a pasted token that was refused cannot succeed. The demo's tokens are renewed.
    shouldRetry: (reason) => 'code' in reason && (reason.code !== FORBIDDEN || Boolean(session.demo)),
    on: {
      connecting: () => onStateChange('connecting'),
      connected: () => onStateChange('open'),
      closed: () => onStateChange('closed'),
    },
  });
}

function isSubscription(document, operationName) {
  const operations = (document?.definitions ?? []).filter(({ kind }) => kind === 'OperationDefinition');
  const chosen = operations.find(({ name }) => !operationName || name?.value === operationName);
  return chosen?.operation === 'subscription';
}

async function* stream(socket, operation) {
  try {
    yield* socket.iterate(operation);
  } catch (reason) {
    throw typeof reason?.code === 'number' ? errorWithoutStack(closeMessage(reason)) : reason;
  }
}

function closeMessage({ code, reason }) {
  return `The server closed the socket: ${code}${reason ? ` ${reason}` : ''}`;
}

// GraphiQL would print the stack, which does not help to find the cause.
function errorWithoutStack(message) {
  return Object.assign(new Error(message), { stack: undefined });
}
