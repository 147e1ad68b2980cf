// Who is signed in, in this tab only: sessionStorage ends with it, so two windows can be two agents, and no token is left.

const KEY = 'internal-chat:session';
const RENEW_BEFORE_MS = 60_000;

export class Session {
  constructor(demo) {
    this.demo = demo;
    this.current = JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
  }

  async signInAs(accountId, agentId) {
    const response = await fetch(`${this.demo}/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ accountId, agentId }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error);
    this.keep({ accountId, agentId, token: answer.token, expiresAt: answer.expiresAt });
  }

  paste(token) {
    this.keep({ token: token.trim().replace(/^bearer\s+/i, '') });
  }

  signOut() {
    sessionStorage.removeItem(KEY);
    this.current = null;
  }

  async renew() {
    if (this.demo && this.current?.agentId) await this.signInAs(this.current.accountId, this.current.agentId);
  }

  // The value of the Authorization header, in a form that also suits connection_init.
  async authorization() {
    const expiresAt = Date.parse(this.current?.expiresAt ?? '');
    if (expiresAt - Date.now() < RENEW_BEFORE_MS) await this.renew();
    return this.current ? { authorization: `Bearer ${this.current.token}` } : {};
  }

  keep(session) {
    this.current = session;
    sessionStorage.setItem(KEY, JSON.stringify(session));
  }
}
