import { exampleTabs, fillExamples, reconcileOpenTab } from './examples.js';
import { makeFetcher, makePost, makeSocket } from './fetcher.js';
import { Session } from './session.js';
import { showSignIn } from './sign-in.js';

const settingsElement = document.getElementById('settings');
const settings = JSON.parse(settingsElement.textContent);
const session = new Session(settings.demo);
const post = makePost(settings.endpoint, session);
const socket = makeSocket(settings.endpoint, session, showSocketState);

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
      fetcher: makeFetcher(post, socket),
      defaultTabs: exampleTabs(settings.examples),
      defaultEditorToolsVisibility: 'variables',
      shouldPersistHeaders: false,
      storage: sessionStorage,
    }),
  );
}

// Reloading closes the socket and clears all results, so that an agent never sees what the previous agent has read.
async function changeSession(signInOrOut) {
  try {
    await signInOrOut();
    location.reload();
  } catch (error) {
    showError(error);
  }
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
  element.textContent = `Socket ${state}`;
}
