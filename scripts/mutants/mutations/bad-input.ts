import { drop, dropLink, dropOperand, replace, within } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const story = (name: string) => [`test/hostile/${name}.test.ts`];

/** Checks that keep malicious or meaningless input out of the database. */
export const badInputMutations: Mutation[] = [
  {
    name: "Lists: a cursor with a year outside the database's range is accepted",
    at: "cursor-storable-time",
    change: dropOperand,
    tests: story("bad-input-queries"),
  },
  {
    name: "Lists: a filter with a year outside the database's range is accepted",
    at: "list-storable-time",
    change: dropLink,
    tests: story("bad-input-queries"),
  },
  {
    name: "Return page: an order number with a trailing space is accepted",
    at: "return-order-number",
    change: within("left", replace("$1 === undefined")),
    tests: story("bad-input-routes"),
  },
  {
    name: "HTTP functions: an event without headers is answered with an internal error",
    at: "event-without-headers",
    change: drop,
    tests: story("bad-input-events"),
  },
  {
    name: "Queues: any text is accepted as the row id in a message",
    at: "message-row-id",
    change: dropLink,
    tests: story("bad-messages"),
  },
  {
    name: "Queues: a message may hold a number that does not fit its column",
    at: "message-count",
    change: dropLink,
    tests: story("bad-messages"),
  },
  {
    name: "Deliveries: a secret echoed right after a character that makes its start look like an escape is stored",
    at: "echo-within-escape",
    change: drop,
    tests: ["test/unit/outbound/hide-echoes.test.ts"],
  },
  {
    name: "Settings: provider base URLs (simulators) are accepted in every stage",
    at: "simulators-local-only",
    change: dropOperand,
    tests: ["test/unit/environment.test.ts"],
  },
];
