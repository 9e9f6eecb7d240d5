import * as fc from "fast-check";
import { providerNames } from "../kits/kits.ts";
import type { Fault } from "./environments.ts";
import type { MerchantAnswer } from "./merchant-endpoint.ts";

/**
 * One step of a history. Plain data, so that a history can be printed and replayed. Numbers select an order's slot, a
 * waiting message or webhook (modulo their number), or a part of an amount. A step that is impossible when its turn
 * comes is skipped.
 */
export type Step =
  | {
      do: "create";
      order: number;
      shop: number;
      provider: number;
      minutes: number;
      amount: number;
      /** An index of `subjects`. */
      subject: number;
      /** Uses the merchant's second config, which has the same account. */
      second: boolean;
      notified: boolean;
      fault?: Fault;
    }
  | { do: "create-other"; order: number }
  | { do: "buyer"; order: number; what: "pay" | "fail" | "start" | "expire" | "approve" | "decline" }
  | { do: "webhook"; which: number; keep: boolean; fault?: Fault }
  | { do: "lose-webhook"; which: number }
  | { do: "forge-webhook"; which: number }
  | { do: "send-webhook-again"; order: number }
  | { do: "wake-up"; queue: "notify" | "poll"; which: number; keep: boolean; fault?: Fault }
  | { do: "lose-wake-ups" }
  | { do: "sweep"; fault?: Fault }
  | { do: "query" | "close" | "return" | "resend"; order: number; fault?: Fault }
  | { do: "refund"; order: number; refund: number; part: number; fault?: Fault }
  | { do: "query-refund"; order: number; refund: number; fault?: Fault }
  | { do: "console-refund"; order: number; part: number }
  | { do: "refund-result"; order: number; refund: number; status: number }
  /** An operator sets the config to one of two accounts; setting the current one again makes a new version. */
  | { do: "set-config"; shop: number; provider: number; account: number; fault?: Fault }
  /** A Payment Link of the same account that carries the order's number is paid or expires. */
  | { do: "foreign-session"; order: number; end: "pay" | "expire" }
  /** The provider refuses the next `times` calls of this kind with the code at this index of its list. */
  | { do: "refuse"; provider: number; call: number; code: number; times: number }
  | { do: "pass"; seconds: number }
  | { do: "provider-fault"; provider: number; fault: object }
  | { do: "merchant-answers"; shop: number; answer: MerchantAnswer }
  | { do: "redis"; how: "empty" | "stale-locks" | "wrong-types" }
  | { do: "queue-down"; down: boolean }
  | { do: "resume"; which: number }
  | { do: "kill-frozen"; which: number };

/** Subjects of one to four bytes per character, shorter and longer than the providers' limits. */
export const subjects = [
  "Green tea",
  "龙井茶".repeat(40),
  "🍵".repeat(120),
  "é/=&".repeat(60),
  "a\u0301茶🍵".repeat(40),
];

export const orderSlots = 3;
export const refundSlots = 3;

const order = fc.nat({ max: orderSlots - 1 });
const refund = fc.nat({ max: refundSlots - 1 });
const which = fc.nat({ max: 11 });
const shop = fc.nat({ max: 1 });
const provider = fc.nat({ max: providerNames.length - 1 });
const keep = fc.boolean();
/** Sixths of the order's amount; 0: everything that is left. */
const part = fc.nat({ max: 4 });

const fault: fc.Arbitrary<{ fault?: Fault }> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  {
    weight: 2,
    arbitrary: fc.record({
      fault: fc.record({
        at: fc.nat({ max: 50 }),
        act: fc.constantFrom<Fault["act"]>("kill", "kill", "pause", "lose", "refuse"),
      }),
    }),
  },
);

const withFault = <T extends object>(fields: fc.Arbitrary<T>) =>
  fc.tuple(fields, fault).map(([existing, more]) => ({ ...existing, ...more }));

const is = <const T extends string>(name: T) => fc.constant(name);

