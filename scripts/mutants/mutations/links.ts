import { always, drop, dropLink, dropOperand, never, replace, within } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const story = ["test/stories/payable-until.test.ts"];
const amount = ["test/http/amount.test.ts"];
const spellings = ["test/http/spellings.test.ts"];

/** How long links open and orders live, and how amounts, bodies and keys are spelled. */
export const linkMutations: Mutation[] = [
  { name: "Links: a link is handed out after its time", at: "link-time", change: dropOperand, tests: story },
  {
    name: "Links: a link signed with a replaced key is handed out",
    at: "link-key-version",
    change: replace("true"),
    tests: story,
  },
  {
    name: "Links: a create after the order's end is answered",
    at: "link-order-end",
    change: never,
    tests: story,
  },
  {
    name: "Links: a lapsed link that cannot be renewed is asked for again",
    at: "link-renewable",
    change: dropOperand,
    tests: story,
  },
  {
    name: "Links: a payment that is to be closed gets another link",
    at: "link-close-requested",
    change: dropOperand,
    tests: story,
  },
  {
    name: "Links: the link of a closed payment is shown",
    at: "link-of-ended",
    change: dropOperand,
    tests: story,
  },
  {
    name: "Links: many callers ask for another link at once",
    at: "link-renewal-lease",
    change: dropLink,
    tests: story,
  },
  { name: "Links: a code counts as long as its order", at: "link-own-time", change: always, tests: story },
  {
    name: "Links: an order lives longer than its provider allows",
    at: "order-longest-life",
    change: replace("$1"),
    tests: story,
  },
  {
    name: "Amounts: zeros at the end make an exact amount inexact",
    at: "amount-trailing-zeros",
    change: replace("$1"),
    tests: amount,
  },
  {
    name: "Amounts: zeros at the end count among the digits",
    at: "amount-digits",
    change: replace("$1"),
    tests: amount,
  },
  {
    name: "Amounts: leading zeros are taken",
    at: "amount-leading-zeros",
    change: within("left.callee.object", replace(String.raw`/^(\d+)(?:\.(\d+))?$/`)),
    tests: amount,
  },
  {
    name: "Bodies: a byte order mark is refused",
    at: "body-byte-order-mark",
    change: replace("$1"),
    tests: spellings,
  },
  { name: "Bodies: UTF-16 is not told from broken UTF-8", at: "body-utf-16", change: drop, tests: spellings },
  {
    name: "Bodies: another charset is read as UTF-8",
    at: "body-charset",
    change: replace("false"),
    tests: spellings,
  },
];
