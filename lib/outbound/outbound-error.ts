/**
 * Why there was no complete answer.
 * - `unresolved`: no address for the name · `refused`: no connection · `untrusted`: TLS failed
 * - `blocked`: the caller's check refused the connected socket · `timeout`: connect time-out or total deadline
 * - `reset`: the connection broke · `malformed`: not HTTP · `too-large`: the body passed its limit.
 */
export type OutboundFailure =
  | "unresolved"
  | "refused"
  | "untrusted"
  | "blocked"
  | "timeout"
  | "reset"
  | "malformed"
  | "too-large";

/**
 * A request that ended without a complete answer. Its message names the host, never the path, query or headers: they
 * hold signatures and keys. The original error is not kept, because Node's parse errors carry the received bytes.
 */
export class OutboundError extends Error {
  override readonly name = "OutboundError";
  readonly kind: OutboundFailure;
  /** False only when no byte of the request can have left us. */
  readonly mayHaveArrived: boolean;
  /** Node's own code (`ECONNRESET`). Not called `code`: SDKs retry by themselves on an error's `code`. */
  readonly systemCode: string;
  /** The status of an answer whose head arrived and whose body did not end well; else `null`. */
  readonly status: number | null;

  constructor(
    kind: OutboundFailure,
    host: string,
    mayHaveArrived: boolean,
    systemCode = "",
    status: number | null = null,
  ) {
    super(`${host}: ${kind}${systemCode && ` (${systemCode})`}`);
    this.kind = kind;
    this.mayHaveArrived = mayHaveArrived;
    this.systemCode = systemCode;
    this.status = status;
  }
}

/** The failure for an error code of Node's sockets. */
export function failureKind(systemCode: string): OutboundFailure {
  if (systemCode === "ENOTFOUND" || systemCode.startsWith("EAI_")) return "unresolved";
  if (systemCode === "ETIMEDOUT") return "timeout";
  if (systemCode === "ECONNRESET" || systemCode === "EPIPE" || systemCode === "ECONNABORTED") return "reset";
  if (systemCode.startsWith("HPE_")) return "malformed";
  const tls = /^ERR_TLS|^ERR_SSL|^EPROTO$|CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/;
  return tls.test(systemCode) ? "untrusted" : "refused";
}
