// The first tabs, and the ids in them: an example that has to be filled in by hand is not tried.

const FILLED = 'internal-chat:filled';
const FIRST_CHANNELS = `query FirstChannels {
  chatChannels(first: 20) { edges { node { id viewerCan { post } } } }
}`;

// Put a channel of the signed-in agent into the tabs, in place of what the agent before had there.
export async function fillExamples(post) {
  const answer = await post({ query: FIRST_CHANNELS, operationName: 'FirstChannels' });
  if (!answer.data) throw new Error(answer.errors?.[0]?.message ?? 'The server did not answer.');
  const channels = answer.data.chatChannels.edges.map(({ node }) => node);
  const channel = channels.find(({ viewerCan }) => viewerCan.post) ?? channels[0];
  if (!channel) return;
  const before = filled();
  const now = { channelId: channel.id, clientKey: `try-${Date.now().toString(36)}` };
  for (const key of Object.keys(sessionStorage).filter((key) => key.startsWith('graphiql:'))) {
    sessionStorage.setItem(key, replaced(sessionStorage.getItem(key), before, now));
  }
  sessionStorage.setItem(FILLED, JSON.stringify(now));
}

export function exampleTabs(examples) {
  const now = filled();
  return examples.map(({ query, variables }) => ({ query, variables: replaced(variables, PLACEHOLDERS, now) }));
}

// GraphiQL stores the open tab twice, some moments apart, and opens a copy of it when the two differ: the tab decides.
export function settleOpenTab() {
  const { tabs = [], activeTabIndex } = JSON.parse(sessionStorage.getItem('graphiql:tabState') ?? '{}');
  for (const part of ['query', 'variables']) {
    const text = tabs[activeTabIndex]?.[part];
    if (text) sessionStorage.setItem(`graphiql:${part}`, text);
    else sessionStorage.removeItem(`graphiql:${part}`);
  }
}

const PLACEHOLDERS = { channelId: 'CHANNEL_ID', clientKey: 'CLIENT_KEY' };

function filled() {
  return JSON.parse(sessionStorage.getItem(FILLED) ?? 'null') ?? PLACEHOLDERS;
}

function replaced(text, before, now) {
  return text.replaceAll(before.channelId, now.channelId).replaceAll(before.clientKey, now.clientKey);
}
