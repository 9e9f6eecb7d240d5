import { OutboundError } from "../../lib/outbound/outbound-error.ts";

/** Where an invocation is interrupted: the `nth` boundary that matches. Plain data, because it is sent to a process. */
export type Boundary = {
  /** A regular expression on the call (lib/failpoint.ts), or on the function's own `event` or `answer`. */
  what: string;
  /** Counts from 1, the default. */
  nth?: number;
};

/**
 * - `kill`: the process kills itself with SIGKILL · `hold`: it waits there until it is released
 * - `time-out`, `lost`: the call is carried out, but its response never arrives
 * - `read-only`: the call is refused twice, as by a database that became read-only.
 */
export type Fault = Boundary & {
  when: "before" | "after";
  act: "kill" | "hold" | Failing;
};
export type Failing = "time-out" | "lost" | "read-only";

/** The errors that the drivers throw one after the other when a call meets this fault. */
export function failures(act: Failing, crossed: string): Error[] {
  const [kind, , target = ""] = crossed.split(" ");
  if (act === "read-only") {
    return [
      failure("the server runs with --read-only", { code: "ER_OPTION_PREVENTS_STATEMENT", errno: 1290 }),
      failure("running in read-only mode", { code: "ER_READ_ONLY_MODE", errno: 1836 }),
    ];
  }
  if (kind === "http") return [new OutboundError(act === "lost" ? "reset" : "timeout", target, true)];
  if (kind === "sql") {
    return act === "lost"
      ? [failure("the connection was lost", { code: "PROTOCOL_CONNECTION_LOST", fatal: true })]
      : [failure("query inactivity time-out", { code: "PROTOCOL_SEQUENCE_TIMEOUT" })];
  }
  return [failure("no answer in time", { name: "TimeoutError" })];
}

const failure = (message: string, more: object) => Object.assign(new Error(message), more);
