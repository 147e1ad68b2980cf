/** Prints a channel: CHAT_TOKEN=… node dist/main.js CHANNEL_ID [URL] */

import { Connection } from "./connection.js";
import { describe } from "./failures.js";
import { follow, type Message } from "./follow.js";

const [channelId, url = "http://127.0.0.1:8000/graphql"] = process.argv.slice(2);
const token = process.env.CHAT_TOKEN;
if (!channelId || !token) {
  console.error("CHAT_TOKEN=… node dist/main.js CHANNEL_ID [URL]");
  process.exit(2);
}

function print({ seq, author, body, systemEvent }: Message): void {
  console.log(systemEvent === null ? `${seq} ${author.name}: ${body}` : `${seq} ${author.name} (${systemEvent.kind})`);
}

function log(text: string): void {
  console.error(text);
}

try {
  // A real client gets its token from the platform and can renew it. This one has only the token that it was given.
  await follow(new Connection(url, () => token, log), channelId, print, log);
} catch (failure) {
  console.error(`Stopped: ${describe(failure)}`);
  process.exit(1);
}
