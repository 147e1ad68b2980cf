// The sign-in form: a list of the demo's agents, or a field for a token.

import { request } from './requests.js';

export async function showSignIn(form, session, onChange) {
  if (session.demo) await showPicker(form, session, onChange);
  else showTokenField(form, session, onChange);
}

async function showPicker(form, session, onChange) {
  const agents = await (await request(`${session.demo}/agents`)).json();
  const picker = element('select', { id: 'agent' });
  picker.append(element('option', { value: '', textContent: 'Nobody' }), ...accounts(agents));
  picker.value = session.current ? key(session.current) : '';
  picker.addEventListener('change', () =>
    onChange(async () => {
      const agent = agents.find((agent) => key(agent) === picker.value);
      if (agent) await session.signInAs(agent.accountId, agent.agentId);
      else session.signOut();
    }),
  );
  form.replaceChildren(element('label', { htmlFor: picker.id, textContent: 'Signed in as' }), picker);
}

function accounts(agents) {
  const groups = new Map();
  for (const agent of agents) {
    if (!groups.has(agent.accountId)) groups.set(agent.accountId, element('optgroup', { label: agent.accountName }));
    groups.get(agent.accountId).append(element('option', { value: key(agent), textContent: title(agent) }));
  }
  return groups.values();
}

function title({ name, role, active }) {
  const notes = [role === 'ADMINISTRATOR' && 'administrator', !active && 'deactivated'].filter(Boolean);
  return notes.length ? `${name} (${notes.join(', ')})` : name;
}

function key({ accountId, agentId }) {
  return JSON.stringify([accountId, agentId]);
}

function showTokenField(form, session, onChange) {
  const field = element('input', {
    id: 'token',
    type: 'password',
    autocomplete: 'off',
    spellcheck: false,
    placeholder: session.current ? 'Signed in with a token' : 'Paste a token',
  });
  const button = element('button', { textContent: session.current ? 'Sign out' : 'Sign in' });
  field.addEventListener('input', () => {
    button.textContent = session.current && !field.value ? 'Sign out' : 'Sign in';
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    onChange(() => (field.value ? session.signInWithToken(field.value) : session.signOut()));
  });
  form.replaceChildren(element('label', { htmlFor: field.id, textContent: 'Bearer token' }), field, button);
}

function element(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}
