// Queries and mutations by POST, subscriptions through one socket that opens with the first of them.

const REFUSED_SIGN_IN = 4403;

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
    return read(response);
  };
}

async function read(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw failure(`${response.status} ${response.statusText}: ${text.slice(0, 200)}`);
  }
}

export function makeSocket(endpoint, session, onSocket) {
  const url = new URL(endpoint, location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return graphqlWs.createClient({
    url: url.href,
    connectionParams: () => session.authorization(),
    // A token that was pasted does not get better by trying again; one of the demo is renewed.
    shouldRetry: (reason) => 'code' in reason && (reason.code !== REFUSED_SIGN_IN || Boolean(session.demo)),
    on: {
      connecting: () => onSocket('connecting'),
      connected: () => onSocket('open'),
      closed: () => onSocket('closed'),
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
    throw typeof reason?.code === 'number' ? failure(closed(reason)) : reason;
  }
}

function closed({ code, reason }) {
  return `The server closed the socket: ${code}${reason ? ` ${reason}` : ''}`;
}

// Without its stack, which GraphiQL would print and which says nothing about the request.
function failure(message) {
  return Object.assign(new Error(message), { stack: undefined });
}
