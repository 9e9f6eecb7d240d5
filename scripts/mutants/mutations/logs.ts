import { drop, dropLink, dropOperand, head, replace } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const log = { tests: ["test/log/log.test.ts"] };

/** What may be written down of anything that happens. */
export const logMutations: Mutation[] = [
  {
    name: "A log line takes objects with all that they hold",
    at: "log-plain-values",
    change: replace("$1 as ReturnType<typeof $callee>"),
    ...log,
  },
  {
    name: "A log line holds what a terminal obeys",
    at: "log-unseen-escaped",
    change: dropLink,
    ...log,
  },
  {
    name: "A log line is as long as its texts",
    at: "log-longest-text",
    change: drop,
    ...log,
  },
  {
    name: "Whatever stands in the place of a failure's code is taken for one",
    at: "log-code-form",
    change: dropOperand,
    ...log,
  },
  {
    name: "What a function throws is written down by the platform with its words",
    at: "platform-error-words",
    change: replace("((): ReturnType<typeof $callee> => { throw $1; })()"),
    tests: ["test/stories/canary-throws.test.ts"],
  },
  {
    name: "Alipay: whatever stands in the place of a code is told, a line of our key included",
    at: "alipay-sub-code-form",
    change: dropLink,
    tests: ["test/providers/alipay/trade.test.ts"],
  },
  {
    name: "Alipay: whatever stands in the place of an unsigned answer's first code is told",
    at: "alipay-code-form",
    change: dropLink,
    tests: ["test/providers/alipay/trade.test.ts"],
  },
  {
    name: "WeChat Pay's words are told as they are, our key in them included",
    at: "wechat-message-echoes",
    change: head(replace("$1")),
    tests: ["test/stories/canary-echoes.test.ts"],
  },
];
