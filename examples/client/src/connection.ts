/** The chat's one address, by HTTP for queries and by a socket for streams. */

import { setTimeout as sleep } from "node:timers/promises";
import { createClient, type Client } from "graphql-ws";
import WebSocket from "ws";
import { Refusal } from "./failures.js";

/** A network that swallows everything closes nothing: what does not answer a ping in time counts as gone. */
const PING_EVERY_MS = 10_000;
const PONG_WITHIN_MS = 5_000;

const FETCH_WITHIN_MS = 15_000;

type Variables = Record<string, unknown>;

/** Returns a token that is good now; asked again for each connection, so it may renew the token. */
export type SignIn = () => string | Promise<string>;

export class Connection {
  private readonly socket: Client;
  private token = "";

  constructor(
    private readonly url: string,
    private readonly signIn: SignIn,
    tell: (news: string) => void,
  ) {
    let pong: NodeJS.Timeout | undefined;
    this.socket = createClient({
      url: url.replace(/^http/, "ws"),
      webSocketImpl: WebSocket, // a browser has its own
      connectionParams: async () => ({ authorization: await this.authorization() }),
      retryAttempts: 0, // `follow` decides, because it also knows the coded ends of streams
      keepAlive: PING_EVERY_MS,
      on: {
        connected: () => tell("Connected."),
        ping: (received) => {
          if (!received) pong = setTimeout(() => this.socket.terminate(), PONG_WITHIN_MS);
        },
        pong: (received) => {
          if (received) clearTimeout(pong);
        },
        closed: () => clearTimeout(pong),
      },
    });
  }

  /** Asks once. Throws a Refusal for errors of the chat, anything else when there is no answer. */
  async ask<Data>(query: string, variables: Variables): Promise<Data> {
    const response = await fetch(this.url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: await this.authorization() },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(FETCH_WITHIN_MS),
    });
    return dataOf((await response.json()) as Result<Data>);
  }

  /** Yields a stream's events until it ends. Throws a Refusal, or the event with which the socket closed. */
  async *stream<Data extends object>(query: string, variables: Variables): AsyncGenerator<Data> {
    for await (const result of this.socket.iterate<Data>({ query, variables })) yield dataOf<Data>(result);
  }

  /** Drops the socket, and with it what it was signed in as. Returns whether there is another token to try. */
  async signInAgain(): Promise<boolean> {
    this.socket.terminate();
    return (await this.signIn()) !== this.token;
  }

  private async authorization(): Promise<string> {
    this.token = await this.signIn();
    return `Bearer ${this.token}`;
  }
}

/** Waits longer after each failure in a row, and not as long as everybody else. */
export function backOff(failures: number): Promise<void> {
  return sleep(Math.min(10_000, 250 * 2 ** Math.min(failures, 10)) * (0.5 + Math.random()));
}

interface Result<Data> {
  readonly data?: Data | null | undefined;
  readonly errors?: ConstructorParameters<typeof Refusal>[0] | undefined;
}

function dataOf<Data>(result: Result<Data>): Data {
  if (result.errors?.length || result.data == null) throw new Refusal(result.errors ?? []);
  return result.data;
}
