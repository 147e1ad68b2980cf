// A subscription: the events that GraphiQL shows, and the resumption after a lost connection.
//
// It is resumed from the `position` of its last event if the operation declares a variable `$since`, which is then set
// to that position. Otherwise it begins again, and the result says that events may be missing.

const SHOWN_EVENTS = 20;
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 5_000;
const FORBIDDEN = 4403;
// After these a retry would fail in the same way: the close codes for violations of the protocol, and 1009, "too big".
const FATAL = [1009, 4004, 4005, 4400, 4401, 4406, 4409, 4429, 4500];

// Returns an observable. GraphiQL could not stop an async iterator that is waiting for its next event.
export function subscription(socket, session, operation, definition) {
  const declaresSince = (definition.variableDefinitions ?? []).some(({ variable }) => variable.name.value === 'since');
  return {
    subscribe(observer) {
      const subscription = new Subscription(socket, session, operation, declaresSince, observer);
      subscription.begin();
      return { unsubscribe: () => subscription.stop() };
    },
  };
}

class Subscription {
  received = 0;
  newestFirst = [];
  failedAttempts = 0;

  constructor(socket, session, operation, declaresSince, observer) {
    this.socket = socket;
    this.session = session;
    this.operation = operation;
    this.declaresSince = declaresSince;
    this.observer = observer;
    this.position = operation.variables?.since;
    this.stopListening = socket.on('connected', () => this.reconnected());
  }

  begin() {
    this.unsubscribe = this.socket.subscribe(this.fromLastPosition(), {
      next: (result) => this.add(result),
      error: (reason) => this.fail(reason),
      complete: () => this.end(),
    });
  }

  stop() {
    clearTimeout(this.retry);
    this.stopListening();
    this.unsubscribe();
  }

  fromLastPosition() {
    if (!this.declaresSince) return this.operation;
    return { ...this.operation, variables: { ...this.operation.variables, since: this.position } };
  }

  add(result) {
    this.received += 1;
    this.newestFirst = [result, ...this.newestFirst].slice(0, SHOWN_EVENTS);
    this.position = Object.values(result.data ?? {})[0]?.position ?? this.position;
    this.show();
  }

  // The reason is an array of GraphQL errors, a CloseEvent, or the Event or Error of a connection that did not open.
  fail(reason) {
    this.unsubscribe(); // the client counts a subscription until then, even if it has failed
    if (Array.isArray(reason)) {
      this.stopListening();
      this.observer.error(reason);
    } else if (this.isFinal(reason.code)) {
      this.show(`Closed by the server: ${closeReason(reason)}.`);
      this.end();
    } else {
      this.show(`Lost${reason.code ? ` (${closeReason(reason)})` : ''}. Trying again…`);
      this.retryLater(reason.code);
    }
  }

  // A pasted token that was refused stays refused. The demo's tokens are renewed.
  isFinal(code) {
    return FATAL.includes(code) || (code === FORBIDDEN && !this.session.demo);
  }

  retryLater(code) {
    const delay = Math.min(FIRST_DELAY_MS * 2 ** this.failedAttempts, LONGEST_DELAY_MS);
    this.failedAttempts += 1;
    this.retry = setTimeout(async () => {
      if (code === FORBIDDEN) await this.session.renew().catch(() => {});
      this.begin();
    }, delay);
  }

  reconnected() {
    if (!this.failedAttempts) return;
    this.failedAttempts = 0;
    if (this.declaresSince && this.position) this.show('Restored. Continued from the last position.');
    else this.show('Restored. Events may be missing: only operations with $since and position can be continued.');
  }

  end() {
    this.stopListening();
    this.observer.complete();
  }

  show(connection) {
    this.observer.next({ connection, received: this.received, newestFirst: this.newestFirst });
  }
}

function closeReason({ code, reason }) {
  return reason ? `${code} ${reason}` : String(code);
}
