/** What ends a stream or a request, and what a client does about it. */

export type Remedy =
  /** Wait a little, then go on from the last position. */
  | "retry"
  /** The position is of no use any more: fetch what was missed, then subscribe from there. */
  | "refetch"
  /** Get a new token, then go on from the last position. */
  | "sign in"
  /** Trying again would be answered the same. */
  | "stop";

/** The codes of errors, in `extensions.code`. What is not named here has no remedy: ACCESS_LOST, MODULE_DISABLED, … */
const REMEDIES: Partial<Record<string, Remedy>> = {
  INTERNAL_SERVER_ERROR: "retry",
  RESYNC_REQUIRED: "refetch",
  UNAUTHENTICATED: "sign in",
};

/** A token that does not hold, or no longer. */
const FORBIDDEN = 4403;

/** Sockets close with these when the client itself has broken the protocol. */
const OUR_OWN_FAULT = [4400, 4401, 4406, 4409, 4429];

interface CodedError {
  readonly message: string;
  readonly extensions?: { readonly code?: unknown } | undefined;
}

/** Errors that the chat answered with, instead of data. */
export class Refusal extends Error {
  readonly code: string;

  constructor(errors: readonly CodedError[]) {
    super(errors[0]?.message ?? "No data, and no reason.");
    this.code = String(errors[0]?.extensions?.code);
  }
}

/** Says what to do about anything that fetching or a stream may throw. */
export function remedyFor(failure: unknown): Remedy {
  if (failure instanceof Refusal) return REMEDIES[failure.code] ?? "stop";
  if (Array.isArray(failure)) return remedyFor(new Refusal(failure)); // an `error` message, as graphql-ws throws it
  const code = closeCode(failure);
  if (code === FORBIDDEN) return "sign in";
  return code !== undefined && OUR_OWN_FAULT.includes(code) ? "stop" : "retry";
}

/** Describes a failure in a line. */
export function describe(failure: unknown): string {
  if (Array.isArray(failure)) return describe(new Refusal(failure));
  if (failure instanceof Refusal) return `${failure.code}: ${failure.message}`;
  const code = closeCode(failure);
  return code === undefined ? "The server cannot be reached." : `The socket closed with ${code}.`;
}

function closeCode(failure: unknown): number | undefined {
  const isClose = typeof failure === "object" && failure !== null && "code" in failure && "reason" in failure;
  return isClose && typeof failure.code === "number" ? failure.code : undefined;
}
