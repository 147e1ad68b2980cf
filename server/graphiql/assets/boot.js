import { exampleTabs, fillExamples, reconcileOpenTab } from './examples.js';
import { makeFetcher, makePost, makeSocket } from './fetcher.js';
import { Session } from './session.js';
import { showSignIn } from './sign-in.js';

const settingsElement = document.getElementById('settings');
const settings = JSON.parse(settingsElement.textContent);
const session = new Session(settings.demo);
const post = makePost(settings.endpoint, session);
const socket = makeSocket(settings.endpoint, session, showSocketState);

// GraphiQL stores edits of queries, variables and tabs at most 600 ms after the last one.
const STORED_AFTER_MS = 700;
const SOCKET_STATES = {
  connecting: 'Socket connecting',
  open: 'Socket open',
  closed: 'Socket closed',
  lost: 'Connection lost',
};

window.__webpack_nonce__ = settingsElement.nonce; // read by GraphiQL's dialogs for the nonce of their style element

await start();

async function start() {
  try {
    await session.renew();
    if (session.current) await fillExamples(post);
    else showNotice('Sign in to run the examples.');
  } catch (error) {
    showError(error);
  }
  reconcileOpenTab();
  mount();
  await showSignIn(document.getElementById('sign-in'), session, changeSession).catch(showError);
}

function mount() {
  const root = ReactDOM.createRoot(document.getElementById('graphiql'));
  root.render(
    React.createElement(GraphiQL, {
      fetcher: makeFetcher(post, socket, session),
      defaultTabs: exampleTabs(settings.examples),
      schemaDescription: true,
      defaultEditorToolsVisibility: 'variables',
      shouldPersistHeaders: false,
      storage: sessionStorage,
    }),
  );
}

// Reloading closes the socket and clears all results, so that an agent never sees what the previous agent has read.
// Edits are stored before that, and are impossible meanwhile.
async function changeSession(signInOrOut) {
  const workbench = document.getElementById('graphiql');
  workbench.inert = true;
  try {
    await delay(STORED_AFTER_MS);
    await signInOrOut();
    location.reload();
  } catch (error) {
    workbench.inert = false;
    showError(error);
  }
}

function delay(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function showError(error) {
  showNotice(error.message, 'error');
}

function showNotice(text, tone = 'hint') {
  const notice = document.getElementById('notice');
  notice.dataset.tone = tone;
  notice.textContent = text;
}

function showSocketState(state) {
  const element = document.getElementById('socket');
  element.dataset.state = state;
  element.textContent = SOCKET_STATES[state];
}
