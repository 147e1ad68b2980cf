/** Executes the generated documents by their hashes, with the types of their variables and results. */

import type { TypedDocumentString } from "./generated/graphql.js";

export interface Session {
  readonly url: string;
  readonly token: string;
}

interface Answer<Result> {
  readonly data?: Result | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

/** A request that failed as a whole: docs/errors.md lists the codes. */
export class RequestError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(`${code}: ${message}`);
  }
}

/** Sends the document's hash instead of its text: the server has the documents in CHAT_DOCUMENTS. */
export async function execute<Result, Variables>(
  session: Session,
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const hash: unknown = document.__meta__?.["hash"];
  const response = await fetch(session.url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${session.token}` },
    body: JSON.stringify({ documentId: `sha256:${String(hash)}`, variables }),
  });
  const { data, errors } = (await response.json()) as Answer<Result>;
  const error = errors?.[0];
  if (error) throw new RequestError(error.extensions.code, error.message);
  if (data == null) throw new RequestError("INTERNAL_SERVER_ERROR", `The server answered ${response.status}.`);
  return data;
}
