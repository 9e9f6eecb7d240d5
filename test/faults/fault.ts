import { OutboundError } from "../../lib/outbound/outbound-error.ts";

/** Where an invocation meets something: the `nth` time that it crosses what matches. Plain data, to be sent to a process. */
export type Crossing = {
  /** A regular expression on what leaves the process (lib/failpoint.ts), or `answer`: the function's own. */
  what: string;
  /** From 1, which it is when absent. */
  nth?: number;
};

/**
 * - `kill`: the process kills itself with SIGKILL · `hold`: it waits there until it is released
 * - `time-out`, `lost`: what was asked for is done, and nobody hears of it
 * - `read-only`: refused twice, as by a writer that has become a reader.
 */
export type Fault = Crossing & {
  when: "before" | "after";
  act: "kill" | "hold" | Failing;
};
export type Failing = "time-out" | "lost" | "read-only";

/** What the drivers throw when this befalls a crossing, in turn. */
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
