import type { Boundary } from "./fault.ts";

/** A moment before or after a call that leaves the process. */
export type Point = Boundary & { when: "before" | "after" };

export type Step = {
  group: Group;
  does: string;
  /** The function in whose process the faults are injected. */
  entry: string;
  before: Point;
  after: Point;
  /** Its first write, which a database that became read-only refuses; `after` is its COMMIT then. Absent: no write. */
  writes?: Boundary;
  /** The call that times out, if it is neither the first write nor `after`. A new process always makes this call. */
  silent?: Point;
};

export type Group = "create" | "webhook" | "delivery" | "refund" | "capture" | "close";

const around = (what: string, nth = 1) => ({
  before: { when: "before", what, nth } as const,
  after: { when: "after", what, nth } as const,
});
const commit = (nth: number) => around("^sql commit", nth);
const recordOfSend = "^sql update `deliveries` as `n`";
const claimOfClose = "^sql update `payment_orders` set `state` = \\S+ where";
const toMerchants = "^queue .*notify$";
const answer = around("^answer$");

const create = { group: "create", entry: "create-payment" } as const;
const webhook = { group: "webhook", entry: "webhooks/stripe" } as const;
const delivery = { group: "delivery", entry: "deliver-notifications" } as const;
const refund = { group: "refund", entry: "refund-payment" } as const;
const capture = { group: "capture", entry: "poll" } as const;
const close = { group: "close", entry: "close-payment" } as const;

/** Every step at which the processing of a payment can be interrupted. */
export const steps = {
  C1: { ...create, does: "insert", ...commit(1), writes: { what: "^sql insert into `payment_orders`" } },
  C2: { ...create, does: "provider call", ...around("^http POST .*/checkout/sessions$") },
  C3: { ...create, does: "result", ...commit(2), writes: { what: "^sql update `provider_requests`" } },
  C4: { ...create, does: "answer", ...answer },
  W1: {
    ...{ ...webhook, does: "verify" },
    before: { when: "before", what: "^event$" },
    after: { when: "before", what: "^sql select .* from `payment_orders`" },
    silent: { when: "after", what: "^sql select .* from `payment_configs`" },
  },
  W2: { ...webhook, does: "settle", ...commit(1), writes: { what: "^sql insert into `webhook_events`" } },
  W3: { ...webhook, does: "wake-up message", ...around(toMerchants) },
  W4: { ...webhook, does: "ack", ...answer },
  N1: {
    ...{ ...delivery, does: "receive" },
    before: { when: "before", what: "^event$" },
    after: { when: "before", what: "^sql begin" },
    silent: { when: "after", what: "^redis$" },
  },
  N2: { ...delivery, does: "claim", ...commit(1), writes: { what: "^sql update `deliveries` set" } },
  N3: { ...delivery, does: "POST", ...around("^http POST .*/inbox/") },
  N4: { ...delivery, does: "finish", ...around(recordOfSend), writes: { what: recordOfSend } },
  N5: { ...delivery, does: "wake-up message", ...around(toMerchants) },
  R1: { ...refund, does: "reserve", ...commit(1), writes: { what: "^sql insert into `refunds`" } },
  R2: { ...refund, does: "provider", ...around("^http POST .*/v1/refunds$") },
  R3: { ...refund, does: "finish", ...commit(2), writes: { what: "^sql update `refunds`" } },
  R4: { ...refund, does: "notify", ...around(toMerchants) },
  K1: {
    ...{ ...capture, does: "claim", ...commit(1) },
    writes: { what: "^sql update `payment_orders` set `state` = .*`capture_key`" },
  },
  K2: { ...capture, does: "provider", ...around("^http POST .*/capture$") },
  K3: {
    ...capture,
    does: "settle",
    ...commit(2),
    writes: { what: "^sql update `payment_orders` set `late_success`" },
  },
  X0: { ...close, does: "claim", ...around(claimOfClose), writes: { what: claimOfClose } },
  X1: { ...close, does: "ask", ...around("^http POST .*/expire$") },
  X2: {
    ...close,
    does: "write",
    ...commit(1),
    writes: { what: "^sql update `payment_orders` set .*`closed_at`" },
  },
} as const satisfies Record<string, Step>;

export type StepName = keyof typeof steps;

export const faults = [
  "killed before",
  "killed after",
  "time-out",
  "concurrent duplicate",
  "reordered",
  "Redis down",
  "database reset",
  "database read-only",
  "commit unknown",
  "queue duplicate",
  "queue late",
  "queue early",
  "queue lost",
] as const;

export type FaultName = (typeof faults)[number];
export type CellName = `${StepName}×${FaultName}`;

const of = (...names: StepName[]) => names;
const queue = ["queue duplicate", "queue late", "queue early", "queue lost"] as const;

/** Cells that cannot happen, or that equal another cell. */
const leftOut: readonly [readonly StepName[], readonly FaultName[], string][] = [
  [
    of("C2", "C4", "W1", "W3", "W4", "N1", "N3", "N5", "R2", "R4", "K2", "X1"),
    ["database read-only", "commit unknown"],
    "The step writes nothing to the database: the next write belongs to another step.",
  ],
  [of("C1", "R1"), queue, "Its wake-up message is sent after this commit: it is in the queue at C2 and R2."],
  [of("W1", "W2"), queue, "There is no wake-up message before W3."],
  [of("W4"), queue, "Its wake-up message is that of W3."],
  [of("W3", "R4", "X2"), ["queue early"], "Its wake-up message is due at once."],
  [of("N1"), ["queue early"], "The row is not read before N2, which rejects an early wake-up message."],
  [of("N3", "N4"), ["queue early"], "An early wake-up message gets no further than N2."],
  [
    of("K2", "K3"),
    ["queue early"],
    "An early wake-up message gets no further than the read of its row before K1.",
  ],
];

/** The cells that are not run, each with the reason. */
export const notApplicable: readonly (readonly [CellName, string])[] = leftOut.flatMap(
  ([names, kinds, why]) => names.flatMap((step) => kinds.map((fault) => [`${step}×${fault}`, why] as const)),
);
const unplayed = new Set(notApplicable.map(([name]) => name));

export type Cell = { name: CellName; step: StepName; fault: FaultName };

const stepNames = Object.keys(steps) as StepName[];

/** Every step × every fault. */
const cells: readonly Cell[] = stepNames.flatMap((step) =>
  faults.map((fault) => ({ name: `${step}×${fault}` as const, step, fault })),
);

/** The cells of a group that are run. */
export const cellsOf = (group: Group): readonly Cell[] =>
  cells.filter(({ name, step }) => steps[step].group === group && !unplayed.has(name));
