import type { Mutant } from "../mutant.ts";

const story = ["test/stories/payable-until.test.ts"];
const link = { file: "lib/payment/link.ts", tests: story };
const life = { file: "lib/payment/scene-life.ts", tests: story };
const renewals = { file: "lib/storage/renewals.ts", tests: story };
const amount = { tests: ["test/http/amount.test.ts"] };
const spellings = { tests: ["test/http/spellings.test.ts"] };

/** How long links open and orders live, and how amounts, bodies and keys are spelled. */
export const linkGuards: Mutant[] = [
  {
    name: "Links: a link is handed out after its time",
    ...link,
    from: "if (payableUntil === null || payableUntil <= gateway.clock.now()) return false;",
    to: "if (payableUntil === null) return false;",
  },
  {
    name: "Links: a link signed with a replaced key is handed out",
    ...link,
    from: "return (await gateway.configs.of(payment)).version <= payableVersion;",
    to: "return true;",
  },
  {
    name: "Links: a create after the order's end is answered",
    ...link,
    from: "if (expiresAt <= gateway.clock.now()) {",
    to: "if (false as boolean) {",
  },
  {
    name: "Links: a lapsed link that cannot be renewed is asked for again",
    ...link,
    from: "return waits && expiresAt > gateway.clock.now() && gateway.lifeOf(provider, scene).renewable;",
    to: "return waits && expiresAt > gateway.clock.now();",
  },
  {
    name: "Links: a payment that is to be closed gets another link",
    ...link,
    from: 'const waits = payable !== null && status === "pending" && !closeRequested;',
    to: 'const waits = payable !== null && status === "pending";',
  },
  {
    name: "Links: the link of a closed payment is shown",
    ...link,
    from: "if (!ended && (await opens(gateway, payment))) return payment;",
    to: "if (await opens(gateway, payment)) return payment;",
  },
  {
    name: "Links: many callers ask for another link at once",
    ...renewals,
    from: '    .where("lease_until", "<=", lease.now)\n',
    to: "",
  },
  {
    name: "Links: a code counts as long as its order",
    ...life,
    from: "if (linkSeconds === undefined) return expiresAt;",
    to: "if (linkSeconds !== 0) return expiresAt;",
  },
  {
    name: "Links: an order lives longer than its provider allows",
    ...life,
    from: "Math.min(expiresInSeconds, life.maxExpiresInSeconds)",
    to: "expiresInSeconds",
  },
  {
    name: "Amounts: zeros at the end make an exact amount inexact",
    ...amount,
    file: "lib/money/money.ts",
    from: "const fraction = withoutTrailingZeros(written);",
    to: "const fraction = written;",
  },
  {
    name: "Amounts: zeros at the end count among the digits",
    ...amount,
    file: "lib/http/fields.ts",
    from: "const digits = whole + withoutTrailingZeros(fraction);",
    to: "const digits = whole + fraction;",
  },
  {
    name: "Amounts: leading zeros are taken",
    ...amount,
    file: "lib/http/fields.ts",
    from: "/^(0|[1-9]\\d*)(?:\\.(\\d+))?$/.exec(text)",
    to: "/^(\\d+)(?:\\.(\\d+))?$/.exec(text)",
  },
  {
    name: "Bodies: a byte order mark is refused",
    ...spellings,
    file: "lib/http/json-body.ts",
    from: "return withoutByteOrderMark(text);",
    to: "return text;",
  },
  {
    name: "Bodies: UTF-16 is not told from broken UTF-8",
    ...spellings,
    file: "lib/http/json-body.ts",
    from: 'if (isUtf16(body)) throw malformed("the body is UTF-16: send it in UTF-8");',
    to: "",
  },
  {
    name: "Bodies: another charset is read as UTF-8",
    ...spellings,
    file: "lib/http/json-content.ts",
    from: "!/^utf-?8$/i.test(charset)",
    to: "charset === null",
  },
];
