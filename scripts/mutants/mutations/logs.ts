import { drop, dropLink, dropOperand, replace } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const log = { tests: ["test/unit/log/log.test.ts"] };

/** What may be logged or stored of data that others send. */
export const logMutations: Mutation[] = [
  {
    name: "Logs: an object is logged with everything in it",
    at: "log-plain-values",
    change: replace("$1 as ReturnType<typeof $callee>"),
    ...log,
  },
  {
    name: "Logs: control characters that a terminal interprets are not escaped",
    at: "log-unseen-escaped",
    change: dropLink,
    ...log,
  },
  {
    name: "Logs: a logged text may have any length",
    at: "log-longest-text",
    change: drop,
    ...log,
  },
  {
    name: "Logs: any text in the place of an error code is logged as a code",
    at: "log-code-form",
    change: dropOperand,
    ...log,
  },
  {
    name: "Logs: Lambda logs the message of an error that a function throws",
    at: "platform-error-words",
    change: replace("((): ReturnType<typeof $callee> => { throw $1; })()"),
    tests: ["test/hostile/canary-throws.test.ts"],
  },
];
