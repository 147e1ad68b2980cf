/** Following one channel: fetch a page, subscribe from its position, resume from the last position after a failure. */

import { backOff, type Connection } from "./connection.js";
import { ChatError, describe, EventsLost, remedyFor } from "./failures.js";

export interface Message {
  readonly id: string;
  readonly seq: number;
  readonly body: string;
  readonly author: { readonly name: string };
  readonly systemEvent: { readonly kind: string } | null;
}

const MESSAGE = "id seq body author { name } systemEvent { kind }";

/** The newest page or, with `$after`, the messages that follow. The position is read before the messages. */
const PAGE = `query ($channelId: ID!, $first: Int, $after: String) {
  chatChannel(id: $channelId) {
    position
    messages(first: $first, after: $after) { nodes { ${MESSAGE} } pageInfo { hasNextPage endCursor } }
  }
}`;

const ADDED = `subscription ($channelId: ID!, $since: String) {
  chatMessageAdded(channelId: $channelId, since: $since) { message { ${MESSAGE} } position previousPosition }
}`;

interface Page {
  chatChannel: {
    position: string;
    messages: { nodes: Message[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
  } | null;
}

interface Added {
  chatMessageAdded: { message: Message; position: string; previousPosition: string };
}

/**
 * Shows the newest messages of a channel and every later one, each once and in order. Runs as long as the channel can
 * be read, then throws the failure that ended the stream.
 */
export async function follow(
  chat: Connection,
  channelId: string,
  show: (message: Message) => void,
  log: (text: string) => void,
): Promise<never> {
  const shown = new Set<string>();
  let since: string | null = null;
  let cursor: string | null = null;
  let failures = 0;

  function showOnce(message: Message): void {
    if (shown.has(message.id)) return; // the stream may repeat messages of the page
    shown.add(message.id);
    show(message);
  }

  /** Returns the position of the first page: the stream delivers what happens while the others are fetched. */
  async function fetchPages(): Promise<string> {
    let position: string | null = null;
    for (;;) {
      const page: Page = await chat.query<Page>(PAGE, { channelId, after: cursor, ...(cursor && { first: 100 }) });
      const channel = page.chatChannel;
      if (channel === null) throw new ChatError([{ message: "No such channel.", extensions: { code: "ACCESS_LOST" } }]);
      position ??= channel.position;
      channel.messages.nodes.forEach(showOnce);
      cursor = channel.messages.pageInfo.endCursor ?? cursor;
      if (!channel.messages.pageInfo.hasNextPage) return position;
    }
  }

  for (;;) {
    try {
      since ??= await fetchPages();
      for await (const { chatMessageAdded } of chat.stream<Added>(ADDED, { channelId, since })) {
        if (chatMessageAdded.previousPosition !== since) throw new EventsLost();
        showOnce(chatMessageAdded.message);
        since = chatMessageAdded.position;
        failures = 0;
      }
      log("The stream completed.");
    } catch (failure) {
      log(describe(failure));
      const remedy = remedyFor(failure);
      if (remedy === "stop") throw failure;
      if (remedy === "sign in" && !(await chat.signInAgain())) throw failure;
      if (remedy === "refetch") since = null;
    }
    await backOff(failures++);
  }
}
