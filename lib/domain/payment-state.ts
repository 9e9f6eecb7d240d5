/**
 * What a payment is doing, each with the states that may follow. A call that changes something at the provider has a
 * state of its own, entered before the call, so that no two such calls run at once and a crash leaves a trace.
 *
 * - `created`: nothing exists at the provider
 * - `requested`: the create call is under way, or its process has died
 * - `requested_unknown`: the create call ended without a clear answer
 * - `payable`: the buyer has a link or code
 * - `closing`: the close call is under way or unclear; the buyer may still be able to pay
 * - `capturing`: the capture call is under way or unclear
 * - `in_transit`: the provider moves the money, which can take days
 * - `charging`: the buyer's code was charged and the outcome is not known · `reversing`: that charge is being undone
 * - `paid` · `failed` · `closed`: ended
 */
export const stateEdges = {
  created: ["requested", "in_transit", "paid", "failed", "closed"],
  requested: [
    "created",
    "requested_unknown",
    "payable",
    "charging",
    "in_transit",
    "paid",
    "failed",
    "closed",
  ],
  requested_unknown: ["requested", "in_transit", "paid", "failed", "closed"],
  payable: ["closing", "capturing", "in_transit", "paid", "failed", "closed"],
  closing: ["payable", "in_transit", "paid", "failed", "closed"],
  capturing: ["payable", "in_transit", "paid", "failed", "closed"],
  in_transit: ["capturing", "paid", "failed", "closed"],
  charging: ["reversing", "paid", "failed", "closed"],
  reversing: ["paid", "failed", "closed"],
  failed: ["paid"],
  // mutation: status-after-closed
  closed: ["paid"],
  // mutation: status-after-success
  paid: [],
} as const satisfies Record<string, readonly string[]>;

export type PaymentState = keyof typeof stateEdges;

export const paymentStates = Object.keys(stateEdges) as PaymentState[];

export const paymentStatuses = ["processing", "pending", "failed", "closed", "success"] as const;

/** What a merchant sees of a payment's state. */
export type PaymentStatus = (typeof paymentStatuses)[number];

/** The status that merchants see. The column `status` is generated from `state` by the same rule. */
export const publicStatus = {
  created: "processing",
  requested: "processing",
  requested_unknown: "processing",
  payable: "pending",
  closing: "pending",
  capturing: "processing",
  in_transit: "processing",
  charging: "processing",
  reversing: "processing",
  failed: "failed",
  closed: "closed",
  paid: "success",
} as const satisfies Record<PaymentState, PaymentStatus>;

/** The states from which `to` can be reached; SQL guards are made from it, so that they cannot differ from the table. */
export function statesBefore(to: PaymentState): PaymentState[] {
  return paymentStates.filter((from) => (stateEdges[from] as readonly string[]).includes(to));
}

/** No link was handed out, and the provider has not started to move money. */
export const unmadeStates = ["created", "requested", "requested_unknown"] as const satisfies PaymentState[];

export const isUnmade = (state: PaymentState) => (unmadeStates as readonly string[]).includes(state);

/** The statuses that may follow each status; `failed` and `closed` become `success` only by a verified paid event. */
export const paymentEdges = Object.fromEntries(
  paymentStatuses.map((from) => [from, statusesAfter(from)]),
) as Record<PaymentStatus, PaymentStatus[]>;

function statusesAfter(from: PaymentStatus): PaymentStatus[] {
  const states = paymentStates.filter((state) => publicStatus[state] === from);
  const after = states.flatMap((state) => stateEdges[state].map((to: PaymentState) => publicStatus[to]));
  return paymentStatuses.filter((to) => to !== from && after.includes(to));
}

/** Only a verified payment can still change it. */
export function isFinal(status: PaymentStatus): boolean {
  return status === "success" || status === "failed" || status === "closed";
}
