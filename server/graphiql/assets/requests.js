// Requests to the server, and errors that GraphiQL prints without a stack, which does not help to find their cause.

export async function request(url, options) {
  try {
    return await fetch(url, options);
  } catch {
    throw errorWithoutStack('The server cannot be reached. Try again when it is running.');
  }
}

export function errorWithoutStack(message) {
  return Object.assign(new Error(message), { stack: undefined });
}
