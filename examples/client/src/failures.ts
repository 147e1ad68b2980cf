/** The failures of streams and requests, and how a client reacts to them. */

export type Remedy =
  /** Wait a little, then resume from the last position. */
  | "retry"
  /** The position cannot be resumed from: fetch what was missed, then subscribe from there. */
  | "refetch"
  /** Get a new token, then resume from the last position. */
  | "sign in"
  /** A retry would fail in the same way. */
  | "stop";

/** By `extensions.code`. The others mean "stop": ACCESS_LOST, MODULE_DISABLED, … */
const REMEDIES: Partial<Record<string, Remedy>> = {
  INTERNAL_SERVER_ERROR: "retry",
  RESYNC_REQUIRED: "refetch",
  UNAUTHENTICATED: "sign in",
};

/** The close code for a token that is invalid or has expired. */
const FORBIDDEN = 4403;

/** The close codes for clients that violate the protocol. */
const PROTOCOL_VIOLATIONS = [4400, 4401, 4406, 4409, 4429];

interface CodedError {
  readonly message: string;
  readonly extensions?: { readonly code?: unknown } | undefined;
}

/** The chat answered with errors instead of data. */
export class ChatError extends Error {
  readonly code: string;

  constructor(errors: readonly CodedError[]) {
    super(errors[0]?.message ?? "The response has neither data nor errors.");
    this.code = String(errors[0]?.extensions?.code);
  }
}

/** An event is not the one that follows the last position: something on the way dropped the events in between. */
export class EventsLost extends Error {}

/** Returns how to react to anything that a query or a stream may throw. */
export function remedyFor(failure: unknown): Remedy {
  if (failure instanceof ChatError) return REMEDIES[failure.code] ?? "stop";
  // graphql-ws throws the payload of an `error` message, which is an array.
  if (Array.isArray(failure)) return remedyFor(new ChatError(failure));
  const code = closeCode(failure);
  if (code === FORBIDDEN) return "sign in";
  return code !== undefined && PROTOCOL_VIOLATIONS.includes(code) ? "stop" : "retry";
}

/** Returns a one-line description of a failure. */
export function describe(failure: unknown): string {
  if (Array.isArray(failure)) return describe(new ChatError(failure));
  if (failure instanceof ChatError) return `${failure.code}: ${failure.message}`;
  if (failure instanceof EventsLost) return "Events were lost on the way.";
  const code = closeCode(failure);
  return code === undefined ? "The server cannot be reached." : `The socket closed with ${code}.`;
}

function closeCode(failure: unknown): number | undefined {
  const isClose = typeof failure === "object" && failure !== null && "code" in failure && "reason" in failure;
  return isClose && typeof failure.code === "number" ? failure.code : undefined;
}
