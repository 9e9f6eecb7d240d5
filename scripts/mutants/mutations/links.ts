import { always, drop, dropLink, dropOperand, never, replace, within } from "../changes.ts";
import type { Mutation } from "../mutant.ts";

const story = ["test/stories/payable-until.test.ts"];
const amount = ["test/unit/http/amount.test.ts"];
const spellings = ["test/unit/http/spellings.test.ts"];

/** Lifetimes of payment links and orders, and accepted spellings of amounts and bodies. */
export const linkMutations: Mutation[] = [
  {
    name: "Links: a link is returned after it has expired",
    at: "link-time",
    change: dropOperand,
    tests: story,
  },
  {
    name: "Links: a link signed with a replaced key is returned",
    at: "link-key-version",
    change: replace("true"),
    tests: story,
  },
  {
    name: "Links: a create repeated after the order has expired succeeds",
    at: "link-order-end",
    change: never,
    tests: story,
  },
  {
    name: "Links: an expired link is requested again although the scene cannot renew links",
    at: "link-renewable",
    change: dropOperand,
    tests: story,
  },
  {
    name: "Links: a payment that is being closed gets a new link",
    at: "link-close-requested",
    change: dropOperand,
    tests: story,
  },
  {
    name: "Links: the link of an ended payment is shown",
    at: "link-of-ended",
    change: dropOperand,
    tests: story,
  },
  {
    name: "Links: concurrent callers each request a new link",
    at: "link-renewal-lease",
    change: dropLink,
    tests: story,
  },
  {
    name: "Links: a QR code is treated as valid for as long as its order",
    at: "link-own-time",
    change: always,
    tests: story,
  },
  {
    name: "Links: an order lives longer than its provider allows",
    at: "order-longest-life",
    change: replace("$1"),
    tests: story,
  },
  {
    name: "Amounts: trailing zeros make an exact amount inexact",
    at: "amount-trailing-zeros",
    change: replace("$1"),
    tests: amount,
  },
  {
    name: "Amounts: trailing zeros count as significant digits",
    at: "amount-digits",
    change: replace("$1"),
    tests: amount,
  },
  {
    name: "Amounts: leading zeros are accepted",
    at: "amount-leading-zeros",
    change: within("left.callee.object", replace(String.raw`/^(\d+)(?:\.(\d+))?$/`)),
    tests: amount,
  },
  {
    name: "Bodies: a body with a byte order mark is refused",
    at: "body-byte-order-mark",
    change: replace("$1"),
    tests: spellings,
  },
  {
    name: "Bodies: a UTF-16 body is reported as broken UTF-8",
    at: "body-utf-16",
    change: drop,
    tests: spellings,
  },
  {
    name: "Bodies: a body with another declared charset is read as UTF-8",
    at: "body-charset",
    change: replace("false"),
    tests: spellings,
  },
];
