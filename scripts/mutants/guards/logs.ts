import type { Mutant } from "../mutant.ts";

const log = { file: "lib/log.ts", tests: ["test/log/log.test.ts"] };

/** What may be written down of anything that happens. */
export const logGuards: Mutant[] = [
  {
    name: "A log line takes objects with all that they hold",
    ...log,
    from: "const value = plain(fields[name], longestOf(name));",
    to: "const value = fields[name] as Plain | undefined;",
  },
  {
    name: "A log line holds what a terminal obeys",
    ...log,
    from: ".replace(unseen, asEscape)",
    to: "",
  },
  {
    name: "A log line is as long as its texts",
    ...log,
    from: "return text.slice(0, most).toWellFormed();",
    to: "return text.slice(0, most * text.length).toWellFormed();",
  },
  {
    name: "Whatever stands in the place of a failure's code is taken for one",
    ...log,
    from: `typeof code === "string" && name.test(code)`,
    to: `typeof code === "string"`,
  },
  {
    name: "What a function throws is written down by the platform with its words",
    file: "lib/http/invoked.ts",
    from: `throw new Error([failure.error, failure.error_code].filter(Boolean).join(" "));`,
    to: "throw error;",
    tests: ["test/stories/canary-throws.test.ts"],
  },
  {
    name: "Alipay: whatever stands in the place of a code is told, a line of our key included",
    file: "lib/providers/alipay/wire.ts",
    tests: ["test/providers/alipay/trade.test.ts"],
    from: "sub_code: subCode.optional()",
    to: "sub_code: z.string().optional()",
  },
  {
    name: "Alipay: whatever stands in the place of an unsigned answer's first code is told",
    file: "lib/providers/alipay/wire.ts",
    tests: ["test/providers/alipay/trade.test.ts"],
    from: "const code = z.string().regex(/^\\d{5}$/);",
    to: "const code = z.string();",
  },
  {
    name: "WeChat Pay's words are told as they are, our key in them included",
    file: "lib/providers/wechat/client.ts",
    from: "hideEchoes(data.message, secrets).slice(0, 300)",
    to: "data.message.slice(0, 300)",
    tests: ["test/stories/canary-echoes.test.ts"],
  },
];
