import { exampleTabs, fillExamples, settleOpenTab } from './examples.js';
import { makeFetcher, makePost, makeSocket } from './fetcher.js';
import { Session } from './session.js';
import { showSignIn } from './sign-in.js';

const settingsElement = document.getElementById('settings');
const settings = JSON.parse(settingsElement.textContent);
const session = new Session(settings.demo);
const post = makePost(settings.endpoint, session);
const socket = makeSocket(settings.endpoint, session, showSocket);

window.__webpack_nonce__ = settingsElement.nonce; // where GraphiQL's dialogs look for the nonce of their one style element

await start();

async function start() {
  try {
    await session.renew();
    if (session.current) await fillExamples(post);
    else say('Sign in to run the examples.');
  } catch (error) {
    complain(error);
  }
  settleOpenTab();
  mount();
  await showSignIn(document.getElementById('sign-in'), session, change).catch(complain);
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

// Starting afresh closes the socket and drops every answer: nothing one agent has read stays on the screen of the next.
async function change(signInOrOut) {
  try {
    await signInOrOut();
    location.reload();
  } catch (error) {
    complain(error);
  }
}

function complain(error) {
  say(error.message, 'error');
}

function say(text, tone = 'hint') {
  const notice = document.getElementById('notice');
  notice.dataset.tone = tone;
  notice.textContent = text;
}

function showSocket(state) {
  const element = document.getElementById('socket');
  element.dataset.state = state;
  element.textContent = `Socket ${state}`;
}
