/** The connection to the chat's endpoint: HTTP for queries, one WebSocket for all streams. */

import { setTimeout as sleep } from "node:timers/promises";
import { createClient, type Client } from "graphql-ws";
import WebSocket from "ws";
import { ChatError } from "./failures.js";

/** A network can drop all packets without closing the socket, so a missing pong means that the connection is lost. */
const PING_INTERVAL_MS = 10_000;
const PONG_TIMEOUT_MS = 5_000;

const FETCH_TIMEOUT_MS = 15_000;

type Variables = Record<string, unknown>;

/** Returns a valid token. It is called for each connection and may renew the token. */
export type SignIn = () => string | Promise<string>;

export class Connection {
  private readonly socket: Client;
  private token = "";

  constructor(
    private readonly url: string,
    private readonly signIn: SignIn,
    log: (text: string) => void,
  ) {
    let pong: NodeJS.Timeout | undefined;
    this.socket = createClient({
      url: url.replace(/^http/, "ws"),
      webSocketImpl: WebSocket, // browsers have one built in
      connectionParams: async () => ({ authorization: await this.authorization() }),
      retryAttempts: 0, // `follow` retries, because it also sees the codes that end streams
      keepAlive: PING_INTERVAL_MS,
      on: {
        connected: () => log("Connected."),
        ping: (received) => {
          if (!received) pong = setTimeout(() => this.socket.terminate(), PONG_TIMEOUT_MS);
        },
        pong: (received) => {
          if (received) clearTimeout(pong);
        },
        closed: () => clearTimeout(pong),
      },
    });
  }

  /** Sends one query. Throws a ChatError for errors of the chat, and another error if there is no answer. */
  async query<Data>(document: string, variables: Variables): Promise<Data> {
    const response = await fetch(this.url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: await this.authorization() },
      body: JSON.stringify({ query: document, variables }),
      signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    });
    return dataOf((await response.json()) as Result<Data>);
  }

  /** Yields a stream's events until it completes. Throws a ChatError, or the event with which the socket closed. */
  async *stream<Data extends object>(document: string, variables: Variables): AsyncGenerator<Data> {
    for await (const result of this.socket.iterate<Data>({ query: document, variables })) yield dataOf<Data>(result);
  }

  /** Closes the socket, so that the next one uses a new token. Returns whether there is a new token. */
  async signInAgain(): Promise<boolean> {
    this.socket.terminate();
    return (await this.signIn()) !== this.token;
  }

  private async authorization(): Promise<string> {
    this.token = await this.signIn();
    return `Bearer ${this.token}`;
  }
}

/** Waits longer after each consecutive failure, with jitter, so that clients do not reconnect together. */
export function backOff(failures: number): Promise<void> {
  return sleep(Math.min(10_000, 250 * 2 ** Math.min(failures, 10)) * (0.5 + Math.random()));
}

interface Result<Data> {
  readonly data?: Data | null | undefined;
  readonly errors?: ConstructorParameters<typeof ChatError>[0] | undefined;
}

function dataOf<Data>(result: Result<Data>): Data {
  if (result.errors?.length || result.data == null) throw new ChatError(result.errors ?? []);
  return result.data;
}