const weighted: [number, fc.Arbitrary<Step>][] = [
  [
    9,
    withFault(
      fc.record({
        do: is("create"),
        order,
        shop,
        provider,
        minutes: fc.constantFrom(120, 120, 31, 5, 1),
        amount: fc.constantFrom(1234, 99_999, 700, 1),
        subject: fc.constantFrom(0, 0, 0, 1, 2, 3, 4),
        second: fc.constantFrom(false, false, false, true),
        notified: fc.constantFrom(true, true, true, false),
      }),
    ),
  ],
  [1, fc.record({ do: is("create-other"), order })],
  [
    10,
    fc.record({
      do: is("buyer"),
      order,
      what: fc.constantFrom(
        "pay",
        "pay",
        "pay",
        "pay",
        "pay",
        "approve",
        "start",
        "fail",
        "decline",
        "expire",
      ),
    }),
  ],
  [12, withFault(fc.record({ do: is("webhook"), which, keep }))],
  [2, fc.record({ do: is("lose-webhook"), which })],
  [1, fc.record({ do: is("forge-webhook"), which })],
  [1, fc.record({ do: is("send-webhook-again"), order })],
  [9, withFault(fc.record({ do: is("wake-up"), queue: is("notify"), which, keep }))],
  [5, withFault(fc.record({ do: is("wake-up"), queue: is("poll"), which, keep }))],
  [1, fc.record({ do: is("lose-wake-ups") })],
  [4, withFault(fc.record({ do: is("sweep") }))],
  [3, withFault(fc.record({ do: is("query"), order }))],
  [3, withFault(fc.record({ do: is("close"), order }))],
  [1, withFault(fc.record({ do: is("return"), order }))],
  [2, withFault(fc.record({ do: is("resend"), order }))],
  [9, withFault(fc.record({ do: is("refund"), order, refund, part }))],
  [2, withFault(fc.record({ do: is("query-refund"), order, refund }))],
  [3, fc.record({ do: is("console-refund"), order, part })],
  [3, fc.record({ do: is("refund-result"), order, refund, status: fc.nat({ max: 3 }) })],
  [3, withFault(fc.record({ do: is("set-config"), shop, provider, account: fc.nat({ max: 1 }) }))],
  [
    2,
    fc.record({
      do: is("foreign-session"),
      order,
      end: fc.constantFrom<"pay" | "expire">("pay", "pay", "expire"),
    }),
  ],
  [
    3,
    fc.record({
      do: is("refuse"),
      provider,
      call: fc.nat({ max: 5 }),
      code: fc.nat({ max: 199 }),
      times: fc.constantFrom(1, 1, 2),
    }),
  ],
  [
    8,
    fc.record({
      do: is("pass"),
      seconds: fc.constantFrom(1, 2, 4, 16, 16, 61, 61, 310, 310, 920, 1900, 7300, 90_000),
    }),
  ],
  [
    3,
    fc.record({
      do: is("provider-fault"),
      provider,
      fault: fc.constantFrom(
        { timeout_after_success: true, times: 1 },
        { timeout_after_success: true, times: 2 },
        { status: 503, times: 1 },
        { status: 401, times: 1 },
        { status: 429, times: 1 },
        { html: true, times: 1 },
        { unsigned: true, times: 1 },
        { duplicate: true, times: 2 },
        { wrong_amount: true, times: 1 },
        { expire_tokens: true, times: 1 },
      ),
    }),
  ],
  [
    3,
    fc.record({
      do: is("merchant-answers"),
      shop,
      answer: fc.constantFrom<MerchantAnswer>(200, 200, 204, 500, 302, 404, 410, "reset"),
    }),
  ],
  [
    2,
    fc.record({
      do: is("redis"),
      how: fc.constantFrom<"empty" | "stale-locks" | "wrong-types">("empty", "stale-locks", "wrong-types"),
    }),
  ],
  [1, fc.record({ do: is("queue-down"), down: fc.boolean() })],
  [3, fc.record({ do: is("resume"), which })],
  [1, fc.record({ do: is("kill-frozen"), which })],
];

const step = fc.oneof(...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary })));

const pay: Step = { do: "buyer", order: 0, what: "pay" };
const bring: Step = { do: "webhook", which: 0, keep: false };

/** Begins with an order that is usually paid, because a history without a payment proves nothing. */
export const history: fc.Arbitrary<Step[]> = fc
  .tuple(
    weighted[0]![1],
    fc.constantFrom<Step[]>([], [pay], [pay, bring], [pay, bring]),
    fc.array(step, { minLength: 4, maxLength: 40, size: "max" }),
  )
  .map(([create, begun, steps]) => [create, ...begun, ...steps]);
