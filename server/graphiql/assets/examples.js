// The example tabs. Their variables get real ids, so that every example can be run without editing it.

const IDS_KEY = 'internal-chat:ids';
const FIRST_CHANNELS = `query FirstChannels {
  chatChannels(first: 20) {
    nodes { id kind memberCount position viewerCan { post } messages(last: 20) { nodes { id viewerCan { react } } } }
  }
}`;

// Replaces the ids of the previous agent in all tabs with those of a channel of the signed-in agent, and the client key.
export async function fillExamples(post) {
  const result = await post({ query: FIRST_CHANNELS, operationName: 'FirstChannels' });
  if (!result.data?.chatChannels) throw new Error(result.errors?.[0]?.message ?? 'The server did not answer.');
  const channels = result.data.chatChannels.nodes;
  const channel = channels.find(isUsableByTwoAgents) ?? channels.find(({ viewerCan }) => viewerCan.post) ?? channels[0];
  if (!channel) return;
  const previous = currentIds();
  const message = channel.messages.nodes.findLast(({ viewerCan }) => viewerCan.react);
  const ids = {
    channelId: channel.id,
    messageId: message?.id ?? PLACEHOLDERS.messageId,
    position: channel.position,
    clientKey: `try-${Date.now().toString(36)}`,
  };
  for (const key of Object.keys(sessionStorage).filter((key) => key.startsWith('graphiql:'))) {
    sessionStorage.setItem(key, replaceIds(sessionStorage.getItem(key), previous, ids));
  }
  sessionStorage.setItem(IDS_KEY, JSON.stringify(ids));
}

function isUsableByTwoAgents({ kind, memberCount, viewerCan }) {
  return kind === 'PUBLIC' && memberCount > 1 && viewerCan.post;
}

export function exampleTabs(examples) {
  const ids = currentIds();
  return examples.map(({ query, variables }) => ({ query, variables: replaceIds(variables, PLACEHOLDERS, ids) }));
}

// GraphiQL stores the open tab twice, not at the same moment, and opens a copy if the two differ. The stored tab takes
// precedence.
export function reconcileOpenTab() {
  const { tabs = [], activeTabIndex } = JSON.parse(sessionStorage.getItem('graphiql:tabState') ?? '{}');
  for (const part of ['query', 'variables']) {
    const text = tabs[activeTabIndex]?.[part];
    if (text) sessionStorage.setItem(`graphiql:${part}`, text);
    else sessionStorage.removeItem(`graphiql:${part}`);
  }
}

const PLACEHOLDERS = {
  channelId: 'CHANNEL_ID',
  messageId: 'MESSAGE_ID',
  position: 'POSITION',
  clientKey: 'CLIENT_KEY',
};

function currentIds() {
  return { ...PLACEHOLDERS, ...JSON.parse(sessionStorage.getItem(IDS_KEY) ?? '{}') };
}

function replaceIds(text, from, to) {
  return Object.keys(PLACEHOLDERS).reduce((replaced, name) => replaced.replaceAll(from[name], to[name]), text);
}
