// The session of this tab. It is in sessionStorage, so two windows can be two agents, and closing a tab deletes its token.

import { request } from './requests.js';

const KEY = 'internal-chat:session';
const RENEW_BEFORE_MS = 60_000;

export class Session {
  constructor(demo) {
    this.demo = demo;
    this.current = JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
  }

  async signInAs(accountId, agentId) {
    const response = await request(`${this.demo}/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ accountId, agentId }),
    });
    const body = await response.json();
    if (!response.ok) throw new Error(body.error);
    this.store({ accountId, agentId, token: body.token, expiresAt: body.expiresAt });
  }

  signInWithToken(token) {
    this.store({ token: token.trim().replace(/^bearer\s+/i, '') });
  }

  signOut() {
    sessionStorage.removeItem(KEY);
    this.current = null;
  }

  async renew() {
    if (this.demo && this.current?.agentId) await this.signInAs(this.current.accountId, this.current.agentId);
  }

  // Returns the header with the token, which is also the payload of connection_init.
  async authorization() {
    const expiresAt = Date.parse(this.current?.expiresAt ?? '');
    if (expiresAt - Date.now() < RENEW_BEFORE_MS) await this.renew();
    return this.current ? { authorization: `Bearer ${this.current.token}` } : {};
  }

  store(session) {
    this.current = session;
    sessionStorage.setItem(KEY, JSON.stringify(session));
  }
}
