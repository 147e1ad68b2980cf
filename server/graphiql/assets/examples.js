// The example tabs. Their variables get real ids, so that every example can be run without editing it.

const IDS_KEY = 'internal-chat:ids';
const FIRST_CHANNELS = `query FirstChannels {
  chatChannels(first: 20) { edges { node { id viewerCan { post } } } }
}`;

// Replaces the ids of the previous agent in all tabs with a channel of the signed-in agent and a new client key.
export async function fillExamples(post) {
  const result = await post({ query: FIRST_CHANNELS, operationName: 'FirstChannels' });
  if (!result.data?.chatChannels) throw new Error(result.errors?.[0]?.message ?? 'The server did not answer.');
  const channels = result.data.chatChannels.edges.map(({ node }) => node);
  const channel = channels.find(({ viewerCan }) => viewerCan.post) ?? channels[0];
  if (!channel) return;
  const previous = currentIds();
  const ids = { channelId: channel.id, clientKey: `try-${Date.now().toString(36)}` };
  for (const key of Object.keys(sessionStorage).filter((key) => key.startsWith('graphiql:'))) {
    sessionStorage.setItem(key, replaceIds(sessionStorage.getItem(key), previous, ids));
  }
  sessionStorage.setItem(IDS_KEY, JSON.stringify(ids));
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

const PLACEHOLDERS = { channelId: 'CHANNEL_ID', clientKey: 'CLIENT_KEY' };

function currentIds() {
  return JSON.parse(sessionStorage.getItem(IDS_KEY) ?? 'null') ?? PLACEHOLDERS;
}

function replaceIds(text, from, to) {
  return text.replaceAll(from.channelId, to.channelId).replaceAll(from.clientKey, to.clientKey);
}
