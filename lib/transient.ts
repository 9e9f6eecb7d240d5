import { GatewayError } from "./errors.ts";
import { log, nameOf } from "./log.ts";

/** The server has become a read-only replica: another connection may reach the new writer. */
export const readOnlyServer = new Set([1290, 1836]);

/** The server closed the connection: it shut down, killed the connection (MariaDB), or found it idle (MySQL). */
export const closedByServer = new Set([1053, 1927, 4031]);

/** mysql2's code of a statement that the server does not answer any more. */
export const statementTimedOut = "PROTOCOL_SEQUENCE_TIMEOUT";

/** Database errors by number, on which MariaDB and MySQL agree, and by mysql2's code, which some lack. */
const database: readonly (readonly [number: number, code: string])[] = /* mutation: retry-codes */ [
  /* mutation: retry-deadlock */ [1213, "ER_LOCK_DEADLOCK"],
  /* mutation: retry-lock-wait */ [1205, "ER_LOCK_WAIT_TIMEOUT"],
  [1290, "ER_OPTION_PREVENTS_STATEMENT"],
  [1836, "ER_READ_ONLY_MODE"],
  [1792, "ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION"],
  [1040, "ER_CON_COUNT_ERROR"],
  [1053, "ER_SERVER_SHUTDOWN"],
  [1927, "ER_CONNECTION_KILLED"],
  [4031, "ER_CLIENT_INTERACTION_TIMEOUT"],
];

/** Codes of a lost or refused connection, of a wait for ours, and of an invocation that is about to end. */
const codes = new Set([
  ...database.map(([, code]) => code),
  // mutation: retry-connection-lost
  "PROTOCOL_CONNECTION_LOST",
  "PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR",
  "PROTOCOL_PACKETS_OUT_OF_ORDER",
  statementTimedOut,
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  "CONNECTION_BUSY",
  "NO_TIME_LEFT",
]);
const numbers = new Set(database.map(([number]) => number));

/** Names of the AWS SDK's errors: throttling is the caller's fault for AWS, and passes all the same. */
const names = new Set(["TimeoutError", "ThrottlingException"]);

/**
 * Whether an error passes by itself: database, network or an AWS service could not be reached, was busy or asked for a
 * retry. A statement or request that was refused is not transient.
 */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { name, errno, code, $fault } = error as Error & { errno?: number; code?: string; $fault?: string };
  return (
    (errno !== undefined && numbers.has(errno)) ||
    (code !== undefined && codes.has(code)) ||
    names.has(name) ||
    $fault === "server"
  );
}

/** Message of the log line of a transient error; infra's alarm counts it. */
export const temporarilyUnavailable = "temporarily unavailable";

/** The failure to answer after a transient error. One is a warning; an alarm rings when there are many. */
export function unavailable(error: unknown): GatewayError {
  // mutation: transient-logged
  log.warn(temporarilyUnavailable, nameOf(error));
  return new GatewayError("unavailable", "not available right now: send the same request again", {
    cause: error,
  });
}
