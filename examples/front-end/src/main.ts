/** Prints the sidebar, sends a message to the first channel where the agent may post, and prints its last messages:
 * CHAT_TOKEN=… node dist/main.js TEXT [URL] */

import { execute, type Session } from "./execute.js";
import { OpenChannelDocument, SendMessageDocument, StartDocument } from "./generated/graphql.js";
import type { ChannelSummaryFragment, MessagePartsFragment } from "./generated/graphql.js";

const [text, url = "http://127.0.0.1:8000/graphql"] = process.argv.slice(2);
const token = process.env["CHAT_TOKEN"];
if (!text || !token) {
  console.error("CHAT_TOKEN=… node dist/main.js TEXT [URL]");
  process.exit(2);
}
const session: Session = { url, token };

function channelName(channel: ChannelSummaryFragment): string {
  return channel.name ?? channel.directPeer?.name ?? "";
}

function line(message: MessagePartsFragment): string {
  const words = message.systemEvent?.kind ?? (message.deletedAt ? "(deleted)" : message.body);
  return `${message.seq} ${message.author.name}: ${words}`;
}

async function firstWhereViewerPosts(channels: readonly ChannelSummaryFragment[]): Promise<string> {
  for (const { id } of channels) {
    const { chatChannel } = await execute(session, OpenChannelDocument, { channelId: id });
    if (chatChannel?.viewerCan.post) return id;
  }
  throw new Error("There is no channel in which the agent may post.");
}

const { chatChannels } = await execute(session, StartDocument, {});
const channels = chatChannels?.nodes ?? [];
for (const channel of channels) console.log(`# ${channelName(channel)} (${channel.unreadCount} unread)`);

const channelId = await firstWhereViewerPosts(channels);
const { sendChatMessage } = await execute(session, SendMessageDocument, { input: { channelId, body: text } });
for (const { code, message } of sendChatMessage.userErrors) console.error(`${code}: ${message}`);

const { chatChannel } = await execute(session, OpenChannelDocument, { channelId });
for (const message of chatChannel?.messages.nodes ?? []) console.log(line(message));
